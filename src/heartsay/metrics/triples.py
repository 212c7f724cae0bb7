"""Pairs with the category of their emotion, as SemEval-2024 Task 3 scores them, and scores by definition.

A triple is (conversation, emotion utterance, emotion, cause utterance); numbering of utterances is the
caller's. On the predicted side the emotion is the predicted one, so a pair with the wrong category is an
error twice: it is wrong in one category and missing in another.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import flags, same_length
from heartsay.metrics.pairs import (
    Pair,
    PrecisionRecallF1,
    non_neutral_precision_recall_f1,
    pair_average_precision,
    pair_projected_cause,
    pair_projected_emotion,
)

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


class PairAveragePrecision(NamedTuple):
    """Average precision of pair confidence (Pair AUPRC), before any gating; in [0, 1], higher is better.

    Attributes:
        candidates_only: over the candidates, whose gold alone can be found.
        all_gold: with gold that is no candidate (future causes) appended at score 0, comparable between
            systems with other candidates.
        floor: share of gold among the candidates, what chance scores on `candidates_only`.
    """

    candidates_only: float
    all_gold: float
    floor: float


def pair_average_precisions(
    probability: npt.ArrayLike, label: npt.ArrayLike, gold_pairs: int
) -> PairAveragePrecision:
    """Pair AUPRC by both definitions.

    Args:
        probability: (P,) in [0, 1], one per candidate pair.
        label: (P,) bool, whether the candidate is gold.
        gold_pairs: all gold pairs, also those that are no candidates.

    Raises:
        ValueError: probability outside [0, 1], other lengths, or fewer gold pairs than gold candidates.
    """
    gold = flags(label, "label")
    if gold_pairs < gold.sum():
        raise ValueError(f"gold_pairs must be {int(gold.sum())} or more, as many candidates are gold")
    return PairAveragePrecision(
        pair_average_precision(probability, gold),
        pair_average_precision(probability, gold, missed_gold=int(gold_pairs - gold.sum())),
        float(gold.mean()),
    )


class UtteranceScores(NamedTuple):
    """Emotion and cause utterances by both definitions, whose numbers are not comparable.

    Attributes:
        emotion_by_head: gold not neutral against predicted not neutral.
        emotion_by_pairs: utterances that occur as the emotion of a pair.
        cause_by_head: utterances that cause anything, as the cause head says.
        cause_by_pairs: utterances that occur as the cause of a pair.
    """

    emotion_by_head: PrecisionRecallF1
    emotion_by_pairs: PrecisionRecallF1
    cause_by_head: PrecisionRecallF1
    cause_by_pairs: PrecisionRecallF1


def utterance_scores(
    *,
    gold_emotion: npt.ArrayLike,
    predicted_emotion: npt.ArrayLike,
    gold_cause: npt.ArrayLike,
    predicted_cause: npt.ArrayLike,
    gold_pairs: Iterable[Pair],
    predicted_pairs: Iterable[Pair],
    neutral: int = 0,
) -> UtteranceScores:
    """Score emotion and cause utterances by both definitions.

    Args:
        gold_emotion: class indices (N,), of labelled utterances.
        predicted_emotion: class indices (N,), of the same.
        gold_cause: bool (M,), whether an utterance is the cause of any gold pair.
        predicted_cause: bool (M,), as the cause head says.
        gold_pairs: all gold pairs.
        predicted_pairs: pairs that the system gives.
        neutral: the index of neutral.

    Raises:
        ValueError: not class indices, not flags, or other lengths.
    """
    truth, guess = flags(gold_cause, "gold_cause"), flags(predicted_cause, "predicted_cause")
    same_length(gold_cause=truth, predicted_cause=guess)
    given, wanted = list(predicted_pairs), list(gold_pairs)
    return UtteranceScores(
        non_neutral_precision_recall_f1(gold_emotion, predicted_emotion, neutral),
        pair_projected_emotion(given, wanted),
        non_neutral_precision_recall_f1(truth.astype(np.int64), guess.astype(np.int64)),
        pair_projected_cause(given, wanted),
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
