"""Diarisation error: how much talk is given to nobody, to somebody in silence, or to the wrong speaker.

NIST, "The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan", section 6. Speakers have no
names of their own, so those found are matched one to one with the true ones such that most time agrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from heartsay.metrics.checks import FloatArray, IntArray

STEP = 0.01
"""Seconds of a step, each of which is right or wrong as a whole."""

COLLAR = 0.25
"""Seconds on either side of a true border that do not count, since no border is that certain."""

MOST = 16
"""Speakers on the side with fewer of them up to which they are matched."""

Turn = tuple[float, float, str]
"""From when to when, in seconds, and who."""


class DiarisationError(NamedTuple):
    """Shares of the true speech, which may sum to over 1: lower is better, 0 is without error.

    Attributes:
        total: the sum of the others.
        missed: speech given to nobody.
        false_alarm: silence given to somebody.
        confusion: speech given to another speaker.
    """

    total: float
    missed: float
    false_alarm: float
    confusion: float


def diarisation_error(
    true: Sequence[Turn], found: Sequence[Turn], collar: float = COLLAR
) -> DiarisationError:
    """Error of the turns that were found, overlapping speech included.

    Args:
        true: turns; at least one that is longer than the collars around its borders.
        found: turns.
        collar: seconds on either side of a true border that do not count.

    Raises:
        ValueError: no true speech counts, or there are too many speakers on both sides.
    """
    length = 1 + round(max((end for _, end, _ in (*true, *found)), default=0.0) / STEP)
    counts = np.ones(length, np.bool_)
    for start, end, _ in true:
        for border in (start, end):
            counts[max(0, round((border - collar) / STEP)) : round((border + collar) / STEP)] = False
    ours, theirs = _active(true, length)[:, counts], _active(found, length)[:, counts]
    speech = ours.sum(0)
    if not speech.sum():
        raise ValueError("no true speech is left between the collars")
    said = theirs.sum(0)
    agreed = _most_agreement(ours.astype(np.int64) @ theirs.T.astype(np.int64))
    missed = float(np.maximum(speech - said, 0).sum())
    false_alarm = float(np.maximum(said - speech, 0).sum())
    confusion = float(np.minimum(speech, said).sum() - agreed)
    shares = [part / float(speech.sum()) for part in (missed, false_alarm, confusion)]
    return DiarisationError(sum(shares), *shares)


def matched(agreement: IntArray) -> list[int]:
    """Which column each row is matched with, -1 for none, such that the sum is highest; each column once.

    Args:
        agreement: (R, C), nothing below 0.

    Raises:
        ValueError: more than `MOST` rows and columns.
    """
    if agreement.shape[1] > agreement.shape[0]:
        found = [-1] * agreement.shape[0]
        for column, row in enumerate(matched(agreement.T)):
            if row >= 0:
                found[row] = column
        return found
    columns = agreement.shape[1]
    if columns > MOST:
        raise ValueError(f"{columns} speakers on both sides; {MOST} at most can be matched")
    # Of the rows so far, the best sum for each set of columns that they use, and the last choice.
    best = np.full(1 << columns, -1, np.int64)
    best[0] = 0
    choices = []
    for row in agreement:
        following, choice = best.copy(), np.full(1 << columns, -1, np.int64)
        for column in range(columns):
            sets = np.flatnonzero((best >= 0) & (np.arange(1 << columns) >> column & 1 == 0))
            sums, there = best[sets] + row[column], sets | 1 << column
            better = sums > following[there]
            following[there[better]], choice[there[better]] = sums[better], column
        best = following
        choices.append(choice)
    used, found = int(best.argmax()), []
    for choice in reversed(choices):
        found.append(int(choice[used]))
        used &= ~(1 << found[-1]) if found[-1] >= 0 else used
    return found[::-1]


def _most_agreement(agreement: IntArray) -> int:
    return sum(int(agreement[row, column]) for row, column in enumerate(matched(agreement)) if column >= 0)


def _active(turns: Sequence[Turn], length: int) -> FloatArray:
    """Who speaks in which step, (speakers, length), 0 or 1."""
    names = {name: k for k, name in enumerate(dict.fromkeys(name for _, _, name in turns))}
    active = np.zeros((len(names), length))
    for start, end, name in turns:
        active[names[name], round(start / STEP) : round(end / STEP)] = 1
    return active
