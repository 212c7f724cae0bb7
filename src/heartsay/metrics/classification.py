"""How many labels are right: F1 in three averages, accuracy, the confusion matrix and the trivial floor.

All take (labels, predictions), both (N,) class indices, and how many classes there are, and return fractions.
The functions over a confusion matrix accept leading axes, so that a bootstrap scores all its resamples in one
call.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import FloatArray, IntArray, class_indices, same_length


def confusion_matrix(labels: npt.ArrayLike, predictions: npt.ArrayLike, classes: int) -> IntArray:
    """Count utterances by gold class (rows) and predicted class (columns): int (classes, classes).

    Raises:
        ValueError: indices out of range or of different length.
    """
    gold = class_indices(labels, "labels", classes)
    guess = class_indices(predictions, "predictions", classes)
    same_length(labels=gold, predictions=guess)
    return np.bincount(gold * classes + guess, minlength=classes * classes).reshape(classes, classes)


def f1_from_confusion(confusion: npt.NDArray[np.int64] | FloatArray) -> FloatArray:
    """F1 of each class, (..., C) in [0, 1], higher is better, from confusion matrices (..., C, C).

    A class that is neither in the gold nor predicted scores 0.
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1).astype(np.float64)
    total = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return np.asarray(2.0 * hits / np.maximum(total, 1.0), dtype=np.float64)


def weighted_f1_from_confusion(confusion: npt.NDArray[np.int64] | FloatArray) -> FloatArray:
    """F1 averaged by gold count, (...) in [0, 1], higher is better, from confusion matrices (..., C, C)."""
    support = confusion.sum(axis=-1).astype(np.float64)
    scores = (f1_from_confusion(confusion) * support).sum(axis=-1) / np.maximum(support.sum(axis=-1), 1.0)
    return np.asarray(scores, dtype=np.float64)


def recall_from_confusion(confusion: npt.NDArray[np.int64] | FloatArray) -> FloatArray:
    """Recall averaged over the classes that occur in the gold, (...) in [0, 1], from matrices (..., C, C)."""
    support = confusion.sum(axis=-1).astype(np.float64)
    recalls = np.diagonal(confusion, axis1=-2, axis2=-1) / np.maximum(support, 1.0)
    return np.asarray(recalls.sum(axis=-1) / np.maximum((support > 0).sum(axis=-1), 1), dtype=np.float64)


def unweighted_average_recall(labels: npt.ArrayLike, predictions: npt.ArrayLike, classes: int) -> float:
    """Plain mean of the recall of each class that occurs, in [0, 1], higher is better (UAR).

    Raises:
        ValueError: indices out of range or of different length.
    """
    return float(recall_from_confusion(confusion_matrix(labels, predictions, classes)))


def per_class_f1(labels: npt.ArrayLike, predictions: npt.ArrayLike, classes: int) -> FloatArray:
    """F1 of each class, (classes,) in [0, 1], higher is better; 0 for a class neither gold nor predicted.

    Raises:
        ValueError: indices out of range or of different length.
    """
    return f1_from_confusion(confusion_matrix(labels, predictions, classes))


def weighted_f1(labels: npt.ArrayLike, predictions: npt.ArrayLike, classes: int) -> float:
    """F1 averaged over classes by their gold count, in [0, 1], higher is better; the field's main score.

    Raises:
        ValueError: indices out of range or of different length.
    """
    return float(weighted_f1_from_confusion(confusion_matrix(labels, predictions, classes)))


def macro_f1(labels: npt.ArrayLike, predictions: npt.ArrayLike, classes: int) -> float:
    """Plain mean of F1 over all `classes`, in [0, 1], higher is better.

    A class neither gold nor predicted counts as 0, so the score of a small sample is not flattered by
    what it lacks.

    Raises:
        ValueError: indices out of range or of different length.
    """
    return float(per_class_f1(labels, predictions, classes).mean())


def accuracy(labels: npt.ArrayLike, predictions: npt.ArrayLike, classes: int) -> float:
    """Share of right predictions, in [0, 1], higher is better.

    Raises:
        ValueError: indices out of range or of different length.
    """
    confusion = confusion_matrix(labels, predictions, classes)
    return float(np.trace(confusion) / confusion.sum())


def majority_class_floor(labels: npt.ArrayLike, classes: int, majority: int | None = None) -> float:
    """Weighted F1, in [0, 1], of saying one class every time: the floor under any trained model.

    Args:
        labels: gold class indices (N,).
        classes: number of classes.
        majority: the class that is said; by default the most frequent of `labels` (lowest index on a tie).

    Raises:
        ValueError: indices out of range.
    """
    gold = class_indices(labels, "labels", classes)
    most_frequent = int(np.bincount(gold, minlength=classes).argmax()) if majority is None else majority
    return weighted_f1(gold, np.full(len(gold), most_frequent), classes)
