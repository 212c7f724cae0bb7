"""explanation: to be written."""
