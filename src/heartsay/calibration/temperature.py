"""Temperature scaling: one number that softens or sharpens every distribution and changes no decision.

Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks", section 4.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heartsay.calibration.saved import Saved
from heartsay.calibration.softmax import softmax
from heartsay.metrics.checks import FloatArray, class_indices, finite, same_length

LOWEST, HIGHEST = 0.05, 20.0
"""Bounds of a fitted temperature. Reached only where the data set none: every prediction right (or the logits
no better than chance), so that the likelihood would rise for ever."""


@dataclass(frozen=True, slots=True)
class Temperature(Saved):
    """A fitted temperature.

    Attributes:
        value: what logits are divided by; above 1 softens, below 1 sharpens.

    Raises:
        ValueError: a value that is not positive and finite.
    """

    method = "temperature"

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


def fit_temperature(logits: npt.ArrayLike, labels: npt.ArrayLike) -> Temperature:
    """Fit the temperature that minimises the negative log-likelihood.

    The likelihood is convex in 1/T and therefore has one minimum in log T, where it is sought, so that T
    cannot turn negative: Newton steps, kept inside a bracket that bisection halves whenever a step leaves it.

    Args:
        logits: (N, C), of data that the model was not trained on.
        labels: gold class indices (N,).

    Returns:
        The temperature, within `LOWEST` and `HIGHEST`.

    Raises:
        ValueError: shapes or labels that are not as above.
    """
    z = finite(logits, "logits", dimensions=2)
    gold = class_indices(labels, "labels", z.shape[1])
    same_length(logits=z, labels=gold)
    z = z - z[np.arange(len(gold)), gold][:, None]  # the gold logit becomes 0: (N, C)

    low, high = -math.log(HIGHEST), -math.log(LOWEST)  # of log(1/T)
    at = 0.0
    for _ in range(200):
        inverse = math.exp(at)
        p = softmax(inverse * z)
        mean = (p * z).sum(axis=1)
        slope = float(mean.mean())  # derivative by 1/T, rising in 1/T
        if slope > 0.0:
            high = at
        else:
            low = at
        bend = inverse * float(((p * z**2).sum(axis=1) - mean**2).mean()) + slope
        new = at - slope / bend if bend > 0.0 else math.nan
        if not low < new < high:
            new = (low + high) / 2.0
        if abs(new - at) < 1e-12:
            break
        at = new
    return Temperature(math.exp(-at))
