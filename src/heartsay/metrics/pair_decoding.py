"""From pair scores to pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heartsay.metrics.ranking import falling


def best_threshold(
    scores: NDArray[np.float64], gold: NDArray[np.bool_], gold_pairs: int
) -> tuple[float, float]:
    """The threshold with the highest Pair F1 on candidates that may be decoded.

    Args:
        scores: score of each candidate, (P,).
        gold: whether it is a gold pair, (P,).
        gold_pairs: all gold pairs, also those that are no candidates (future causes).

    Returns:
        F1 as a fraction, and the threshold: candidates at or above it are decoded.

    Raises:
        ValueError: there is no candidate.
    """
    if len(scores) == 0:
        raise ValueError("a threshold cannot be chosen without candidate pairs")
    # A threshold cannot part equal scores: only the last of a run of ties is reachable.
    order, last = falling(scores)
    f1 = 2 * np.cumsum(gold[order])[last] / (last + 1 + gold_pairs)
    best = int(np.argmax(f1))
    return float(f1[best]), float(scores[order[last[best]]])
