"""How much surer a model is of a conversation than of the talk it was calibrated on, and what follows.

A model that reads unlike talk may be not less sure of it but more, and wrongly so. With the first model that
shipped, over three annotation projects, each left out in turn, the mean confidence of a conversation was the
one measure, out of ten, that told on the left-out project where confidence is too high. So confidence is
softened by as much as a conversation's mean lies above those of home's calibration conversations, and never
sharpened. How far that serves another model is measured with each (`experiments.release.projects`): it may
lower a confidence that was too low.

A mean over few utterances says little. It is shrunk towards the mean of all conversations as the empirical
Bayes estimate of a normal mean is (Efron and Morris 1973, "Stein's estimation rule and its competitors").
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from heartsay.calibration.saved import Saved
from heartsay.calibration.softmax import softmax
from heartsay.metrics.checks import FloatArray, finite, group_numbers, same_length

UNLIKE_SHARE = 0.05
"""Share of home's calibration conversations that are themselves called unlike."""

SMALLEST_SPREAD = 1e-6
"""Spread of calibration conversations that are all alike, such as a single one."""


@dataclass(frozen=True, slots=True)
class Sureness(Saved):
    """What is usual of calibration conversations.

    Attributes:
        temperature: of the full reading, at which confidences are compared.
        mean: of the conversations' mean confidences.
        spread: standard deviation of the same between conversations, less what chance adds to it.
        weight: how many utterances the mean of all conversations counts for beside a conversation's own.
        slope: log temperature that is added for each spread above the mean; 0 softens nothing.
        unlike: excess from which talk is called unlike.

    Raises:
        ValueError: numbers out of range.
    """

    method = "sureness"

    temperature: float
    mean: float
    spread: float
    weight: float
    slope: float
    unlike: float

    def __post_init__(self) -> None:
        numbers = (self.temperature, self.mean, self.spread, self.weight, self.slope, self.unlike)
        if not all(map(math.isfinite, numbers)) or min(self.temperature, self.spread) <= 0.0:
            raise ValueError(f"sureness needs finite numbers and a positive temperature and spread: {self}")
        if min(self.weight, self.slope, self.unlike) < 0.0 or not 0.0 <= self.mean <= 1.0:
            raise ValueError(f"sureness needs a mean in [0, 1] and no negative number: {self}")

    def excess(self, logits: npt.ArrayLike, conversation: npt.ArrayLike) -> FloatArray:
        """Spreads by which each row's conversation is surer than usual, (N,); 0 where it is not.

        Args:
            logits: of the full reading, (N, C), of whole conversations.
            conversation: id of each row's conversation, (N,).

        Raises:
            ValueError: another shape, NaN or infinity.
        """
        confidence, group = _confidences(logits, conversation, self.temperature)
        counts = np.bincount(group)
        sums = np.bincount(group, weights=confidence)
        means = (sums + self.weight * self.mean) / (counts + self.weight)
        return np.asarray(np.maximum((means - self.mean) / self.spread, 0.0)[group])

    def softening(self, excess: FloatArray) -> FloatArray:
        """What the logits of each row are divided by, (N,), from the excess of its conversation."""
        return np.asarray(np.exp(self.slope * excess))

    def with_slope(self, slope: float) -> Self:
        """The same with another slope."""
        return replace(self, slope=slope)


def fit_sureness(logits: npt.ArrayLike, conversation: npt.ArrayLike, temperature: float) -> Sureness:
    """Learn what is usual; nothing is softened until a slope is given.

    Args:
        logits: of the full reading, (N, C), of conversations that the model was not trained on.
        conversation: id of each row's conversation, (N,).
        temperature: of the full reading.

    Raises:
        ValueError: another shape, NaN or infinity.
    """
    confidence, group = _confidences(logits, conversation, temperature)
    counts = np.bincount(group)
    means = np.bincount(group, weights=confidence) / counts
    mean = float(means.mean())
    within = float(((confidence - means[group]) ** 2).sum() / max(1, len(confidence) - len(counts)))
    between = float(((means - mean) ** 2).mean() - within * (1.0 / counts).mean())
    spread = max(math.sqrt(max(between, 0.0)), SMALLEST_SPREAD)
    found = Sureness(temperature, mean, spread, within / spread**2, 0.0, 0.0)
    of_each = found.excess(logits, conversation)[np.unique(group, return_index=True)[1]]
    return replace(found, unlike=float(np.quantile(of_each, 1.0 - UNLIKE_SHARE)))


def _confidences(
    logits: npt.ArrayLike, conversation: npt.ArrayLike, temperature: float
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    z, group = finite(logits, "logits", dimensions=2), group_numbers(conversation)
    same_length(logits=z, conversation=group)
    return softmax(z / temperature).max(axis=1), group
