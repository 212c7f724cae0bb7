"""What the functions of this room accept: each check returns a clean float64, int64 or bool array or raises.

A score outside [0, 1] is refused, never squeezed through a softmax: a caller who holds logits must say what
turns them into probabilities, because that choice is what calibration is about.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

ROW_SUM_TOLERANCE = 1e-3
"""How far from 1 a row of probabilities may sum: room for float32 and for files rounded to four decimals."""


def unit_interval(values: npt.ArrayLike, name: str, dimensions: int = 1) -> FloatArray:
    """Return `values` as a float64 array of `dimensions` axes of numbers in [0, 1], not empty.

    Raises:
        ValueError: another number of axes, nothing in it, NaN, or a value outside [0, 1].
    """
    return _within(finite(values, name, dimensions), name, 1.0)


def probability_rows(values: npt.ArrayLike, name: str = "probabilities") -> FloatArray:
    """Return `values` as float64 (N, C), each row a distribution, N at least 1 and C at least 2.

    Raises:
        ValueError: another shape, NaN, a value outside [0, 1], or a row that does not sum to 1.
    """
    array = finite(values, name, dimensions=2)
    if array.shape[1] < 2:
        raise ValueError(f"{name} must have at least two classes, not shape {array.shape}")
    sums = _within(array, name, 1.0 + ROW_SUM_TOLERANCE).sum(axis=1)
    worst = int(np.abs(sums - 1.0).argmax())
    if abs(sums[worst] - 1.0) > ROW_SUM_TOLERANCE:
        raise ValueError(f"each row of {name} must sum to 1 but row {worst} sums to {sums[worst]:g}")
    return array


def labelled_rows(probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[FloatArray, IntArray]:
    """Return distributions (N, C) and as many gold class indices (N,).

    Raises:
        ValueError: rows that are not distributions, labels out of range, or other lengths.
    """
    rows = probability_rows(probabilities)
    gold = class_indices(labels, "labels", rows.shape[1])
    same_length(probabilities=rows, labels=gold)
    return rows, gold


def confidence_and_hits(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> tuple[FloatArray, BoolArray]:
    """Return confidences (N,) in [0, 1] and whether each was right, bool (N,).

    Raises:
        ValueError: confidence outside [0, 1], flags that are not flags, or other lengths.
    """
    conf, hit = unit_interval(confidence, "confidence"), flags(correct, "correct")
    same_length(confidence=conf, correct=hit)
    return conf, hit


def _within(array: FloatArray, name: str, highest: float) -> FloatArray:
    if array.min() < 0.0 or array.max() > highest:
        raise ValueError(
            f"{name} must lie in [0, 1] but spans {array.min():g} to {array.max():g};"
            " turn logits into probabilities first"
        )
    return array


def finite(values: npt.ArrayLike, name: str, dimensions: int) -> FloatArray:
    """Return `values` as a float64 array of `dimensions` axes, finite and not empty.

    Raises:
        ValueError: another number of axes, nothing in it, not numbers, NaN or infinity.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers") from error
    if array.ndim != dimensions or array.size == 0:
        raise ValueError(f"{name} must be a non-empty array of {dimensions} axes, not shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite but hold NaN or infinity")
    return array


def class_indices(values: npt.ArrayLike, name: str, classes: int) -> IntArray:
    """Return `values` as an int64 vector (N,) of class indices in [0, classes), N at least 1.

    Raises:
        ValueError: another shape, nothing in it, not whole numbers, or an index out of range.
    """
    array = _vector(values, name)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name} must be whole-number class indices, not {array.dtype}")
    if array.min() < 0 or array.max() >= classes:
        raise ValueError(f"{name} must lie in 0..{classes - 1} but span {array.min()} to {array.max()}")
    return array.astype(np.int64)


def flags(values: npt.ArrayLike, name: str) -> BoolArray:
    """Return `values` as a bool vector (N,), from bools or from 0 and 1, N at least 1.

    Raises:
        ValueError: another shape, nothing in it, or values other than 0 and 1.
    """
    array = _vector(values, name)
    if array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        raise ValueError(f"{name} must hold only true and false (or 1 and 0)")
    return array.astype(np.bool_)


def group_numbers(values: npt.ArrayLike, name: str = "conversation") -> IntArray:
    """Return each element's group as a number 0..K-1 in order of first appearance, shape (N,).

    Raises:
        ValueError: not a non-empty vector of ids.
    """
    array = _vector(values, name)
    if array.dtype.kind not in "iuUSb":
        raise ValueError(f"{name} must be whole-number or text ids, not {array.dtype}")
    _, first, inverse = np.unique(array, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first)] = np.arange(len(first))
    return order[inverse]


def _vector(values: npt.ArrayLike, name: str) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.asarray(values)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must be a non-empty vector, not shape {array.shape}")
    return array


def same_length(**arrays: npt.NDArray[Any]) -> None:
    """Refuse arrays whose first axes differ.

    Raises:
        ValueError: naming each array and its length.
    """
    if len({len(array) for array in arrays.values()}) > 1:
        lengths = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
        raise ValueError(f"the arrays must be of one length: {lengths}")
