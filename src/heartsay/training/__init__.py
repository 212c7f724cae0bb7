"""From conversations with gold labels to trained weights: data without leaks, batches, the loop, run folders.

`examples` says what is trained on, `configuration` with which settings, `loop` trains and goes on after a
kill with the same result, `run_folder` keeps what a repetition needs. Files that begin with `feature_` do
the same for backbones over utterance features, whose readings of many views `feature_readings` keeps, and
those that begin with `pair_` for pair scorers. The loops need torch, so nothing is imported here.
"""
