"""Development scores by which a run chooses its best epoch."""

from __future__ import annotations

from undertone.calibration.softmax import softmax
from undertone.causes import best_threshold
from undertone.evidence import Readings
from undertone.metrics import expected_calibration_error, negative_log_likelihood, top_label, weighted_f1


def development_scores(readings: dict[str, Readings]) -> dict[str, float]:
    """Scores of an epoch on development data, in percent; the best epoch has the highest `selection`."""
    meld, ecf = readings["meld"], readings["ecf"]
    decodable = ecf.pair_cause <= ecf.pair_emotion
    probabilities = softmax(meld.logits)
    confidence, correct = top_label(probabilities, meld.emotion)
    scores = {
        "weighted_f1": 100 * weighted_f1(meld.emotion, probabilities.argmax(axis=1)),
        "negative_log_likelihood": negative_log_likelihood(probabilities, meld.emotion),
        "uncalibrated_ece": 100 * expected_calibration_error(confidence, correct),
        "pair_f1": 100 * best_threshold(ecf.pair_log_odds[decodable], ecf.pair[decodable], ecf.gold_pairs)[0],
    }
    return {**scores, "selection": (scores["weighted_f1"] + scores["pair_f1"]) / 2}
