"""Before and after an adaptation, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from heartsay import metrics
from heartsay.adaptation.fitting import Adapted, Outcome, Scores, scores
from heartsay.calibration import EmotionCalibration
from heartsay.evidence.views import FULL

DRAWS = 200
"""Draws of labels by which the error of perfect confidence is estimated."""

CLEAR = 2.0
"""Standard errors from which a difference is called clear."""

NOTEWORTHY = 1.25
"""Factors of an emotion closer to 1 than this are not told."""


def perfect_ece(found: Outcome) -> float:
    """The calibration error that as many utterances would show if their confidence were exactly right.

    In percent, over draws of whether each is right. Rows of one utterance and label stand for annotators who
    agree, or for a single one, so they are right or wrong together.
    """
    sure, _ = found.told()
    keys = found.utterance * found.probabilities.shape[1] + found.labels
    return 100 * metrics.perfect_calibration_error(sure, DRAWS, keys)


def gain(before: Outcome, after: Outcome) -> tuple[float, float]:
    """By how much the likelihood of a conversation's labels rose, in nats per utterance, and its error.

    The mean over conversations, and the standard error of that mean.
    """
    rows = np.arange(len(before.labels))
    old, new = (
        np.log(np.maximum(found.probabilities[rows, found.labels], 1e-12)) for found in (before, after)
    )
    _, group = np.unique(before.conversation, return_inverse=True)
    each = np.bincount(group, weights=new - old) / np.bincount(group)
    return float(each.mean()), float(each.std(ddof=1) / math.sqrt(len(each)))


def sentences(found: Adapted) -> list[str]:
    """What the adaptation changed, measured on conversations that were left out of each fit."""
    before, after = scores(found.before), scores(found.after)
    return [
        f"Measured on your {found.conversations:,} conversations ({found.utterances:,} labelled utterances),"
        " each read with a calibration fitted to the others:",
        _confidence(before, after, perfect_ece(found.after)),
        _sets(before, after),
        _labels(before, after),
        _open(before, after),
        _verdict(*gain(found.before, found.after)),
        *_weights(found),
        *_causes(found),
    ]


def _confidence(before: Scores, after: Scores, floor: float) -> str:
    return (
        f"confidence: {before['mean_confidence']:.0f}% stated and {before['accuracy']:.0f}% right before,"
        f" {after['mean_confidence']:.0f}% and {after['accuracy']:.0f}% after; calibration error (ECE)"
        f" {before['ece']:.1f} before, {after['ece']:.1f} after, where so few utterances would show"
        f" {floor:.1f} even if confidence were exactly right"
    )


def _sets(before: Scores, after: Scores) -> str:
    return (
        f"sets made to hold the label for 90%: they hold it for {before['coverage_by_conversation']:.0f}%"
        f" with {before['mean_set_size']:.1f} emotions before,"
        f" {after['coverage_by_conversation']:.0f}% with {after['mean_set_size']:.1f} after"
    )


def _labels(before: Scores, after: Scores) -> str:
    return f"labels: weighted F1 {before['weighted_f1']:.1f} before, {after['weighted_f1']:.1f} after"


def _open(before: Scores, after: Scores) -> str:
    def answered(found: Scores) -> str:
        if found["accepted_accuracy"] is None:
            return "every reading left open"
        right = f"{found['accepted_accuracy']:.0f}% of them right"
        return f"{found['accepted']:.0f}% of readings not left open, {right}"

    return f"{answered(before)} before; {answered(after)} after"


def _verdict(mean: float, error: float) -> str:
    if abs(mean) <= CLEAR * error:
        return (
            f"the labels' likelihood changed by {mean:+.2f} ± {error:.2f} nats per utterance: no clear"
            " difference, so the model as it came may serve as well"
        )
    better = "better" if mean > 0 else "worse"
    advice = "" if mean > 0 else "; use the model as it came"
    return (
        f"the labels' likelihood changed by {mean:+.2f} ± {error:.2f} nats per utterance: clearly"
        f" {better}{advice}"
    )


def fitted_parts(found: Adapted) -> tuple[EmotionCalibration, EmotionCalibration]:
    """The calibration of words in full, as it came and as it is."""
    return found.shipped.for_reading(("text",), (FULL.name,)), found.calibration.for_reading(
        ("text",), (FULL.name,)
    )


def factors(found: Adapted) -> dict[str, float]:
    """By how much each emotion weighs more or less than before, 1 in the mean of logarithms."""
    shipped, fitted = fitted_parts(found)
    names = tuple(found.counts)
    old = np.zeros(len(names)) if shipped.prior is None else np.array(shipped.prior)
    new = np.zeros(len(names)) if fitted.prior is None else np.array(fitted.prior)
    return dict(zip(names, np.exp(new - old).tolist(), strict=True))


def _weights(found: Adapted) -> Sequence[str]:
    ranked = sorted(factors(found).items(), key=lambda item: -item[1])
    listed = [f"{name} ×{_factor(by)}" for name, by in ranked if max(by, 1 / by) >= NOTEWORTHY]
    return [f"emotions weigh more or less than before: {', '.join(listed)}"] if listed else []


def _factor(by: float) -> str:
    return f"{by:.1f}" if by >= 1 else f"{by:.2g}"


def _causes(found: Adapted) -> Sequence[str]:
    if found.causes is None or not found.causes.pairs:
        return []
    return [
        f"causes are shown from a confidence of {found.causes.chosen:.2f} (before"
        f" {found.causes.shipped:.2f}), moved by {found.causes.pairs:,} annotated pairs"
    ]
