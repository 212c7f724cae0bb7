"""Which utterance caused which emotion: the head that scores pairs, and how scores become pairs.

`pair_head` is a part of a torch model; `decoding` needs numpy alone and is handed out here.
"""

from undertone.causes.decoding import best_threshold

__all__ = ["best_threshold"]
