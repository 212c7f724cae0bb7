"""evidence: to be written."""
