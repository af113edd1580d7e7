"""From event quantities to limits and figures."""
