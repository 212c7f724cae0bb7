"""From conversations with gold labels to trained weights: data without leaks, tasks, a trainer, run folders.

`trainer` trains any task of `tasks/` and goes on after a kill with the same result; `run_folder` keeps what a
repetition needs; `configuration` and its like say with which settings, `optimisation` what all of them share.
`examples` says what the packed-dialogue model is trained on; `text_features` and `composed_features`
make what backbones read; `feature_readings` and `pair_readings` are what these answer.
Training needs torch, so nothing is imported here.
"""
