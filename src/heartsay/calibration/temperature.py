"""Temperature scaling: one number that softens or sharpens every distribution and changes no decision.

Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks", section 4.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from heartsay.calibration.saved import fields, number
from heartsay.calibration.softmax import softmax
from heartsay.metrics.checks import FloatArray, IntArray, class_indices, finite, same_length

LOWEST, HIGHEST = 0.05, 20.0
"""Bounds of a fitted temperature. Reached only where the data set none: every prediction right (or the logits
no better than chance), so that the likelihood would rise for ever."""


@dataclass(frozen=True, slots=True)
class Temperature:
    """A fitted temperature.

    Attributes:
        value: what logits are divided by; above 1 softens, below 1 sharpens.

    Raises:
        ValueError: a value that is not positive and finite.
    """

    value: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value > 0.0):
            raise ValueError(f"a temperature must be positive and finite, not {self.value}")

    def apply(self, logits: npt.ArrayLike) -> FloatArray:
        """Turn logits (N, C) into calibrated probabilities (N, C).

        Raises:
            ValueError: another shape, NaN or infinity.
        """
        return softmax(finite(logits, "logits", dimensions=2) / self.value)

    def to_dict(self) -> dict[str, Any]:
        """Return a mapping that JSON can hold and `from_dict` reads back."""
        return {"method": "temperature", "value": self.value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` gave.

        Raises:
            ValueError: another method, a key missing or a value that is no temperature.
        """
        (value,) = fields(data, "temperature", "value")
        return cls(number(value, "value"))


def fit_temperature(
    logits: npt.ArrayLike, labels: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> Temperature:
    """Fit the temperature that minimises the (weighted) negative log-likelihood.

    The likelihood is convex in 1/T and therefore has one minimum in log T, where it is sought, so that T
    cannot turn negative: Newton steps, kept inside a bracket that bisection halves whenever a step leaves it.

    Args:
        logits: (N, C), of data that the model was not trained on.
        labels: gold class indices (N,).
        weights: not negative (N,); by default every row counts 1.

    Returns:
        The temperature, within `LOWEST` and `HIGHEST`.

    Raises:
        ValueError: shapes, labels or weights that are not as above.
    """
    z, gold, mass = checked_fit(logits, labels, weights)
    z = z - z[np.arange(len(gold)), gold][:, None]  # the gold logit becomes 0: (N, C)

    low, high = -math.log(HIGHEST), -math.log(LOWEST)  # of log(1/T)
    at = 0.0
    for _ in range(200):
        inverse = math.exp(at)
        p = softmax(inverse * z)
        mean = (p * z).sum(axis=1)
        slope = float(mass @ mean)  # derivative by 1/T, rising in 1/T
        if slope > 0.0:
            high = at
        else:
            low = at
        bend = inverse * float(mass @ ((p * z**2).sum(axis=1) - mean**2)) + slope
        new = at - slope / bend if bend > 0.0 else math.nan
        if not low < new < high:
            new = (low + high) / 2.0
        if abs(new - at) < 1e-12:
            break
        at = new
    return Temperature(math.exp(-at))


def checked_fit(
    logits: npt.ArrayLike, labels: npt.ArrayLike, weights: npt.ArrayLike | None
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return logits (N, C), labels (N,) and weights (N,) that sum to 1.

    Raises:
        ValueError: shapes, labels or weights that do not fit together.
    """
    z = finite(logits, "logits", dimensions=2)
    gold = class_indices(labels, "labels", z.shape[1])
    mass = np.ones(len(z)) if weights is None else finite(weights, "weights", dimensions=1)
    same_length(logits=z, labels=gold, weights=mass)
    if mass.min() < 0.0 or mass.sum() <= 0.0:
        raise ValueError("weights must not be negative and must not all be 0")
    return z, gold, mass / mass.sum()
