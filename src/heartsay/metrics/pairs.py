"""How well emotion-cause pairs are found.

A pair is (conversation, emotion utterance, cause utterance); numbering of utterances is the caller's as long
as both sides share it. Scores are micro averages over the pairs of a split, duplicates removed. All gold
counts, gold that a decoder cannot reach (a cause in the future) included: a system that decodes past and self
causes only pays for the rest in recall.

Emotion and cause utterances have two definitions in the literature, and their numbers are not comparable:
by what the emotion or cause head says (`non_neutral_precision_recall_f1`), or by which utterances occur
in the pairs (`pair_projected_emotion`, `pair_projected_cause`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import FloatArray, class_indices, flags, same_length, unit_interval
from heartsay.metrics.ranking import average_precision

Pair = tuple[Hashable, int, int]


class PrecisionRecallF1(NamedTuple):
    """Precision, recall and their harmonic mean, each in [0, 1], higher is better; 0 where undefined."""

    precision: float
    recall: float
    f1: float


def pair_precision_recall_f1(predicted: Iterable[Pair], gold: Iterable[Pair]) -> PrecisionRecallF1:
    """Micro precision, recall and F1 over sets of (conversation, emotion utterance, cause utterance).

    Args:
        predicted: pairs that a system gives; duplicates count once.
        gold: all gold pairs of the same conversations, future causes included.

    Raises:
        ValueError: an element that is not a triple.
    """
    return _overlap(_as_set(predicted, "predicted"), _as_set(gold, "gold"))


def pair_average_precision(probability: npt.ArrayLike, label: npt.ArrayLike, missed_gold: int = 0) -> float:
    """Average precision over all candidate pairs of a split before any gating; in [0, 1], higher is better.

    Its floor is the share of gold among the candidates.

    Args:
        probability: (N,) in [0, 1], one per candidate pair; equal values enter together.
        label: (N,) bool, whether the candidate is gold.
        missed_gold: gold pairs that are no candidates (future causes). No threshold recalls them, so the
            ceiling is the share of gold that is among the candidates.

    Raises:
        ValueError: probability outside [0, 1], other lengths, or a negative `missed_gold`.
    """
    p = unit_interval(probability, "probability")
    y = flags(label, "label")
    same_length(probability=p, label=y)
    if missed_gold < 0:
        raise ValueError(f"missed_gold must be 0 or more, not {missed_gold}")
    if missed_gold and not y.any():
        return 0.0
    found = int(y.sum())
    return average_precision(p, y) * found / max(1, found + missed_gold)


def self_pair_floor(lengths: Mapping[Hashable, int], gold: Iterable[Pair]) -> PrecisionRecallF1:
    """Score of pairing every utterance with itself: the floor under any trained pair scorer.

    Args:
        lengths: number of utterances of each conversation.
        gold: all gold pairs, 0-based.

    Raises:
        ValueError: an element of `gold` that is not a triple.
    """
    paired = {(conversation, i, i) for conversation, length in lengths.items() for i in range(length)}
    return pair_precision_recall_f1(paired, gold)


def non_neutral_precision_recall_f1(
    labels: npt.ArrayLike, predictions: npt.ArrayLike, neutral: int = 0
) -> PrecisionRecallF1:
    """Emotion F1 by the emotion head: gold not neutral against predicted not neutral, whichever emotion.

    Args:
        labels: gold class indices (N,).
        predictions: predicted class indices (N,).
        neutral: the index of neutral.

    Raises:
        ValueError: not class indices, or other lengths.
    """
    gold = class_indices(labels, "labels", np.iinfo(np.int64).max) != neutral
    guess = class_indices(predictions, "predictions", np.iinfo(np.int64).max) != neutral
    same_length(labels=gold, predictions=guess)
    return _from_counts(int((gold & guess).sum()), int(guess.sum()), int(gold.sum()))


def pair_projected_emotion(predicted: Iterable[Pair], gold: Iterable[Pair]) -> PrecisionRecallF1:
    """Emotion F1 by the pairs: utterances that occur as the emotion of a pair."""
    guess, truth = ({(c, emotion) for c, emotion, _ in pairs} for pairs in (predicted, gold))
    return _overlap(guess, truth)


def pair_projected_cause(predicted: Iterable[Pair], gold: Iterable[Pair]) -> PrecisionRecallF1:
    """Cause F1 by the pairs: utterances that occur as the cause of a pair."""
    guess, truth = ({(c, cause) for c, _, cause in pairs} for pairs in (predicted, gold))
    return _overlap(guess, truth)


def pair_counts(
    predicted: Iterable[Pair], gold: Iterable[Pair], conversations: Iterable[Hashable]
) -> FloatArray:
    """Right, predicted and gold pairs of each conversation, (K, 3), for `f1_from_counts` and the bootstrap.

    Raises:
        ValueError: an element that is not a triple.
        KeyError: a pair of a conversation that is not listed.
    """
    guess, truth = _as_set(predicted, "predicted"), _as_set(gold, "gold")
    row = {conversation: k for k, conversation in enumerate(conversations)}
    counts = np.zeros((len(row), 3))
    for column, pairs in enumerate((guess & truth, guess, truth)):
        for pair in pairs:
            counts[row[pair[0]], column] += 1
    return counts


def f1_from_counts(counts: FloatArray) -> FloatArray:
    """F1 (...) in [0, 1] from sums of right, predicted and gold pairs (..., 3); 0 where there are none."""
    return np.asarray(2.0 * counts[..., 0] / np.maximum(counts[..., 1] + counts[..., 2], 1.0))


def _overlap(predicted: AbstractSet[object], gold: AbstractSet[object]) -> PrecisionRecallF1:
    return _from_counts(len(predicted & gold), len(predicted), len(gold))


def _from_counts(right: int, predicted: int, gold: int) -> PrecisionRecallF1:
    precision = right / predicted if predicted else 0.0
    recall = right / gold if gold else 0.0
    return PrecisionRecallF1(precision, recall, 2.0 * right / (predicted + gold) if predicted + gold else 0.0)


def _as_set(elements: Iterable[Pair], name: str) -> set[Pair]:
    unique = set(elements)
    for element in unique:
        if not isinstance(element, tuple) or len(element) != 3:
            raise ValueError(
                f"{name} must hold (conversation, emotion utterance, cause utterance) but holds {element!r}"
            )
    return unique
