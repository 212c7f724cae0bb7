"""experiments: to be written."""
