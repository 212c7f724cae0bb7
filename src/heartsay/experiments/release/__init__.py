"""The model that comes along, from runs to its folder: average, calibrate, export, card, tables."""
