"""Primaries: what happens in the detector, when and where."""
