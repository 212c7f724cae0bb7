"""causes: to be written."""
