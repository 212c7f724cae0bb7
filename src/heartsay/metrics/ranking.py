"""How well a score puts positives above negatives, over all thresholds at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import BoolArray, FloatArray, IntArray, finite, flags, labelled_rows, same_length


def auroc(scores: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """Probability that a positive outscores a negative, ties counted half.

    In [0, 1], chance 0.5, higher is better.

    Args:
        scores: (N,) any finite numbers.
        positive: (N,) bool.

    Returns:
        The area under the receiver operating characteristic, NaN where there is no positive or no negative.

    Raises:
        ValueError: other lengths, NaN scores, flags that are not flags.
    """
    hits, falls = _cumulative(scores, positive)
    if hits[-1] == 0 or falls[-1] == 0:
        return float("nan")
    return float(np.trapezoid(np.r_[0, hits], np.r_[0, falls]) / (hits[-1] * falls[-1]))


def average_precision(scores: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """Sum over thresholds of (rise in recall) times precision.

    In [0, 1], chance the share of positives, higher is better. Equal scores enter together, so the order
    of the data does not matter.

    Args:
        scores: (N,) any finite numbers.
        positive: (N,) bool.

    Returns:
        The average precision (area under the precision-recall steps), NaN where there is no positive.

    Raises:
        ValueError: other lengths, NaN scores, flags that are not flags.
    """
    hits, falls = _cumulative(scores, positive)
    if hits[-1] == 0:
        return float("nan")
    return float((np.diff(hits, prepend=0) / hits[-1] * (hits / (hits + falls))).sum())


def weighted_one_vs_rest_auroc(probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """AUROC of each class's probability against all other classes, averaged by gold count.

    In [0, 1], chance 0.5, higher is better. Fawcett 2006, "An introduction to ROC analysis", section 9.2.
    It asks whether classes are told apart, not whether errors are: for that see `misclassification_auroc`.

    Args:
        probabilities: (N, C), each row a distribution.
        labels: gold class indices (N,). A class absent from them has weight 0 and is left out.

    Returns:
        The weighted mean, NaN where only one class is present, since it has no rest.

    Raises:
        ValueError: rows that are not distributions, labels out of range, or other lengths.
    """
    return _weighted_one_vs_rest(auroc, probabilities, labels)


def weighted_one_vs_rest_average_precision(probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Average precision of each class's probability against all other classes, averaged by gold count.

    In [0, 1], higher is better; chance is the sum of squared class shares, because a chance score has the
    class's share as its precision. Not to be confused with `misclassification_average_precision`.

    Args:
        probabilities: (N, C), each row a distribution.
        labels: gold class indices (N,). A class absent from them has weight 0 and is left out.

    Raises:
        ValueError: rows that are not distributions, labels out of range, or other lengths.
    """
    return _weighted_one_vs_rest(average_precision, probabilities, labels)


def _weighted_one_vs_rest(
    area: Callable[[FloatArray, BoolArray], float], probabilities: npt.ArrayLike, labels: npt.ArrayLike
) -> float:
    rows, gold = labelled_rows(probabilities, labels)
    present, support = np.unique(gold, return_counts=True)
    return float(np.average([area(rows[:, c], gold == c) for c in present], weights=support))


def _cumulative(scores: npt.ArrayLike, positive: npt.ArrayLike) -> tuple[IntArray, IntArray]:
    """Positives and negatives at or above each distinct score, from the highest down."""
    values, hit = finite(scores, "scores", dimensions=1), flags(positive, "positive")
    same_length(scores=values, positive=hit)
    order, last = falling(values)
    hits = np.cumsum(hit[order], dtype=np.int64)[last]
    return hits, (last + 1 - hits).astype(np.int64)


def falling(scores: FloatArray) -> tuple[IntArray, IntArray]:
    """The order from the highest score down, (N,), and the last place in it of each distinct score, (D,)."""
    order = np.argsort(-scores, kind="stable")
    return order, np.flatnonzero(np.diff(scores[order], append=np.nan) != 0)
