"""Prediction sets that hold the true emotion at a promised rate, the conversation being the unit.

Utterances of one conversation resemble each other, so they are not exchangeable with those of a new one and
ordinary split conformal prediction promises too much. Conversations are. Hierarchical conformal prediction
(Lee, Barber and Willett 2023, "Distribution-free inference with hierarchical data"; Dunn, Wasserman and
Ramdas 2022, "Distribution-free prediction sets for two-layer hierarchical models") gives each of K
calibration conversations the mass 1/(K+1), split evenly over its utterances, and leaves 1/(K+1) for the new
one at infinity. The set of all labels that score no worse than the weighted quantile then holds the true
label of a random utterance of a new, exchangeable conversation with at least the promised probability,
whatever the model. The promise is an average over conversations: each counts the same, however long it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from heartsay.calibration.saved import Saved
from heartsay.metrics.checks import (
    BoolArray,
    FloatArray,
    group_numbers,
    labelled_rows,
    probability_rows,
    same_length,
)

LAC = "lac"
"""The score 1 - p of a label (Sadinle, Lei and Wasserman 2019), which gives the smallest sets on average."""

GRID = 100_000
"""Scores are rounded up to this fraction of 1 and equal ones merged. Rounding up can only widen a set."""

MASS_SLACK = 1e-9
"""Room for rounding in sums of masses, far below anything that a count of conversations can resolve."""


@dataclass(frozen=True, slots=True)
class ConformalSets(Saved):
    """The calibration scores, merged into one rising table that serves any requested coverage.

    Attributes:
        kind: of the scores; `LAC`.
        conversations: K, how many conversations were calibrated on.
        scores: distinct scores, rising, in [0, 1].
        mass: share of all mass at or below each score; the last is K/(K+1), K with `expected` among it.
        expected: conversations' worth of scores that a confidence expects and no label has shown; with them
            coverage is an estimate and no promise. None for none.

    Raises:
        ValueError: tables that do not rise together, or an unknown kind.
    """

    method = "conformal"

    kind: str
    conversations: int
    scores: tuple[float, ...]
    mass: tuple[float, ...]
    expected: int | None = None

    def __post_init__(self) -> None:
        if self.kind != LAC:
            raise ValueError(f"the kind of conformal sets must be {LAC}, not {self.kind!r}")
        if not self.scores or len(self.scores) != len(self.mass):
            raise ValueError("conformal sets need as many masses as scores, and at least one")
        if (np.diff(self.scores) <= 0).any() or (np.diff(self.mass) < 0).any():
            raise ValueError("scores and masses of conformal sets must rise")
        if self.expected is not None and self.expected < 1:
            raise ValueError(f"conformal sets join one expected conversation or more, not {self.expected}")
        if self.conversations < 1 or abs(self.mass[-1] - self.highest_coverage) > 1e-6:
            raise ValueError("the masses of conformal sets must end at K/(K+1) for K conversations")

    @property
    def highest_coverage(self) -> float:
        """The largest coverage that sets smaller than all labels can have by this many conversations."""
        count = self.conversations + (self.expected or 0)
        return count / (count + 1)

    def supports(self, coverage: float) -> bool:
        """Say whether `coverage` can be promised with sets smaller than all labels.

        Raises:
            ValueError: coverage outside (0, 1).
        """
        return math.isfinite(self.threshold(coverage))

    def threshold(self, coverage: float) -> float:
        """Return the score up to which a label belongs to the set, infinite where `supports` says no.

        Raises:
            ValueError: coverage outside (0, 1).
        """
        if not 0.0 < coverage < 1.0:
            raise ValueError(f"coverage must lie between 0 and 1, both excluded, not {coverage:g}")
        index = int(np.searchsorted(self.mass, coverage - MASS_SLACK, side="left"))
        return self.scores[index] if index < len(self.scores) else math.inf

    def sets(self, probabilities: npt.ArrayLike, coverage: float) -> BoolArray:
        """Return which labels belong to each utterance's set: bool (N, C) from probabilities (N, C).

        The most probable label is always in, so that no set is empty; that can only raise the coverage. A
        higher coverage never takes a label out.

        Raises:
            ValueError: rows that are not distributions, or coverage outside (0, 1).
        """
        rows = probability_rows(probabilities)
        member = label_scores(rows) <= self.threshold(coverage)
        member[np.arange(len(rows)), rows.argmax(axis=1)] = True
        return member

    def to_dict(self) -> dict[str, Any]:
        """The same as of any calibrator, with scores as whole steps of the grid."""
        return {**Saved.to_dict(self), "scores": [round(score * GRID) for score in self.scores]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` gave.

        Raises:
            ValueError: another method, a key missing or tables that do not fit together.
        """
        steps = super(cls, cls).from_dict(data)
        return replace(steps, scores=tuple(step / GRID for step in steps.scores))


def fit_conformal(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, conversation: npt.ArrayLike
) -> ConformalSets:
    """Tabulate how badly the true labels of calibration conversations score.

    Args:
        probabilities: (N, C), of conversations that neither the model nor its temperature was chosen on for
            the promise to be exact; on development conversations it holds approximately.
        labels: gold class indices (N,).
        conversation: id of each row's conversation (N,).

    Raises:
        ValueError: rows that are not distributions, labels out of range, or other lengths.
    """
    rows, gold = labelled_rows(probabilities, labels)
    group = group_numbers(conversation)
    same_length(labels=gold, conversation=group)
    sizes = np.bincount(group)
    of_gold = label_scores(rows)[np.arange(len(gold)), gold]
    return tabulate(of_gold, 1.0 / sizes[group], len(sizes))


def tabulate(
    scores: FloatArray, mass: FloatArray, conversations: int, expected: int | None = None
) -> ConformalSets:
    """The table of scores, (N,), whose masses, (N,), sum to the number of conversations and expected ones."""
    steps, place = np.unique(np.clip(np.ceil(scores * GRID), 0, GRID), return_inverse=True)
    share = np.bincount(place, weights=mass) / (conversations + (expected or 0) + 1)
    rising = np.cumsum(share).round(12)
    table = tuple((steps / GRID).tolist()), tuple(rising.tolist())
    return ConformalSets(LAC, conversations, *table, expected)


def label_scores(probabilities: FloatArray) -> FloatArray:
    """Score every label of every row, (N, C) in [0, 1]; low is likely."""
    return np.clip(1.0 - probabilities, 0.0, 1.0)
