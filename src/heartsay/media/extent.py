"""From where to where a clip holds voice, by its level alone.

Clips begin and end without voice, in a room that may be only 20 dB below a quiet one. So what is loud is told
from the levels of the clip itself, and neither by its loudest sample nor by a level that is fixed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REST, VOICE = 0.1, 0.95
"""Shares of a clip's parts that are no louder than its rest, and than its voice."""

ABOVE = 1 / 3
"""Part of the way from the level of rest to that of the voice, in dB, from which a part is loud."""


def voice_extent(level: NDArray[np.floating], lasting: int) -> slice:
    """The parts from the first loud one to the last; all of them where none stays loud.

    Args:
        level: of parts of equal length, in dB, (T,), one at least.
        lasting: parts in a row that have to be loud, so that a click is no voice.
    """
    rest, voice = np.quantile(level, (REST, VOICE))
    loud = level > rest + ABOVE * (voice - rest)
    if len(level) < lasting:
        return slice(0, len(level))
    begins = np.flatnonzero(np.lib.stride_tricks.sliding_window_view(loud, lasting).all(1))
    return slice(int(begins[0]), int(begins[-1]) + lasting) if len(begins) else slice(0, len(level))
