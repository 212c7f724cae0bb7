"""CMERC and its rivals under a nested protocol: an outer test that nothing touches until the last command.

`plan` has the arms and the runs, `trials` what is tried of each arm, drawn and written down before, `corpora`
the outer and inner splits, `work` does one run, `journal` keeps the log of what was read when and refuses a
second reading of the outer test, `outer` makes the one there is, `rows` and `tables` show it. Training needs
torch, so nothing is imported here.
"""
