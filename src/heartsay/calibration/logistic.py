"""Calibrating the confidence of a pair: a logistic curve on its log-odds and a few further signs.

Platt 1999, "Probabilistic outputs for support vector machines", with further features: logistic regression.
It is fitted by Newton's method and leans, very slightly, on a prior, which keeps the fit finite where the
data can be told apart perfectly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from heartsay.calibration.newton import Evaluation, minimise
from heartsay.calibration.saved import fields, number, numbers
from heartsay.calibration.softmax import sigmoid
from heartsay.metrics.checks import BoolArray, FloatArray, finite, flags, same_length

RIDGE = 1e-2
"""Strength of the prior against the summed log-likelihood of all pairs; next to nothing for real data."""


@dataclass(frozen=True, slots=True)
class LogisticCalibration:
    """Probability of a pair as sigmoid(features @ weights + intercept).

    Attributes:
        weights: one per feature.
        intercept: any finite number.
        feature_names: what each column of the features is, in order; `apply` counts columns only.

    Raises:
        ValueError: as many names as weights are needed, and finite numbers.
    """

    weights: tuple[float, ...]
    intercept: float
    feature_names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.weights or len(self.weights) != len(self.feature_names):
            raise ValueError(f"{len(self.weights)} weights for {len(self.feature_names)} named features")
        if not all(map(math.isfinite, (*self.weights, self.intercept))):
            raise ValueError("weights and intercept must be finite")

    def apply(self, features: npt.ArrayLike) -> FloatArray:
        """Turn features (N, F) into calibrated probabilities (N,).

        Raises:
            ValueError: another shape, NaN or infinity.
        """
        x = finite(features, "features", dimensions=2)
        if x.shape[1] != len(self.weights):
            raise ValueError(
                f"features must be the {len(self.weights)} of {self.feature_names}, not {x.shape[1]}"
            )
        return sigmoid(x @ np.array(self.weights) + self.intercept)

    def to_dict(self) -> dict[str, Any]:
        """Return a mapping that JSON can hold and `from_dict` reads back."""
        return {
            "method": "logistic",
            "weights": list(self.weights),
            "intercept": self.intercept,
            "feature_names": list(self.feature_names),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` gave.

        Raises:
            ValueError: another method, a key missing or numbers that do not fit together.
        """
        weights, intercept, names = fields(data, "logistic", "weights", "intercept", "feature_names")
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"feature_names of a saved calibrator must be a list of names, not {names!r}")
        return cls(numbers(weights, "weights"), number(intercept, "intercept"), tuple(names))


def fit_logistic_calibration(
    features: npt.ArrayLike, labels: npt.ArrayLike, feature_names: Sequence[str], ridge: float = RIDGE
) -> LogisticCalibration:
    """Fit weights and intercept by penalised maximum likelihood, which has one optimum.

    Args:
        features: (N, F) per candidate pair, e.g. its logit, the log-odds that the emotion is not neutral,
            whether it pairs an utterance with itself.
        labels: bool (N,), whether the pair is gold.
        feature_names: F names, kept with the weights.
        ridge: strength of the pull of weights and intercept towards 0.

    Raises:
        ValueError: shapes, labels or names that are not as above, or a negative ridge.
    """
    x = finite(features, "features", dimensions=2)
    y = flags(labels, "labels")
    same_length(features=x, labels=y)
    if ridge < 0.0:
        raise ValueError(f"ridge must be 0 or more, not {ridge}")
    if len(feature_names) != x.shape[1]:
        raise ValueError(f"{x.shape[1]} features but {len(feature_names)} names")
    design = np.c_[x, np.ones(len(x))]

    def evaluate(at: FloatArray) -> Evaluation:
        return _penalised(design, design @ at, y, at, ridge)

    solution = minimise(evaluate, np.zeros(design.shape[1]))
    return LogisticCalibration(tuple(map(float, solution[:-1])), float(solution[-1]), tuple(feature_names))


def _penalised(
    jacobian: FloatArray, logits: FloatArray, labels: BoolArray, at: FloatArray, ridge: float
) -> Evaluation:
    """Summed log loss plus ridge/2 |at|², its gradient and its Gauss-Newton curvature."""
    p = sigmoid(logits)
    loss = float(np.logaddexp(0.0, np.where(labels, -logits, logits)).sum())
    gradient = jacobian.T @ (p - labels) + ridge * at
    curvature = (jacobian * (p * (1.0 - p))[:, None]).T @ jacobian
    # A trace of curvature stays where every p has saturated, so that the step remains defined.
    curvature[np.diag_indices_from(curvature)] += ridge + 1e-9
    return loss + 0.5 * ridge * float(at @ at), gradient, curvature
