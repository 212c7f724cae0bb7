"""Calibrating the confidence of a pair: a logistic curve on its logit, alone or with a few further signs.

Platt 1999, "Probabilistic outputs for support vector machines"; with further features it is plain logistic
regression. Both are fitted by Newton's method and lean, very slightly, on a prior, which keeps the fit finite
where the data can be told apart perfectly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from undertone.calibration.newton import Evaluation, minimise
from undertone.calibration.saved import fields, number, numbers
from undertone.calibration.softmax import sigmoid
from undertone.metrics.checks import BoolArray, FloatArray, finite, flags, same_length

RIDGE = 1e-2
"""Strength of the prior against the summed log-likelihood of all pairs; next to nothing for real data."""


@dataclass(frozen=True, slots=True)
class PairCalibration:
    """Probability of a pair as sigmoid(slope * logit + intercept).

    Attributes:
        slope: positive, so that the order of pairs never changes.
        intercept: any finite number.

    Raises:
        ValueError: a slope that is not positive, or either not finite.
    """

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.slope) and self.slope > 0.0 and math.isfinite(self.intercept)):
            raise ValueError(
                "a pair calibration needs a positive slope and a finite intercept,"
                f" not {self.slope} and {self.intercept}"
            )

    def apply(self, logits: npt.ArrayLike) -> FloatArray:
        """Turn pair logits (N,) into calibrated probabilities (N,).

        Raises:
            ValueError: another shape, NaN or infinity.
        """
        return sigmoid(self.slope * finite(logits, "logits", dimensions=1) + self.intercept)

    def to_dict(self) -> dict[str, Any]:
        """Return a mapping that JSON can hold and `from_dict` reads back."""
        return {"method": "pair", "slope": self.slope, "intercept": self.intercept}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` gave.

        Raises:
            ValueError: another method, a key missing or a slope that is not positive.
        """
        slope, intercept = fields(data, "pair", "slope", "intercept")
        return cls(number(slope, "slope"), number(intercept, "intercept"))


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


def fit_pair_calibration(
    logits: npt.ArrayLike, labels: npt.ArrayLike, ridge: float = RIDGE
) -> PairCalibration:
    """Fit slope and intercept by maximum likelihood; what moves is ln slope, so slope stays positive.

    Args:
        logits: (N,) one per candidate pair, of data that the model was not trained on.
        labels: bool (N,), whether the pair is gold.
        ridge: strength of the pull towards slope 1 and intercept 0.

    Raises:
        ValueError: shapes or labels that are not as above, or a negative ridge.
    """
    z = finite(logits, "logits", dimensions=1)
    y = _checked_labels(labels, z, ridge)

    def slope_of(log_slope: float) -> float:
        return math.exp(min(max(log_slope, -20.0), 20.0))  # no data ask for more, and exp cannot overflow

    def evaluate(at: FloatArray) -> Evaluation:
        slope = slope_of(float(at[0]))
        design = np.stack([slope * z, np.ones_like(z)], axis=1)  # (N, 2), also the Jacobian by (ln slope, b)
        return _penalised(design, design[:, 0] + at[1], y, at, ridge)

    log_slope, intercept = minimise(evaluate, np.zeros(2))
    return PairCalibration(slope_of(float(log_slope)), float(intercept))


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
    y = _checked_labels(labels, x, ridge)
    if len(feature_names) != x.shape[1]:
        raise ValueError(f"{x.shape[1]} features but {len(feature_names)} names")
    design = np.c_[x, np.ones(len(x))]

    def evaluate(at: FloatArray) -> Evaluation:
        return _penalised(design, design @ at, y, at, ridge)

    solution = minimise(evaluate, np.zeros(design.shape[1]))
    return LogisticCalibration(tuple(map(float, solution[:-1])), float(solution[-1]), tuple(feature_names))


def _checked_labels(labels: npt.ArrayLike, rows: FloatArray, ridge: float) -> BoolArray:
    y = flags(labels, "labels")
    same_length(rows=rows, labels=y)
    if ridge < 0.0:
        raise ValueError(f"ridge must be 0 or more, not {ridge}")
    return y


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
