"""Everything that is measured of a model on labelled conversations, from its readings and its calibration."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.calibration import Calibration, EmotionCalibration
from heartsay.calibration.softmax import softmax
from heartsay.conversation import Conversation
from heartsay.corpora import drop_held_out, get, load, relabelled
from heartsay.errors import InputError
from heartsay.evidence.reading import Reading
from heartsay.evidence.readings import one_row_each, with_gold
from heartsay.evidence.views import CONTEXTS, FULL
from heartsay.metrics.pairs import Pair
from heartsay.pipeline.annotators import Labels, gold_labels
from heartsay.pipeline.feelings import feeling_metrics, first_third_by_chance, mark_of
from heartsay.pipeline.kept_readings import kept_reading
from heartsay.progress import Report, silent, track
from heartsay.runtime import Bundle

COVERAGE = 0.9
"""Coverage that prediction sets are evaluated at unless asked otherwise."""

FALSE_DISCOVERY_RATES = (0.1, 0.2, 0.3, 0.4, 0.5)
"""Rates under which links are measured."""

NO_ROWS = "this Reading does not say which row the utterance of a pair has"


def read_split(
    model: Bundle, corpus: str, split: str, report: Report = silent, keep: Path | None = None
) -> tuple[Reading, tuple[Conversation, ...]]:
    """An exported model's Reading of a split, also without own and without other context, and the split.

    Development splits come without what is in a test split of MELD or ECF. Emotions come under the model's
    names; an utterance whose emotion has no counterpart there comes without one.

    Args:
        model: what reads.
        corpus: its name.
        split: its name.
        report: progress callback; conversations as they are read.
        keep: folder in which the Reading is kept, and looked for first.

    Raises:
        InputError: unknown corpus or split, or its file is absent or not what it claims, or nothing is left
            of a development split.
    """
    labels = get(corpus).labels
    conversations = tuple(relabelled(c, labels, model.labels) for c in load(corpus, split))
    if split == "dev":
        conversations = tuple(drop_held_out(conversations, against=("test",)))
    if not conversations:
        raise InputError(
            expected="conversations that are in no test split of MELD or ECF",
            found="none",
            where=f"{corpus}, split {split}",
            do="use the files as published",
        )

    def read() -> Reading:
        evidence = [model.evidence(conversation) for conversation in conversations]
        tracked = track(evidence, f"Reading {corpus} {split}", report, "conversations")
        return with_gold(one_row_each(model.read(tracked, CONTEXTS)), conversations, model.labels)

    return kept_reading(keep, model, conversations, read), conversations


def evaluate(
    model: Bundle,
    reading: Reading,
    conversations: Sequence[Conversation],
    coverage: float = COVERAGE,
    emotions: Labels | None = None,
) -> dict[str, Any]:
    """Everything that is measured of a model on labelled talk: emotions and, where annotated, pairs.

    Where the calibration mixes readings without context, `full_reading_alone` holds what emotions score
    without them, as in talk that is too long for them. Where it has a rule for it, `links` holds
    what `link_metrics` measures.

    Args:
        model: what read it.
        reading: its Reading, as `read_split` gives it.
        conversations: the split.
        coverage: coverage of the prediction sets.
        emotions: the labels that emotions are measured on, where these are not gold: annotators'.
    """
    measured = emotion_metrics(reading, model.calibration, coverage, emotions)
    if len(_fitted(reading, model.calibration).mixture.views) > 1:
        alone = replace(reading, logits={FULL.name: reading.logits[FULL.name]})
        measured["full_reading_alone"] = emotion_metrics(alone, model.calibration, coverage, emotions)
    if any(c.pairs is not None for c in conversations):
        measured |= pair_metrics(reading, model.calibration, conversations)
        if model.calibration.links is not None:
            measured["links"] = link_metrics(reading, model.calibration, conversations)
    return measured


def _fitted(reading: Reading, calibration: Calibration) -> EmotionCalibration:
    return calibration.for_reading(reading.modalities, reading.logits)


def labelled_probabilities(
    reading: Reading, calibration: Calibration, emotions: Labels | None = None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Calibrated distributions (M, C) of each label, gold unless others are given, and the labels (M,).

    All utterances of a conversation are read for them, since confidence may depend on all.
    """
    rows, labels = gold_labels(reading) if emotions is None else emotions
    return _fitted(reading, calibration).apply(reading.logits, reading.conversation)[rows], labels


