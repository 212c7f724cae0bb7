"""Robust pair confidence learning on data at hand: every arm against its matched base.

`plan` lists the runs, `work` does them, `measure` turns their readings into rows. Training needs torch, so
nothing is imported here.
"""
