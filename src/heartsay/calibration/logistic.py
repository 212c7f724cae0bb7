"""Calibrating the confidence of a pair: a logistic curve on its log-odds and a few further signs.

Platt 1999, "Probabilistic outputs for support vector machines", with further features: logistic regression.
It is fitted by Newton's method and leans, very slightly, on a prior, which keeps the fit finite where the
data can be told apart perfectly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heartsay.calibration.saved import Saved
from heartsay.calibration.softmax import sigmoid
from heartsay.metrics.checks import BoolArray, FloatArray, finite, flags, same_length

RIDGE = 1e-2
"""Strength of the prior against the summed log-likelihood of all pairs; next to nothing for real data."""

STEPS = 200
"""Most Newton steps."""

TOLERANCE = 1e-10
"""Newton stops when twice the fall still expected is below this."""


@dataclass(frozen=True, slots=True)
class LogisticCalibration(Saved):
    """Probability of a pair as sigmoid(features @ weights + intercept).

    Attributes:
        weights: one per feature.
        intercept: any finite number.
        feature_names: what each column of the features is, in order; `apply` counts columns only.

    Raises:
        ValueError: as many names as weights are needed, and finite numbers.
    """

    method = "logistic"

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

    at = np.zeros(design.shape[1])
    value, step, decrement = _newton_step(design, y, at, ridge)
    for _ in range(STEPS):
        if decrement < TOLERANCE:
            break
        length = 1.0
        while length > 1e-10:
            trial = at - length * step
            new = _newton_step(design, y, trial, ridge)
            # Armijo's rule: accept a step that falls by a fixed share of what its slope promised.
            if new[0] <= value - 1e-4 * length * decrement:
                break
            length /= 2.0
        else:
            break
        at, (value, step, decrement) = trial, new
    return LogisticCalibration(tuple(map(float, at[:-1])), float(at[-1]), tuple(feature_names))


def _newton_step(
    design: FloatArray, labels: BoolArray, at: FloatArray, ridge: float
) -> tuple[float, FloatArray, float]:
    """Summed log loss plus ridge/2 |at|², Newton's step down from there, and twice the fall it promises."""
    logits = design @ at
    p = sigmoid(logits)
    loss = float(np.logaddexp(0.0, np.where(labels, -logits, logits)).sum())
    gradient = design.T @ (p - labels) + ridge * at
    curvature = (design * (p * (1.0 - p))[:, None]).T @ design
    # A trace of curvature stays where every p has saturated, so that the step remains defined.
    curvature[np.diag_indices_from(curvature)] += ridge + 1e-9
    step = np.linalg.solve(curvature, gradient)
    return loss + 0.5 * ridge * float(at @ at), np.asarray(step), float(gradient @ step)
