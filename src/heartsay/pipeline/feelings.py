"""Whether there is a feeling at all: how reliable its probability is, and what listening by it finds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.analysis import EVEN
from heartsay.calibration import EmotionCalibration

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FIRST = 1 / 3
"""Share of a conversation that a person is taken to listen to, its likeliest feelings first."""


def mark_of(fitted: EmotionCalibration) -> float:
    """The probability of a feeling from which it is found: the calibration's own mark, else a half."""
    return EVEN if fitted.felt_threshold is None else fitted.felt_threshold


def feeling_metrics(
    feeling: FloatArray,
    probabilities: FloatArray,
    labels: IntArray,
    neutral: int,
    conversation: IntArray,
    mark: float | None,
    utterance: IntArray | None = None,
) -> dict[str, Any]:
    """How good the probability of a feeling and the likeliest feeling are, in percent.

    `feeling_ece` is the expected calibration error of the probability that there is a feeling;
    `likeliest_feeling_accuracy` and `_ece` are of the likeliest feeling where there is one;
    `felt_in_first_third` is the share of the felt utterances that come among the first third of their
    conversation by that probability, `_at_best` what an order without error would reach. None stands for what
    the labels leave undefined. `felt` holds precision and recall at the mark, where there is one.

    Args:
        feeling: probability that there is one, calibrated, (N,).
        probabilities: of each emotion, calibrated, (N, C).
        labels: (N,).
        neutral: index of neutral.
        conversation: of each row, (N,).
        mark: probability from which a feeling is found.
        utterance: of each row, (N,), where several rows stand for annotators of one; None for one row each.
    """
    felt = labels != neutral
    unit = _units(felt, utterance)
    first = np.unique(unit, return_index=True)[1]
    share = np.bincount(unit, weights=felt) / np.bincount(unit)
    found: dict[str, Any] = {
        "feeling_ece": 100 * metrics.expected_calibration_error(np.clip(feeling, 0.0, 1.0), felt),
        "likeliest_feeling_accuracy": None,
        "likeliest_feeling_ece": None,
        "felt_in_first_third": None,
        "felt_in_first_third_at_best": None,
    }
    if felt.any():
        others = np.delete(probabilities, neutral, axis=1)[felt]
        given = others / others.sum(axis=1, keepdims=True)
        confidence, right = metrics.top_label(given, labels[felt] - (labels[felt] > neutral))
        by_feeling, at_best = (
            _in_first_third(score, conversation[first])[unit] for score in (feeling[first], share)
        )
        found |= {
            "likeliest_feeling_accuracy": 100 * float(right.mean()),
            "likeliest_feeling_ece": 100 * metrics.expected_calibration_error(confidence, right),
            "felt_in_first_third": 100 * float(by_feeling[felt].mean()),
            "felt_in_first_third_at_best": 100 * float(at_best[felt].mean()),
        }
    if mark is not None:
        found["felt"] = _found_scores(feeling >= mark, felt)
    return found


def first_third_by_chance(
    felt: BoolArray, conversation: IntArray, utterance: IntArray | None = None
) -> float:
    """The share of felt utterances that a third of each conversation drawn by chance holds, in percent.

    It is a little over a third, since the third of a conversation is rounded up. Rows of one utterance are
    listened to together.
    """
    unit = _units(felt, utterance)
    of_each = conversation[np.unique(unit, return_index=True)[1]]
    group = np.unique(of_each, return_inverse=True)[1]
    share = (_taken(of_each) / np.bincount(group)[group])[unit][felt]
    return 100 * float(share.mean()) if len(share) else math.nan


def _units(rows: BoolArray, utterance: IntArray | None) -> IntArray:
    """Number of each row's utterance, (N,)."""
    if utterance is None:
        return np.arange(len(rows))
    return np.asarray(np.unique(utterance, return_inverse=True)[1], np.int64)


def _in_first_third(score: FloatArray, conversation: IntArray) -> BoolArray:
    """Which rows are in the first third of their conversation by falling score, the earlier of equal ones."""
    order = np.lexsort((-score, conversation))
    starts = np.r_[0, np.flatnonzero(np.diff(conversation[order])) + 1]
    place = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    rank = np.empty(len(order), np.int64)
    rank[order] = place
    return np.asarray(rank < _taken(conversation))


def _taken(conversation: IntArray) -> IntArray:
    """How many rows of each row's conversation are its first third."""
    group = np.unique(conversation, return_inverse=True)[1]
    return np.asarray(np.ceil(np.bincount(group)[group] * FIRST - 1e-9), np.int64)


def _found_scores(found: BoolArray, true: BoolArray) -> dict[str, float | None]:
    right = int((found & true).sum())
    return {
        "precision": 100 * right / int(found.sum()) if found.any() else None,
        "recall": 100 * right / int(true.sum()) if true.any() else None,
        "found": 100 * float(found.mean()),
    }
