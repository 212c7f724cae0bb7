"""How far confidence is from what it promises: reliability bins, calibration errors, Brier score, log loss.

The functions over (confidence, correct) serve two readers alike: top-1 confidence of a class with whether
that class was right (see `top_label`), and the probability of a pair with whether the pair is gold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import (
    BoolArray,
    FloatArray,
    IntArray,
    class_indices,
    confidence_and_hits,
    labelled_rows,
    same_length,
)

Norm = Literal["l1", "l2", "max"]

SMALLEST_PROBABILITY = 1e-12
"""Floor inside the log loss, so that one probability that underflowed to 0 does not hide all the others."""


@dataclass(frozen=True, slots=True, eq=False)
class ReliabilityBins:
    """What a reliability diagram draws.

    Attributes:
        edges: (B + 1,) rising from 0 to 1; bin b is [edges[b], edges[b + 1]), the last one closed.
        counts: int (B,).
        mean_confidence: (B,), NaN where a bin is empty.
        accuracy: (B,) share correct, NaN where a bin is empty.
    """

    edges: FloatArray
    counts: IntArray
    mean_confidence: FloatArray
    accuracy: FloatArray


def top_label(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, predictions: npt.ArrayLike | None = None
) -> tuple[FloatArray, BoolArray]:
    """Confidence (N,) of what is predicted and whether it is right (N,), from distributions (N, C).

    Predicted are the top classes, or the class indices (N,) that are given.

    Raises:
        ValueError: rows that are not distributions, or labels or predictions out of range.
    """
    rows, gold = labelled_rows(probabilities, labels)
    top = rows.argmax(axis=1)
    chosen = top if predictions is None else class_indices(predictions, "predictions", rows.shape[1])
    same_length(labels=gold, predictions=chosen)
    return np.minimum(rows[np.arange(len(rows)), chosen], 1.0), chosen == gold


def reliability_bins(confidence: npt.ArrayLike, correct: npt.ArrayLike, n_bins: int = 15) -> ReliabilityBins:
    """Group confidences into `n_bins` bins of equal width over [0, 1].

    Bins are closed below and open above; confidence exactly 1 belongs to the last bin, never to one of its
    own.

    Raises:
        ValueError: confidence outside [0, 1], other lengths, or fewer than one bin.
    """
    conf, hit = _checked(confidence, correct, n_bins)
    counts, mass, hits = bin_sums(conf, hit, equal_width_bins(conf, n_bins), n_bins)
    occupied = np.where(counts > 0, counts, np.nan)
    return ReliabilityBins(bin_edges(n_bins), counts.astype(np.int64), mass / occupied, hits / occupied)


def perfect_calibration_error(
    confidence: npt.ArrayLike, draws: int, unit: npt.ArrayLike | None = None
) -> float:
    """The expected calibration error that so few show if their confidence is exactly right, in [0, 1].

    Args:
        confidence: (N,) in [0, 1].
        draws: of whether each is right, over which the mean is taken; the seed is fixed.
        unit: number of what each row stands for, (N,), where rows of one are right or wrong together; None
            where each stands for itself.
    """
    sure = np.asarray(confidence, np.float64)
    group = np.arange(len(sure)) if unit is None else np.unique(unit, return_inverse=True)[1]
    random, count = np.random.default_rng(0), int(group.max()) + 1
    drawn = [expected_calibration_error(sure, random.random(count)[group] < sure) for _ in range(draws)]
    return float(np.mean(drawn))


def expected_calibration_error(
    confidence: npt.ArrayLike, correct: npt.ArrayLike, n_bins: int = 15, norm: Norm = "l1"
) -> float:
    """Distance between confidence and accuracy over equal-width bins, in [0, 1], lower is better.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", equations 3 and 5; the root mean square is of
    Hendrycks, Mazeika and Dietterich 2019, "Deep Anomaly Detection with Outlier Exposure", who take it over
    bins of equal mass: `adaptive_calibration_error` with `norm="l2"`.

    Args:
        confidence: (N,) in [0, 1].
        correct: (N,) bool.
        n_bins: bins of equal width over [0, 1].
        norm: `l1` the expected calibration error (ECE), `l2` its root mean square (RMSCE), `max` the largest
            gap of any occupied bin (MCE), which one sparse bin decides, so that it depends most on `n_bins`.

    Raises:
        ValueError: as `reliability_bins`, or an unknown norm.
    """
    conf, hit = _checked(confidence, correct, n_bins)
    return float(
        calibration_error_from_bins(bin_sums(conf, hit, equal_width_bins(conf, n_bins), n_bins), norm)
    )


def adaptive_calibration_error(
    confidence: npt.ArrayLike, correct: npt.ArrayLike, n_bins: int = 15, norm: Norm = "l1"
) -> float:
    """Calibration error over bins of equal mass, in [0, 1], lower is better.

    Nixon et al. 2019, "Measuring Calibration in Deep Learning". Equal confidences always share a bin, so the
    order of the data does not matter and bins are equal only up to ties.

    Raises:
        ValueError: as `expected_calibration_error`.
    """
    conf, hit = _checked(confidence, correct, n_bins)
    rank = np.searchsorted(np.sort(conf), conf, side="left")
    return float(calibration_error_from_bins(bin_sums(conf, hit, rank * n_bins // len(conf), n_bins), norm))


def classwise_calibration_error(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, n_bins: int = 15, norm: Norm = "l1"
) -> float:
    """Mean over classes of the error of each class's own probability, in [0, 1], lower is better.

    Kull et al. 2019, "Beyond temperature scaling", section 2: sees miscalibration of rare classes that the
    top-1 error averages away.

    Raises:
        ValueError: rows that are not distributions, or labels out of range.
    """
    rows, gold = labelled_rows(probabilities, labels)
    columns = np.minimum(rows, 1.0).T
    errors = [expected_calibration_error(column, gold == c, n_bins, norm) for c, column in enumerate(columns)]
    return float(np.mean(errors))


def brier_score(probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Mean squared distance to the one-hot gold, summed over classes, in [0, 2], lower is better.

    Brier 1950, "Verification of Forecasts Expressed in Terms of Probability".

    Raises:
        ValueError: rows that are not distributions, or labels out of range.
    """
    rows, gold = labelled_rows(probabilities, labels)
    return float(np.mean(((rows - np.eye(rows.shape[1])[gold]) ** 2).sum(axis=1)))


