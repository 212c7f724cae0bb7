"""formats: to be written."""
