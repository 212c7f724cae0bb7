"""objectives: to be written."""
