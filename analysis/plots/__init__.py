"""One figure family a file: results in, Figure out."""
