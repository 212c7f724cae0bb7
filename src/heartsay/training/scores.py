"""Scores by which a run chooses its best epoch."""

from __future__ import annotations

import numpy as np

from heartsay.calibration.softmax import softmax
from heartsay.evidence.reading import UNLABELLED, Numbers, Reading
from heartsay.metrics import expected_calibration_error, negative_log_likelihood, top_label, weighted_f1
from heartsay.metrics.checks import IntArray
from heartsay.metrics.pair_decoding import best_threshold


def emotion_scores(logits: Numbers, emotion: IntArray, classes: int) -> dict[str, float]:
    """Weighted F1 and calibration error in percent, likelihood in nats, of logits (N, C) and gold (N,)."""
    probabilities = softmax(logits.astype(np.float64))
    confidence, correct = top_label(probabilities, emotion)
    return {
        "weighted_f1": 100 * weighted_f1(emotion, probabilities.argmax(axis=1), classes),
        "negative_log_likelihood": negative_log_likelihood(probabilities, emotion),
        "uncalibrated_ece": 100 * expected_calibration_error(confidence, correct),
    }


def development_scores(readings: dict[str, Reading]) -> dict[str, float]:
    """Scores of an epoch on development data, in percent; the best epoch has the highest `selection`."""
    meld, pairs = readings["meld"], readings["ecf"].annotated_pairs()
    meld = meld.rows(meld.gold != UNLABELLED)
    pairs = pairs.rows(pairs.cause <= pairs.emotion)
    pair_f1, _ = best_threshold(pairs.log_odds, pairs.gold, pairs.gold_pairs)
    of_emotions = emotion_scores(meld.logits["full"], meld.gold, len(meld.classes))
    scores = {**of_emotions, "pair_f1": 100 * pair_f1}
    return {**scores, "selection": (scores["weighted_f1"] + scores["pair_f1"]) / 2}
