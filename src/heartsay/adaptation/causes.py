"""The confidence from which causes are shown, moved to a user's annotated causes."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from heartsay.calibration import Calibration
from heartsay.evidence.reading import Reading
from heartsay.metrics.pair_decoding import best_threshold
from heartsay.pipeline.evaluation import pair_confidence, past_pairs

SHIPPED_PAIRS = 200
"""Annotated pairs' worth by which the shipped threshold counts beside the user's."""

EDGE = 1e-3
"""Thresholds are kept this far from 0 and 1 before they are averaged as log-odds."""


class CauseThreshold(NamedTuple):
    """How the threshold moved.

    Attributes:
        shipped: what it was.
        chosen: what it is.
        pairs: annotated pairs that it was chosen on.
    """

    shipped: float
    chosen: float
    pairs: int


def fit_cause_threshold(reading: Reading, calibration: Calibration, shipped: float) -> CauseThreshold:
    """The mean of the shipped threshold and the best one on these conversations, by annotated pairs.

    The best is that of the highest Pair F1, as the shipped one was chosen; the mean is of log-odds.

    Args:
        reading: of conversations with gold, as `with_gold` gives it.
        calibration: with confidence in pairs.
        shipped: the threshold that came with the model.
    """
    pairs = reading.pairs
    if pairs is None or calibration.pairs is None or not pairs.gold_pairs:
        return CauseThreshold(shipped, shipped, 0)
    table, past = reading.annotated_pairs(), past_pairs(reading)
    confidence = pair_confidence(reading, calibration)[past]
    _, best = best_threshold(confidence, table.gold[past], table.gold_pairs)
    odds = [math.log(t / (1.0 - t)) for t in np.clip((shipped, best), EDGE, 1.0 - EDGE)]
    mean = np.average(odds, weights=(SHIPPED_PAIRS, table.gold_pairs))
    return CauseThreshold(shipped, float(1.0 / (1.0 + math.exp(-mean))), table.gold_pairs)