def emotion_metrics(
    reading: Reading, calibration: Calibration, coverage: float = COVERAGE, emotions: Labels | None = None
) -> dict[str, Any]:
    """Scores of the emotions in percent (`n` and `mean_set_size` are counts, likelihood is in nats).

    They are means over labels, gold unless others are given; `n` is how many utterances these are of.

    None stands for what the split leaves undefined. `coverage` is over utterances;
    `coverage_by_conversation`, the mean of each conversation's, is what the prediction sets promise. Where
    the calibration has weights to decide by, `most_probable` holds what the most probable emotions score.
    What `feeling_metrics` measures is among them where the labels have a neutral one.
    """
    given = gold_labels(reading) if emotions is None else emotions
    probabilities, labels = labelled_probabilities(reading, calibration, given)
    conversation, fitted = reading.conversation[given.row], _fitted(reading, calibration)
    predictions, top = fitted.decide(probabilities), probabilities.argmax(axis=1)
    classes = len(reading.classes)
    raw = metrics.top_label(softmax(np.asarray(reading.logits[FULL.name], np.float64)[given.row]), labels)
    confidence, correct = metrics.top_label(probabilities, labels, predictions)
    sets = fitted.prediction_sets(probabilities, coverage)
    accepted = fitted.abstention.accept(confidence)
    per_class = metrics.per_class_f1(labels, predictions, classes)
    found: dict[str, Any] = {
        "n": given.utterances,
        **_label_scores(labels, predictions, classes),
        "per_class_f1": {name: 100 * float(f1) for name, f1 in zip(reading.classes, per_class, strict=True)},
        "negative_log_likelihood": metrics.negative_log_likelihood(probabilities, labels),
        "ece": 100 * metrics.expected_calibration_error(confidence, correct),
        "adaptive_ece": 100 * metrics.adaptive_calibration_error(confidence, correct),
        "classwise_ece": 100 * metrics.classwise_calibration_error(probabilities, labels),
        "uncalibrated_ece": 100 * metrics.expected_calibration_error(*raw),
        "coverage_requested": 100 * coverage,
        "coverage": 100 * metrics.coverage(sets, labels),
        "coverage_by_conversation": 100
        * float(np.mean(metrics.coverage_per_conversation(sets, labels, conversation))),
        "mean_set_size": metrics.mean_set_size(sets),
        "aurc": 100 * metrics.aurc(confidence, correct),
        "misclassification_auroc": _percent(metrics.misclassification_auroc(confidence, correct)),
        "accepted": 100 * float(accepted.mean()),
        "accepted_accuracy": 100 * float(correct[accepted].mean()) if accepted.any() else None,
    }
    if fitted.decision is not None:
        found["most_probable"] = _label_scores(labels, top, classes)
    if "neutral" in reading.classes:
        neutral, mark = reading.classes.index("neutral"), fitted.felt_threshold
        feeling = fitted.feeling(probabilities, neutral)
        found |= feeling_metrics(feeling, probabilities, labels, neutral, conversation, mark, given.row)
    return found


def _label_scores(
    labels: NDArray[np.int64], predictions: NDArray[np.int64], classes: int
) -> dict[str, float]:
    return {
        "weighted_f1": 100 * metrics.weighted_f1(labels, predictions, classes),
        "macro_f1": 100 * metrics.macro_f1(labels, predictions, classes),
        "accuracy": 100 * metrics.accuracy(labels, predictions, classes),
    }


def pair_metrics(
    reading: Reading, calibration: Calibration, conversations: Sequence[Conversation]
) -> dict[str, Any]:
    """Scores of the emotion-cause pairs in percent.

    Pairs are decoded as `causes submit` does, past and self only; every gold pair counts, also one whose
    cause comes later. `pairs_listed` is of those that `analyze` lists: of utterances in which a feeling is
    found. Average precision and calibration error are over all past and self candidates. None
    stands for what the split leaves undefined.
    """
    pairs, past = reading.annotated_pairs(), past_pairs(reading)
    confidence = pair_confidence(reading, calibration)
    decoded = past & (confidence >= calibration.pair_threshold)
    gold = {(k, *pair) for k, c in enumerate(conversations) for pair in c.pairs or ()}
    predicted = set(pairs.triples(decoded))
    score = metrics.pair_precision_recall_f1(predicted, gold)
    listed = set(pairs.triples(decoded & _felt(reading, calibration)[pair_rows(reading)]))
    shown = metrics.pair_precision_recall_f1(listed, gold)
    # A pair of an utterance that is read in several windows is a candidate in each.
    missed = pairs.gold_pairs - len(set(pairs.triples(past & pairs.gold)))
    return {
        "pair_f1": 100 * score.f1,
        "pair_precision": 100 * score.precision,
        "pair_recall": 100 * score.recall,
        "pair_auprc": _percent(metrics.pair_average_precision(confidence[past], pairs.gold[past])),
        "pair_auprc_all_gold": _percent(
            metrics.pair_average_precision(confidence[past], pairs.gold[past], missed_gold=missed)
        ),
        "pair_ece": 100 * metrics.expected_calibration_error(confidence[past], pairs.gold[past]),
        "emotion_f1_of_pairs": 100 * metrics.pair_projected_emotion(predicted, gold).f1,
        "cause_f1_of_pairs": 100 * metrics.pair_projected_cause(predicted, gold).f1,
        "pairs": pairs.gold_pairs,
        "pairs_listed": {name: 100 * value for name, value in shown._asdict().items()},
    }


def _felt(reading: Reading, calibration: Calibration) -> NDArray[np.bool_]:
    """In which utterances a feeling is found, (N,)."""
    fitted = _fitted(reading, calibration)
    probabilities = fitted.apply(reading.logits, reading.conversation)
    return np.asarray(fitted.feeling(probabilities, reading.classes.index("neutral")) >= mark_of(fitted))


