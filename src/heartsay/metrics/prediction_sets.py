"""What prediction sets deliver: how often they hold the truth, for whom, and at what size.

All take sets as bool (N, C), True where the class belongs to the utterance's set, and labels as gold class
indices (N,). Coverage is to be near the promised rate, not high; size is to be small at that coverage.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import BoolArray, FloatArray, class_indices, group_numbers, same_length


def coverage(sets: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Share of utterances whose set holds the gold class, in [0, 1]; every utterance counts the same.

    Raises:
        ValueError: sets that are not boolean (N, C), labels out of range, or other lengths.
    """
    return float(_held(sets, labels).mean())


def mean_set_size(sets: npt.ArrayLike) -> float:
    """Mean number of classes in a set, in [0, C], lower is better at equal coverage.

    Raises:
        ValueError: sets that are not boolean (N, C).
    """
    return float(_set_rows(sets).sum(axis=1).mean())


def coverage_per_conversation(
    sets: npt.ArrayLike, labels: npt.ArrayLike, conversation: npt.ArrayLike
) -> FloatArray:
    """Coverage within each conversation, (K,) in [0, 1], in order of first appearance.

    Its mean is what a guarantee with the conversation as its unit speaks about: a random utterance of a
    random conversation.

    Args:
        sets: bool (N, C).
        labels: gold class indices (N,).
        conversation: id of each row's conversation (N,).

    Raises:
        ValueError: as `coverage`, or ids of another length.
    """
    held = _held(sets, labels)
    group = group_numbers(conversation)
    same_length(sets=held, conversation=group)
    return np.asarray(np.bincount(group, weights=held) / np.bincount(group), dtype=np.float64)


def _held(sets: npt.ArrayLike, labels: npt.ArrayLike) -> BoolArray:
    rows = _set_rows(sets)
    gold = class_indices(labels, "labels", rows.shape[1])
    same_length(sets=rows, labels=gold)
    return rows[np.arange(len(gold)), gold]


def _set_rows(values: npt.ArrayLike) -> BoolArray:
    array = np.asarray(values)
    if array.ndim != 2 or array.size == 0 or array.dtype != np.bool_:
        raise ValueError(f"sets must be a non-empty boolean (N, C) array, not {array.dtype} {array.shape}")
    return array
