"""From readings to rows: everything the tables say of one run, in full names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.calibration import fit_logistic_calibration
from heartsay.calibration.softmax import sigmoid
from heartsay.evidence.evidence import BoolArray
from heartsay.evidence.reading import UNLABELLED, AnnotatedPairs, Reading
from heartsay.evidence.views import FULL
from heartsay.labels import EMOTIONS
from heartsay.metrics.pair_decoding import best_threshold
from heartsay.metrics.pair_ranking import pair_ranking, row_numbers
from heartsay.metrics.pair_stability import pair_f1_change, pair_stability
from heartsay.metrics.pairs import Pair, PrecisionRecallF1
from heartsay.metrics.triples import Triple, triple_scores

NEUTRAL = EMOTIONS.index("neutral")


def candidates(reading: Reading, *, emotions_given: bool = False) -> tuple[AnnotatedPairs, BoolArray]:
    """The pairs of a split that may be decoded, which are those of an utterance with itself and the past.

    Args:
        reading: of the split, with a row for every utterance.
        emotions_given: leave out the pairs of utterances that are neutral or have no label.

    Returns:
        The candidates, of which all gold pairs count, later causes included; and which of the
        reading's pairs they are, bool.
    """
    pairs = reading.annotated_pairs()
    wanted = np.full(len(pairs.gold), True)
    if emotions_given:
        emotional = (reading.gold != UNLABELLED) & (reading.gold != NEUTRAL)
        starts = np.searchsorted(reading.conversation, pairs.conversation)
        wanted = emotional[starts + pairs.emotion]
    chosen = wanted & (pairs.cause <= pairs.emotion)
    return replace(pairs.rows(chosen), gold_pairs=int(pairs.gold[wanted].sum())), chosen


def decoded(development: Reading, test: Reading) -> tuple[list[Pair], float]:
    """Pairs of the test split at the threshold that is best on development data, and that threshold."""
    (known, _), (pairs, _) = candidates(development), candidates(test)
    _, threshold = best_threshold(known.log_odds, known.gold, known.gold_pairs)
    return list(pairs.triples(pairs.log_odds >= threshold)), threshold


def gold_pairs(reading: Reading) -> list[Pair]:
    """Every gold pair of a split."""
    pairs = reading.annotated_pairs()
    return list(pairs.triples(pairs.gold))


def measure(development: Reading, test: Reading, spoilt: NDArray[np.float32]) -> dict[str, Any]:
    """Every metric of one run on its test split; percentages, but for gaps and movements.

    None stands for what a model does not say.

    Args:
        development: of the development split; thresholds and calibration come from it.
        test: of the test split.
        spoilt: log-odds of all pairs of the test split under draws of spoilt talk, (D, P).
    """
    pairs, chosen = candidates(test)
    predicted, threshold = decoded(development, test)
    gold = gold_pairs(test)
    probability = sigmoid(pairs.log_odds)
    scores = metrics.pair_precision_recall_f1(predicted, gold)
    at_half = metrics.pair_precision_recall_f1(pairs.triples(pairs.log_odds >= 0), gold)
    missed = pairs.gold_pairs - int(pairs.gold.sum())
    rows = row_numbers(pairs.conversation, pairs.emotion)
    ranking = pair_ranking(probability, pairs.log_odds, pairs.gold, rows)
    draws = sigmoid(spoilt[:, chosen].astype(np.float64))
    stability = pair_stability(probability, draws)
    change = pair_f1_change(
        probability, draws, pairs.gold, float(sigmoid(np.array([threshold]))[0]), pairs.gold_pairs
    )
    known, _ = candidates(development)
    fitted = fit_logistic_calibration(known.log_odds[:, None], known.gold, ["log_odds"])
    calibrated = fitted.apply(pairs.log_odds[:, None])
    return {
        **_three("pair", scores),
        **_three("pair_at_one_half", at_half),
        "threshold_log_odds": threshold,
        "pair_auprc": 100 * metrics.pair_average_precision(probability, pairs.gold),
        "pair_auprc_all_gold": 100 * metrics.pair_average_precision(probability, pairs.gold, missed),
        "mean_gap": ranking.mean_gap,
        "median_gap": ranking.median_gap,
        "mean_log_odds_gap": ranking.mean_log_odds_gap,
        "median_log_odds_gap": ranking.median_log_odds_gap,
        "violation_rate": 100 * ranking.at_margin.rate,
        "violation_severity": ranking.at_margin.severity,
        "violation_severity_of_violations": ranking.at_margin.severity_of_violations,
        "ranking_error_rate": 100 * ranking.at_zero.rate,
        "ranking_error_severity": ranking.at_zero.severity,
        "hit_at_1": 100 * ranking.hit_at_1,
        "mean_absolute_change_when_spoilt": stability.mean_absolute_change,
        "jensen_shannon_when_spoilt": stability.jensen_shannon,
        "pair_f1_change_when_spoilt": 100 * change,
        "uncalibrated_pair_ece": 100 * metrics.expected_calibration_error(probability, pairs.gold),
        "pair_ece": 100 * metrics.expected_calibration_error(calibrated, pairs.gold),
        **_entailment(development, test),
        **_by_emotion(test, predicted, gold),
    }


def _entailment(development: Reading, test: Reading) -> dict[str, float]:
    """F1 of pairs and of non-pairs where it is given which utterances have an emotion.

    The task that RECCON calls causal emotion entailment, its source: Poria et al., Recognizing Emotion Cause
    in Conversations, Cognitive Computation 2021.
    """
    known, pairs = (candidates(split, emotions_given=True)[0] for split in (development, test))
    _, threshold = best_threshold(known.log_odds, known.gold, known.gold_pairs)
    predicted, gold = pairs.log_odds >= threshold, pairs.gold
    counts = np.array(
        [
            [(predicted & gold).sum(), predicted.sum(), pairs.gold_pairs],
            [(~predicted & ~gold).sum(), (~predicted).sum(), (~gold).sum()],
        ]
    )
    positive, negative = 100 * metrics.f1_from_counts(counts)
    return {
        "entailment_positive_f1": float(positive),
        "entailment_negative_f1": float(negative),
        "entailment_macro_f1": float((positive + negative) / 2),
    }


def _by_emotion(test: Reading, predicted: list[Pair], gold: list[Pair]) -> dict[str, Any]:
    """Scores that need the emotion head, and emotion and cause utterances by both definitions."""
    starts = np.searchsorted(test.conversation, np.arange(len(test.conversations)))
    logits = test.logits[FULL.name]
    # The task's categories have no neutral, so a pair gets the likeliest of the other six.
    feeling = np.where(np.arange(len(EMOTIONS)) == NEUTRAL, -np.inf, logits).argmax(1)

    def triples(pairs: list[Pair], classes: NDArray[np.int64]) -> list[Triple]:
        return [(c, e, EMOTIONS.names[classes[starts[int(str(c))] + e]], j) for c, e, j in pairs]

    scored = triple_scores(triples(predicted, feeling), triples(gold, test.gold))
    labelled = test.gold != UNLABELLED
    causes = {(c, j) for c, _, j in gold}
    is_cause = np.array([(c, j) in causes for c, j in zip(test.conversation, test.position, strict=True)])
    by_head = metrics.non_neutral_precision_recall_f1(
        test.gold[labelled], logits[labelled].argmax(1), NEUTRAL
    )
    cause_by_head = None  # a model that has no head for causes says nothing of them
    if test.cause is not None:
        found = metrics.non_neutral_precision_recall_f1(is_cause.astype(int), (test.cause >= 0).astype(int))
        cause_by_head = 100 * found.f1
    return {
        "weighted_six_category_f1": 100 * scored.weighted_six.f1,
        "weighted_four_category_f1": 100 * scored.weighted_four.f1,
        "micro_triple_f1": 100 * scored.micro.f1,
        "weighted_f1": 100
        * metrics.weighted_f1(test.gold[labelled], logits[labelled].argmax(1), len(test.classes)),
        "emotion_f1_by_head": 100 * by_head.f1,
        "emotion_f1_by_pairs": 100 * metrics.pair_projected_emotion(predicted, gold).f1,
        "cause_f1_by_head": cause_by_head,
        "cause_f1_by_pairs": 100 * metrics.pair_projected_cause(predicted, gold).f1,
    }


def _three(name: str, scores: PrecisionRecallF1) -> dict[str, float]:
    return {
        f"{name}_precision": 100 * scores.precision,
        f"{name}_recall": 100 * scores.recall,
        f"{name}_f1": 100 * scores.f1,
    }
