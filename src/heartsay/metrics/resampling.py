"""Metrics of many resamples at once, so that a bootstrap over thousands of utterances takes about a second.

Each function looks once at the arrays of one system and returns a `ResampledMetric`, which scores resamples
given as counts. Scores equal those of the plain metric on the data repeated that often.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from heartsay.metrics.calibration_error import (
    Norm,
    calibration_error_from_bins,
    equal_width_bins,
    expected_calibration_error,
)
from heartsay.metrics.checks import (
    FloatArray,
    IntArray,
    class_indices,
    confidence_and_hits,
    finite,
    flags,
    same_length,
)
from heartsay.metrics.classification import weighted_f1_from_confusion
from heartsay.metrics.ranking import falling

ResampledMetric = Callable[[IntArray], FloatArray]
"""From how often each utterance is in each resample, (R, N), to the score of each resample, (R,).

Raises ValueError where N is not the number of utterances that it was made of."""


def resampled_mean(values: npt.ArrayLike) -> ResampledMetric:
    """Mean of a number per utterance, (N,): accuracy of hits, CEL per utterance of summed gains.

    Raises:
        ValueError: not a finite vector.
    """
    column = finite(values, "values", dimensions=1)

    def score(counts: IntArray) -> FloatArray:
        _check_width(counts, len(column))
        return np.asarray(counts @ column / np.maximum(counts.sum(axis=1), 1))

    return score


def resampled_auroc(scores: npt.ArrayLike, positive: npt.ArrayLike) -> ResampledMetric:
    """`auroc` of scores (N,), with its errors; NaN where a resample has no positive or no negative."""
    values, true = finite(scores, "scores", dimensions=1), flags(positive, "positive")
    same_length(scores=values, positive=true)
    order = np.argsort(values, kind="stable")
    ordered, hits = values[order], true[order]
    ties = np.flatnonzero(np.r_[True, ordered[1:] > ordered[:-1]])  # where each run of equal scores begins

    def score(counts: IntArray) -> FloatArray:
        _check_width(counts, len(order))
        drawn = counts[:, order]
        up, down = (np.add.reduceat(drawn * part, ties, axis=1).astype(np.float64) for part in (hits, ~hits))
        below = np.cumsum(down, axis=1) - down / 2
        pairs = up.sum(1) * down.sum(1)
        return np.asarray((up * below).sum(1) / np.where(pairs > 0, pairs, np.nan))

    return score


def resampled_weighted_f1(labels: npt.ArrayLike, predictions: npt.ArrayLike, classes: int) -> ResampledMetric:
    """`weighted_f1` of class indices (N,), with its errors."""
    gold = class_indices(labels, "labels", classes)
    guess = class_indices(predictions, "predictions", classes)
    same_length(labels=gold, predictions=guess)
    cell = np.eye(classes * classes)[gold * classes + guess]  # (N, C * C)

    def score(counts: IntArray) -> FloatArray:
        _check_width(counts, len(cell))
        confusion = counts.astype(np.float64) @ cell
        return weighted_f1_from_confusion(confusion.reshape(-1, classes, classes))

    return score


def resampled_calibration_error(
    confidence: npt.ArrayLike, correct: npt.ArrayLike, n_bins: int = 15, norm: Norm = "l1"
) -> ResampledMetric:
    """`expected_calibration_error` of confidences (N,) and hits (N,), with its errors."""
    expected_calibration_error(confidence, correct, n_bins, norm)  # refuses here what it refuses there
    conf, hit = confidence_and_hits(confidence, correct)
    inside = np.eye(n_bins)[equal_width_bins(conf, n_bins)]  # (N, B)
    columns = np.hstack([inside, inside * conf[:, None], inside * hit[:, None]])  # (N, 3 * B)

    def score(counts: IntArray) -> FloatArray:
        _check_width(counts, len(conf))
        sums = counts.astype(np.float64) @ columns
        return calibration_error_from_bins(sums.reshape(-1, 3, n_bins), norm)

    return score


def resampled_aurc(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> ResampledMetric:
    """`aurc` of confidences (N,) and hits (N,), with its errors."""
    conf, hit = confidence_and_hits(confidence, correct)
    order, last = falling(conf)
    wrong = ~hit[order]

    def score(counts: IntArray) -> FloatArray:
        _check_width(counts, len(conf))
        drawn = counts[:, order]
        answered = np.cumsum(drawn, axis=1)[:, last]  # (R, D)
        errors = np.cumsum(drawn * wrong, axis=1)[:, last]
        total = answered[:, -1]
        new = np.diff(answered, axis=1, prepend=0)
        new_errors = np.diff(errors, axis=1, prepend=0)
        # Inside a tie errors grow evenly: risk at n is slope + (errors before - slope * answered before) / n,
        # and its sum over the tie needs only the harmonic numbers at both ends.
        harmonic = np.r_[0.0, np.cumsum(1.0 / np.arange(1, max(int(total.max()), 1) + 1))]
        slope = new_errors / np.maximum(new, 1)
        start = (errors - new_errors) - slope * (answered - new)
        area = new_errors + start * (harmonic[answered] - harmonic[answered - new])
        return np.asarray(area.sum(axis=1) / np.maximum(total, 1))

    return score


def _check_width(counts: IntArray, utterances: int) -> None:
    if counts.ndim != 2 or counts.shape[1] != utterances:
        raise ValueError(f"counts must be (R, {utterances}) for {utterances} utterances, not {counts.shape}")
