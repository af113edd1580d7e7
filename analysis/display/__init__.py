"""One event as a picture: hits, truth and reconstruction of a gate."""
