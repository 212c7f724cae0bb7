"""Robust pair confidence learning on data at hand: every method against its matched base.

`study` puts it together: `plan` lists the runs, `work` and `end_to_end` do one, `measure` and `rows` turn
readings into rows, `tables` and `plots` show them. Training needs torch, so nothing is imported here.
"""
