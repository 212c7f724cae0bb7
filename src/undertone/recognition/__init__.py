"""recognition: to be written."""
