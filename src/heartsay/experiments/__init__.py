"""From runs to models and numbers: calibration, export, evaluation, cards and generated tables.

`reproduce` makes a system's committed results from the data in one go; `evaluate` measures an exported model
and needs no torch; `configs` and `published.json` hold the settings of the default model and the published
numbers that it stands beside. Files that need torch import it, so nothing is imported here.
"""
