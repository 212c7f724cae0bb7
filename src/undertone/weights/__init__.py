"""weights: to be written."""
