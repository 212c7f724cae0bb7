"""runtime: to be written."""
