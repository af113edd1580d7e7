"""From the Sun to photoelectrons in a ROOT file."""
