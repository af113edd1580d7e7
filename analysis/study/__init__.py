"""What a detector effect does: nominal and varied detectors on the same calibration events."""
