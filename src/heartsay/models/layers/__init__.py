"""Recurrence, attention and graph convolutions out of the reach of padding."""
