"""The CMERC paper's tables and figures on data at hand.

`study` puts it together: `plan` lists the runs, `work` does one, `measure` and `rows` turn readings into
rows, `tables`, `summary` and `plots` show them. Training needs torch, so nothing is imported here.
"""
