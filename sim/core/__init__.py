"""What every room stands on: constants, kernels, tables, files, the run card."""
