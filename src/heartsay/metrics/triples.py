"""Pairs with the category of their emotion, as SemEval-2024 Task 3 scores them.

A triple is (conversation, emotion utterance, emotion, cause utterance); numbering of utterances is the
caller's. On the predicted side the emotion is the predicted one, so a pair with the wrong category is an
error twice: it is wrong in one category and missing in another.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from heartsay.metrics.pairs import PrecisionRecallF1

Triple = tuple[Hashable, int, str, int]

SIX = ("anger", "disgust", "fear", "joy", "sadness", "surprise")
"""The categories of the weighted F1 (w-6); pairs of any other, neutral included, never count."""

FOUR = ("anger", "joy", "sadness", "surprise")
"""The categories of w-4: those left when the two rare ones, disgust and fear, are out."""

TINY = 1e-8
"""What the task's scorer adds to denominators; kept, so that scores agree to the last digit."""


class TripleScores(NamedTuple):
    """Scores of triples; each in [0, 1], higher is better.

    Attributes:
        weighted_six: mean over `SIX`, weighted by gold triples: the main score of the task.
        weighted_four: the same over `FOUR`.
        micro: over all triples of the six categories.
        per_category: by category of the six.
        gold: how many distinct gold triples each category of the six has.
    """

    weighted_six: PrecisionRecallF1
    weighted_four: PrecisionRecallF1
    micro: PrecisionRecallF1
    per_category: Mapping[str, PrecisionRecallF1]
    gold: Mapping[str, int]


def triple_scores(predicted: Iterable[Triple], gold: Iterable[Triple]) -> TripleScores:
    """Score triples as SemEval-2024 Task 3 does in its second subtask.

    Precision and recall have `TINY` added to their denominators, F1 too. Weighted means are NaN where their
    categories have no gold.

    Args:
        predicted: triples that a system gives; duplicates count once.
        gold: all gold triples of the same conversations.

    Raises:
        ValueError: an element that is not a triple with its conversation.
    """
    guess, truth = _as_set(predicted, "predicted"), _as_set(gold, "gold")
    # Right, predicted and gold triples of each category.
    counts = {
        category: np.array([sum(t[2] == category for t in group) for group in (guess & truth, guess, truth)])
        for category in SIX
    }
    scores = {category: _with_tiny(*map(int, row)) for category, row in counts.items()}
    support = {category: int(row[2]) for category, row in counts.items()}
    return TripleScores(
        weighted_six=_weighted(scores, support, SIX),
        weighted_four=_weighted(scores, support, FOUR),
        micro=_with_tiny(*map(int, sum(counts.values(), np.zeros(3, np.int64)))),
        per_category=scores,
        gold=support,
    )


def _with_tiny(right: int, predicted: int, gold: int) -> PrecisionRecallF1:
    precision, recall = right / (predicted + TINY), right / (gold + TINY)
    return PrecisionRecallF1(precision, recall, 2 * precision * recall / (precision + recall + TINY))


def _weighted(
    scores: Mapping[str, PrecisionRecallF1], gold: Mapping[str, int], categories: Sequence[str]
) -> PrecisionRecallF1:
    total = sum(gold[c] for c in categories)
    if total == 0:
        return PrecisionRecallF1(float("nan"), float("nan"), float("nan"))
    parts = (sum(gold[c] / total * scores[c][k] for c in categories) for k in range(3))
    return PrecisionRecallF1(*parts)


def _as_set(triples: Iterable[Triple], name: str) -> set[Triple]:
    unique = set(triples)
    for triple in unique:
        if not isinstance(triple, tuple) or len(triple) != 4 or not isinstance(triple[2], str):
            raise ValueError(
                f"{name} must hold (conversation, emotion utterance, emotion, cause utterance)"
                f" but holds {triple!r}"
            )
    return unique
