"""Vector scaling, held back: one temperature and a bias per class.

After Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2, but with one shared scale in
place of one per class. The biases correct classes that training made too likely or too rare; unlike a
temperature they can change the decision.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from undertone.calibration.newton import Evaluation, minimise
from undertone.calibration.saved import fields, number, numbers
from undertone.calibration.softmax import log_softmax, softmax
from undertone.calibration.temperature import checked_fit
from undertone.metrics.checks import FloatArray, finite


@dataclass(frozen=True, slots=True)
class VectorScaling:
    """A fitted temperature and bias: probabilities are softmax(logits / temperature + bias).

    Attributes:
        temperature: what logits are divided by.
        bias: one per class, in log-probability; 0 leaves a class as it is.

    Raises:
        ValueError: a temperature that is not positive and finite, or biases that are not finite.
    """

    temperature: float
    bias: tuple[float, ...]

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature > 0.0):
            raise ValueError(f"a temperature must be positive and finite, not {self.temperature}")
        if len(self.bias) < 2 or not all(map(math.isfinite, self.bias)):
            raise ValueError("vector scaling needs a finite bias for each of at least two classes")

    def apply(self, logits: npt.ArrayLike) -> FloatArray:
        """Turn logits (N, C) into calibrated probabilities (N, C).

        Raises:
            ValueError: another shape, NaN or infinity.
        """
        z = finite(logits, "logits", dimensions=2)
        if z.shape[1] != len(self.bias):
            raise ValueError(f"logits must have {len(self.bias)} classes, not {z.shape[1]}")
        return softmax(z / self.temperature + np.array(self.bias))

    def to_dict(self) -> dict[str, Any]:
        """Return a mapping that JSON can hold and `from_dict` reads back."""
        return {"method": "vector", "temperature": self.temperature, "bias": list(self.bias)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` gave.

        Raises:
            ValueError: another method, a key missing or numbers that are no scaling.
        """
        temperature, bias = fields(data, "vector", "temperature", "bias")
        return cls(number(temperature, "temperature"), numbers(bias, "bias"))


def fit_vector_scaling(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    ridge: float = 1.0,
) -> VectorScaling:
    """Fit temperature and biases that minimise the penalised negative log-likelihood.

    Newton's method moves the temperature's logarithm, so that it cannot turn negative. The penalty pulls
    towards temperature 1 and bias 0, the identity, and keeps a class finite that the labels never show.

    Args:
        logits: (N, C), of data that the model was not trained on.
        labels: gold class indices (N,).
        weights: not negative (N,), rescaled to a mean of 1; by default every row counts 1.
        ridge: strength of the pull; 1 is a prior of unit variance on each bias and on ln temperature.

    Raises:
        ValueError: shapes, labels or weights that are not as above, or a ridge that is not positive.
    """
    z, gold, mass = checked_fit(logits, labels, weights)
    if not ridge > 0.0:
        raise ValueError(f"ridge must be positive, not {ridge}")
    rows, classes = z.shape
    mass = mass * rows
    one_hot = np.eye(classes)[gold]

    def evaluate(at: FloatArray) -> Evaluation:
        scaled = math.exp(min(max(float(at[0]), -20.0), 20.0)) * z  # also its derivative by ln(1/T)
        shifted = scaled + at[1:]
        p = softmax(shifted)
        loss = -float(mass @ log_softmax(shifted)[np.arange(rows), gold]) + 0.5 * ridge * float(at @ at)
        slope = mass[:, None] * (p - one_hot)
        gradient = np.r_[(slope * scaled).sum(), slope.sum(axis=0)] + ridge * at

        curvature = np.empty((classes + 1, classes + 1))
        weighted = mass[:, None] * p
        centred = scaled - (p * scaled).sum(axis=1, keepdims=True)
        curvature[1:, 1:] = np.diag(weighted.sum(axis=0)) - weighted.T @ p
        curvature[0, 1:] = curvature[1:, 0] = (weighted * centred).sum(axis=0)
        curvature[0, 0] = (weighted * centred**2).sum()
        curvature[np.diag_indices(classes + 1)] += ridge
        return loss, gradient, curvature

    solution = minimise(evaluate, np.zeros(classes + 1))
    return VectorScaling(math.exp(-min(max(float(solution[0]), -20.0), 20.0)), tuple(solution[1:].tolist()))
