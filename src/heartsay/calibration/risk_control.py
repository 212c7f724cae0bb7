"""Which links between emotion and cause to show, so that at most a set share of them is expected to be wrong.

A link is shown where its confidence reaches a threshold. The share of wrong links among those that a
conversation shows need not fall as the threshold rises, so it is replaced by the highest share at that
threshold or any stricter one, which does. Conformal risk control (Angelopoulos, Bates, Fisch, Lei and
Schuster 2022, "Conformal Risk Control") then takes the most lenient threshold at which the sum of these
shares over K calibration conversations, plus 1 for the worst that a new one could add, is at most K + 1 times
the level.

What holds exactly, for any model and in finite samples: if the K conversations and a new one are exchangeable
and the confidence was fitted on none of them, the expected share of wrong links among those shown for the
new conversation is at most the level. The expectation is over all K + 1 conversations; each counts the same,
and one for which nothing is shown counts as 0. With conversations that a calibrator was fitted on it holds
approximately.

An average that counts empty conversations as 0 can be low while the few links shown are often wrong.
Therefore a threshold must besides keep the share of wrong ones among all links shown on the calibration
conversations, one wrong link added, within the level. Being stricter keeps the guarantee; this second
condition itself is an estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heartsay.calibration.saved import Saved
from heartsay.metrics.checks import (
    BoolArray,
    FloatArray,
    IntArray,
    confidence_and_hits,
    group_numbers,
    same_length,
    unit_interval,
)

LEVELS = tuple(percent / 100 for percent in range(1, 100))
"""Levels for which a threshold is looked up; any other is served by the next lower one."""

SLACK = 1e-12
"""Room for rounding, far below anything that a count of conversations can resolve."""


@dataclass(frozen=True, slots=True)
class LinkRule(Saved):
    """The threshold for every level that can be kept.

    Attributes:
        conversations: K, how many conversations were calibrated on.
        levels: rising; from each on its threshold may be used.
        thresholds: falling, in [0, 1]; links of at least this confidence are shown.
        shown: mean number of links shown per calibration conversation, rising.

    Raises:
        ValueError: tables that do not fit together, or numbers out of range.
    """

    method = "links"

    conversations: int
    levels: tuple[float, ...]
    thresholds: tuple[float, ...]
    shown: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.conversations < 1:
            raise ValueError("a link rule needs one calibration conversation or more")
        if not len(self.levels) == len(self.thresholds) == len(self.shown):
            raise ValueError("a link rule needs as many thresholds and counts as levels")
        if any((np.diff(table) <= 0).any() for table in (self.levels, self.shown)):
            raise ValueError("levels and links shown of a link rule must rise")
        if (np.diff(self.thresholds) >= 0).any():
            raise ValueError("thresholds of a link rule must fall")
        if not all(0.0 <= value <= 1.0 for value in (*self.levels, *self.thresholds)):
            raise ValueError("levels and thresholds of a link rule must lie in [0, 1]")
        if self.levels and self.levels[0] < self.lowest_level - 1e-9:
            raise ValueError(f"{self.conversations} conversations cannot support level {self.levels[0]:g}")

    @property
    def lowest_level(self) -> float:
        """The lowest level that this many conversations can support, even if no link were ever wrong."""
        return 1.0 / (self.conversations + 1)

    def supports(self, level: float) -> bool:
        """Say whether there are enough conversations for a level; links may still be too often wrong for it.

        Raises:
            ValueError: level outside (0, 1).
        """
        if not 0.0 < level < 1.0:
            raise ValueError(f"a level must lie between 0 and 1, both excluded, not {level:g}")
        return level >= self.lowest_level - SLACK

    def threshold(self, level: float) -> float:
        """Return the confidence from which on links are shown, infinite where none may be shown.

        Raises:
            ValueError: level outside (0, 1), or too low for the number of calibration conversations.
        """
        if not self.supports(level):
            raise ValueError(
                f"a level of {level:g} needs {math.ceil(1.0 / level - SLACK) - 1} calibration conversations"
                f" or more; with {self.conversations} the lowest is {self.lowest_level:.3g}"
            )
        row = int(np.searchsorted(self.levels, level + SLACK, side="right")) - 1
        return self.thresholds[row] if row >= 0 else math.inf

    def show(self, confidence: npt.ArrayLike, level: float) -> BoolArray:
        """Return which links (N,) to show; a higher level never hides one.

        Raises:
            ValueError: confidence outside [0, 1], or as `threshold`.
        """
        return unit_interval(confidence, "confidence") >= self.threshold(level)


def fit_link_rule(confidence: npt.ArrayLike, correct: npt.ArrayLike, conversation: npt.ArrayLike) -> LinkRule:
    """Find the most lenient threshold for every level.

    Args:
        confidence: (N,) in [0, 1], of every candidate link of the calibration conversations.
        correct: bool (N,), whether the link is gold.
        conversation: id of each link's conversation (N,).

    Raises:
        ValueError: confidence outside [0, 1] or other lengths.
    """
    conf, right = confidence_and_hits(confidence, correct)
    wrong, group = ~right, group_numbers(conversation)
    same_length(confidence=conf, conversation=group)
    total = int(group.max()) + 1

    # From strict to lenient, one entry per distinct confidence.
    rising, place = np.unique(conf, return_inverse=True)
    place = len(rising) - 1 - place
    steps = rising[::-1]
    shown = np.bincount(place).cumsum()
    pooled = (np.bincount(place, weights=wrong).cumsum() + 1.0) / (shown + 1.0)
    bound = (np.bincount(place, weights=_rises(conf, wrong, group)).cumsum() + 1.0) / (total + 1.0)

    rows: list[tuple[float, float, float]] = []
    last = -1
    for level in LEVELS:
        within = int(np.searchsorted(bound, level + SLACK, side="right"))
        kept = np.flatnonzero(pooled[:within] <= level)
        if len(kept) and kept[-1] > last:
            last = int(kept[-1])
            rows.append((level, float(steps[last]), float(shown[last] / total)))
    levels, thresholds, counts = zip(*rows, strict=True) if rows else ((), (), ())
    return LinkRule(total, levels, thresholds, counts)


def _rises(confidence: FloatArray, wrong: BoolArray, group: IntArray) -> FloatArray:
    """By how much each link, as the threshold reaches it, raises its conversation's highest share so far.

    Links of equal confidence are reached together; their rise is at the last of them.
    """
    order = np.lexsort((-confidence, group))
    conf, bad, member = confidence[order], wrong[order], group[order]
    starts = np.flatnonzero(np.diff(member, prepend=-1))
    rises = np.zeros(len(conf))
    for start, stop in zip(starts, np.append(starts[1:], len(conf)), strict=True):
        last = start + np.flatnonzero(np.diff(conf[start:stop], append=-1.0))  # of each run of ties
        share = bad[start:stop].cumsum()[last - start] / (last - start + 1)
        rises[last] = np.diff(np.maximum.accumulate(share), prepend=0.0)
    unsorted = np.empty_like(rises)
    unsorted[order] = rises
    return unsorted
