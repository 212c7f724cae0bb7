"""Which utterance caused which emotion.

`pair_head` scores pairs of utterance vectors, `pair_scorer` is a whole model over utterance features around
it, `blocked` runs it on conversations of any length.
"""
