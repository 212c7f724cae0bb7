"""corpora: to be written."""