def link_metrics(
    reading: Reading, calibration: Calibration, conversations: Sequence[Conversation]
) -> dict[str, dict[str, float | None]]:
    """What comes of the links that are shown under a false discovery rate, by rate.

    In percent, but for `links_per_conversation`. `wrong` is what the rate promises: the mean over annotated
    conversations of the share of wrong links among those shown, 0 where none is; `wrong_standard_error` is of
    that mean over conversations, None for a single one. `wrong_of_all` is the share among all links
    shown, an estimate of the rule and no promise; None where no link is shown. All gold pairs count for
    `recall`, also later ones. A rate lower than the calibration supports shows nothing.

    Raises:
        ValueError: the calibration holds no selection of links.
    """
    if calibration.links is None:
        raise ValueError("this calibration holds no rule for showing links under a false discovery rate")
    annotated = [k for k, c in enumerate(conversations) if c.pairs is not None]
    gold = {(k, *pair) for k in annotated for pair in conversations[k].pairs or ()}
    pairs, logits = reading.annotated_pairs(), emotion_logits(reading)
    neutral, distance = reading.classes.index("neutral"), pairs.emotion - pairs.cause
    found: dict[str, dict[str, float | None]] = {}
    for rate in FALSE_DISCOVERY_RATES:
        shown: set[Pair] = set()
        if calibration.links.rule.supports(rate):
            links = calibration.show_links(pairs.log_odds, logits, distance, rate, neutral)
            shown = set(pairs.triples(links))
        count, wrong = (Counter(link[0] for link in some) for some in (shown, shown - gold))
        shares = np.array([wrong[k] / max(count[k], 1) for k in annotated])
        found[f"{rate:g}"] = {
            "wrong": 100 * float(shares.mean()),
            "wrong_standard_error": (
                100 * float(shares.std(ddof=1) / math.sqrt(len(shares))) if len(shares) > 1 else None
            ),
            "wrong_of_all": 100 * len(shown - gold) / len(shown) if shown else None,
            "links_per_conversation": len(shown) / len(annotated),
            "conversations_with_links": 100 * len(count) / len(annotated),
            "recall": 100 * len(shown & gold) / len(gold) if gold else None,
        }
    return found


def _percent(share: float) -> float | None:
    """In percent; None where a metric says NaN, which JSON does not know."""
    return None if math.isnan(share) else 100 * share


def emotion_logits(reading: Reading) -> NDArray[np.float64]:
    """Logits of the utterance with the emotion, (P, C), of every pair that was read."""
    return np.asarray(reading.logits[FULL.name], np.float64)[pair_rows(reading)]


def pair_rows(reading: Reading) -> NDArray[np.int64]:
    """Row of the utterance with the emotion, (P,), of every pair that was read."""
    if reading.pairs is None or reading.pairs.row is None:
        raise ValueError(NO_ROWS)
    return reading.pairs.row


def neutral_probability(reading: Reading, calibration: Calibration) -> NDArray[np.float64]:
    """Calibrated probability that the utterance with the emotion is neutral, (P,), of every pair."""
    alone = calibration.for_reading(reading.modalities)
    probabilities = alone.apply({FULL.name: reading.logits[FULL.name]}, reading.conversation)
    return np.asarray(probabilities[pair_rows(reading), reading.classes.index("neutral")])


def past_pairs(reading: Reading) -> NDArray[np.bool_]:
    """Which pairs, (P,), have a cause that does not come later."""
    pairs = reading.annotated_pairs()
    return np.asarray(pairs.cause <= pairs.emotion)


def pair_confidence(reading: Reading, calibration: Calibration) -> NDArray[np.float64]:
    """Calibrated probability of every pair that was read, (P,)."""
    pairs, neutral = reading.annotated_pairs(), neutral_probability(reading, calibration)
    return calibration.pair_confidence(pairs.log_odds, neutral, pairs.emotion - pairs.cause)


def floors(
    reading: Reading, conversations: Sequence[Conversation], emotions: Labels | None = None
) -> dict[str, dict[str, float]]:
    """What methods that learnt nothing reach, by metric and name, in percent; arguments as of `evaluate`."""
    rows, labels = gold_labels(reading) if emotions is None else emotions
    neutral = reading.classes.index("neutral")
    majority = metrics.majority_class_floor(labels, len(reading.classes), neutral)
    found = {"weighted_f1": {"always neutral": 100 * majority}}
    felt = labels != neutral
    if felt.any():
        chance = first_third_by_chance(felt, reading.conversation[rows], rows)
        found["felt_in_first_third"] = {"a third by chance": chance}
    gold = {(k, *pair) for k, c in enumerate(conversations) for pair in c.pairs or ()}
    if gold:
        own = metrics.self_pair_floor({k: len(c) for k, c in enumerate(conversations)}, gold)
        found["pair_f1"] = {"every utterance with itself": 100 * own.f1}
        found["pair_auprc"] = {
            "chance": 100 * float(reading.annotated_pairs().gold[past_pairs(reading)].mean())
        }
    return found
