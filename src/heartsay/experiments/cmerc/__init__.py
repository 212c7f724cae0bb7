"""The CMERC paper's tables and figures on data at hand: what to run, running it, measuring, showing.

`plan` lists the runs, `work` does them on several processes and goes on where it was stopped, `measure` turns
their readings into rows. Training needs torch, so nothing is imported here.
"""