def negative_log_likelihood(probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Mean of -ln(probability of the gold class), in nats, in [0, 27.7], lower is better.

    Raises:
        ValueError: rows that are not distributions, or labels out of range.
    """
    rows, gold = labelled_rows(probabilities, labels)
    chosen = np.clip(rows[np.arange(len(gold)), gold], SMALLEST_PROBABILITY, 1.0)
    return float(-np.log(chosen).mean())


def _checked(confidence: npt.ArrayLike, correct: npt.ArrayLike, n_bins: int) -> tuple[FloatArray, BoolArray]:
    conf, hit = confidence_and_hits(confidence, correct)
    if n_bins < 1:
        raise ValueError(f"n_bins must be at least 1, not {n_bins}")
    return conf, hit


def bin_edges(n_bins: int) -> FloatArray:
    """Edges of bins of equal width over [0, 1], (B + 1,), each the float64 nearest to its fraction.

    Multiples of a rounded width, as `numpy.linspace` gives them, put three tenths above 0.3.
    """
    return np.arange(n_bins + 1) / n_bins


def equal_width_bins(confidence: FloatArray, n_bins: int) -> IntArray:
    """Bin of each confidence, int (N,) in 0..n_bins-1, by the rule of `reliability_bins`."""
    edges = bin_edges(n_bins)
    return np.minimum(np.searchsorted(edges, confidence, side="right") - 1, n_bins - 1)


def bin_sums(confidence: FloatArray, correct: BoolArray, index: IntArray, n_bins: int) -> FloatArray:
    """How many, their summed confidence and how many of them right, (3, n_bins), by bin `index` (N,)."""
    columns = (None, confidence, correct)
    return np.stack([np.bincount(index, weights=w, minlength=n_bins).astype(np.float64) for w in columns])


def calibration_error_from_bins(sums: FloatArray, norm: Norm = "l1") -> FloatArray:
    """Calibration error, (...) in [0, 1], from the sums of each bin (..., 3, B) that `bin_sums` gives.

    Leading axes serve a bootstrap, which scores all its resamples in one call; of nothing the error is 0.

    Raises:
        ValueError: an unknown norm.
    """
    counts, mass, hits = np.moveaxis(sums, -2, 0)
    gaps = np.abs(mass - hits) / np.maximum(counts, 1.0)
    total = np.maximum(counts.sum(axis=-1), 1.0)
    if norm == "l1":
        return np.asarray((counts * gaps).sum(axis=-1) / total)
    if norm == "l2":
        return np.asarray(np.sqrt((counts * gaps**2).sum(axis=-1) / total))
    if norm == "max":
        return np.asarray(gaps.max(axis=-1))
    raise ValueError(f"norm must be 'l1', 'l2' or 'max', not {norm!r}")
