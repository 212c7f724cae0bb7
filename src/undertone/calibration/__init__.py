"""calibration: to be written."""
