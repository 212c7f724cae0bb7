"""Development scores by which a run chooses its best epoch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from undertone.evidence import Readings
from undertone.metrics import expected_calibration_error, negative_log_likelihood, top_label, weighted_f1


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def best_pair_f1(readings: Readings) -> tuple[float, float]:
    """Highest Pair F1 over all thresholds on past and self pairs, and the log-odds at which it is reached.

    Every gold pair counts, also those in the future, which are not decoded.

    Returns:
        F1 as a fraction, and the threshold (pairs at or above it are decoded).
    """
    decodable = readings.pair_cause <= readings.pair_emotion
    scores, gold = readings.pair_log_odds[decodable], readings.pair[decodable]
    order = np.argsort(-scores, kind="stable")
    f1 = 2 * np.cumsum(gold[order]) / (np.arange(1, len(order) + 1) + readings.gold_pairs)
    # A threshold cannot part equal scores: only the last of a run of ties is reachable.
    reachable = np.append(np.diff(scores[order]) != 0, True)
    best = int(np.argmax(np.where(reachable, f1, -1.0)))
    return float(f1[best]), float(scores[order][best])


def development_scores(readings: dict[str, Readings]) -> dict[str, float]:
    """Scores of an epoch on development data, in percent; the best epoch has the highest `selection`."""
    meld = readings["meld"]
    probabilities = softmax(meld.logits)
    confidence, correct = top_label(probabilities, meld.emotion)
    scores = {
        "weighted_f1": 100 * weighted_f1(meld.emotion, probabilities.argmax(axis=1)),
        "negative_log_likelihood": negative_log_likelihood(probabilities, meld.emotion),
        "uncalibrated_ece": 100 * expected_calibration_error(confidence, correct),
        "pair_f1": 100 * best_pair_f1(readings["ecf"])[0],
    }
    return {**scores, "selection": (scores["weighted_f1"] + scores["pair_f1"]) / 2}
