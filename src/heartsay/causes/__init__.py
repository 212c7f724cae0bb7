"""Which utterance caused which emotion: the head that scores pairs, and how scores become pairs.

`pair_head` scores pairs of utterance vectors, `pair_scorer` is a whole model over utterance features around
it, `blocked` runs it on conversations of any length. These need torch; `decoding` needs numpy alone and is
handed out here.
"""

from heartsay.causes.decoding import best_threshold

__all__ = ["best_threshold"]
