"""Removal mixture: what a model says with and without each piece of evidence, averaged by fitted weights.

A temperature knows only the whole reading. How the reading moves when the words, the voice or the talk around
are taken away says more: where every removal agrees the answer is safe, where it hangs on one piece it is
not. The mixture is the mean of the tempered distributions of the whole and of every removal, as a deep
ensemble is the mean of its members', but all of it comes from one model in one stacked forward. This
project's own; weights on the whole alone make it temperature scaling.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heartsay.calibration.saved import Saved
from heartsay.calibration.softmax import softmax
from heartsay.calibration.temperature import HIGHEST, LOWEST
from heartsay.metrics.checks import FloatArray, class_indices, finite, same_length

STEPS, SWEEPS = 30, 30
"""At most so many Newton steps for the weights, each solved by so many sweeps over them."""

GRID = 25
"""Temperatures that are tried before the best one is refined between its neighbours."""

REFINEMENTS = 20
"""Golden sections; the last bracket is narrower than a ten-thousandth of the first."""

SUM_SLACK = 1e-6
"""How far saved weights may sum away from 1, for rounding."""


@dataclass(frozen=True, slots=True)
class RemovalMixture(Saved):
    """Fitted weights of the readings and the temperature they share.

    Attributes:
        views: names of the readings, the whole one among them.
        weights: one for each view, not negative, summing to 1.
        temperature: what all logits are divided by.

    Raises:
        ValueError: no or repeated views, or numbers out of range.
    """

    method = "removal_mixture"

    views: tuple[str, ...]
    weights: tuple[float, ...]
    temperature: float

    def __post_init__(self) -> None:
        if not self.views or len(set(self.views)) < len(self.views):
            raise ValueError(f"a removal mixture needs views, each once, not {self.views}")
        if len(self.weights) != len(self.views):
            raise ValueError("a removal mixture needs as many weights as views")
        if min(self.weights) < 0.0 or abs(sum(self.weights) - 1.0) > SUM_SLACK:
            raise ValueError(f"weights must not be negative and must sum to 1, not {self.weights}")
        if not (math.isfinite(self.temperature) and self.temperature > 0.0):
            raise ValueError(f"a temperature must be positive and finite, not {self.temperature}")

    def apply(self, logits: Mapping[str, npt.ArrayLike]) -> FloatArray:
        """Turn logits (N, C) of every view into one distribution for each row: (N, C).

        Raises:
            ValueError: a view is missing, or shapes differ, or NaN or infinity.
        """
        z = _stacked(logits, self.views)
        return np.asarray(np.einsum("v,vnc->nc", np.array(self.weights), softmax(z / self.temperature)))


def fit_removal_mixture(logits: Mapping[str, npt.ArrayLike], labels: npt.ArrayLike) -> RemovalMixture:
    """Fit weights and temperature that minimise the negative log-likelihood.

    For each temperature the likelihood is concave in the weights, so they have one best value; over
    temperatures, within the bounds of temperature scaling, the best of a grid is refined by golden sections.

    Args:
        logits: (N, C) by view, of data that the model was not trained on.
        labels: gold class indices (N,).

    Raises:
        ValueError: no view, shapes or labels that are not as above.
    """
    views = tuple(logits)
    if not views:
        raise ValueError("a removal mixture needs the reading of one view or more")
    z = _stacked(logits, views)
    gold = class_indices(labels, "labels", z.shape[2])
    same_length(logits=z[0], labels=gold)
    z = z - np.take_along_axis(z, np.broadcast_to(gold[None, :, None], (*z.shape[:2], 1)), axis=2)

    weights = np.full(len(views), 1.0 / len(views))

    def loss(log_temperature: float) -> float:
        """Mean negative log-likelihood with the best weights, which are kept to start from."""
        nonlocal weights
        # (V, N): probability of the gold class.
        gold_probability = 1.0 / np.exp(np.minimum(z / math.exp(log_temperature), 700.0)).sum(axis=2)
        weights = _best_weights(gold_probability, weights)
        return -float(np.log(weights @ gold_probability).mean())

    grid = np.linspace(math.log(LOWEST), math.log(HIGHEST), GRID)
    best = int(np.argmin([loss(at) for at in grid]))
    low, high = grid[max(0, best - 1)], grid[min(GRID - 1, best + 1)]
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    for _ in range(REFINEMENTS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) <= loss(right):
            high = right
        else:
            low = left
    loss((low + high) / 2.0)
    return RemovalMixture(views, tuple(weights.tolist()), math.exp((low + high) / 2.0))


def _best_weights(gold_probability: FloatArray, start: FloatArray) -> FloatArray:
    """The weights (V,) of most likelihood, from the probability of the gold class (V, N).

    Maximising the mean log of the mixture less the sum of the weights needs no constraint on the sum: at the
    maximum it is 1. Newton steps are solved under weights >= 0 coordinate by coordinate, and halved until the
    likelihood does not fall.
    """
    weights = np.maximum(start, 1e-3)
    weights /= weights.sum()
    mixed = weights @ gold_probability
    for _ in range(STEPS):
        ratio = gold_probability / mixed  # (V, N)
        slope, bend = ratio.mean(axis=1) - 1.0, ratio @ ratio.T / ratio.shape[1]
        aim = weights.copy()
        for _ in range(SWEEPS):
            for v in range(len(aim)):
                aim[v] = max(0.0, aim[v] + (slope[v] - bend[v] @ (aim - weights)) / bend[v, v])
        share = 1.0
        while share > 1e-6:
            new = weights + share * (aim - weights)
            new = new / new.sum()
            new_mixed = new @ gold_probability
            gain = float(np.log(new_mixed / mixed).mean())
            if gain >= 0.0:
                break
            share /= 2.0
        else:
            return weights
        weights, mixed = new, new_mixed
        if gain < 1e-10:
            break
    return weights


def _stacked(logits: Mapping[str, npt.ArrayLike], views: tuple[str, ...]) -> FloatArray:
    """Logits (V, N, C) of the views, in their order."""
    missing = [view for view in views if view not in logits]
    if missing:
        raise ValueError(f"the mixture reads {', '.join(views)}; missing: {', '.join(missing)}")
    parts = [finite(logits[view], f"logits of {view}", dimensions=2) for view in views]
    if len({part.shape for part in parts}) > 1:
        raise ValueError("logits of all views must have one shape")
    return np.stack(parts)
