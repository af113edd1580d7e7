"""From hits to event quantities; sees hits alone, never truth."""
