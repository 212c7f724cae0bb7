"""Whether two voices are one person's: how often a decision by likeness is wrong."""

from __future__ import annotations

import numpy as np

from heartsay.metrics.checks import FloatArray


def equal_error_rate(same: FloatArray, different: FloatArray) -> float:
    """Error rate at the threshold where as large a share of equal pairs is refused as of others accepted.

    Args:
        same: likeness of pairs of one speaker, (N,).
        different: likeness of pairs of two speakers, (M,).

    Returns:
        From 0 to 1; 0.5 is chance. Between two thresholds, the mean of both shares at the nearer one.

    Raises:
        ValueError: either is empty.
    """
    if not (len(same) and len(different)):
        raise ValueError("pairs of one speaker and pairs of two are needed")
    thresholds = np.unique(np.concatenate([same, different]))
    refused = np.searchsorted(np.sort(same), thresholds, side="left") / len(same)
    accepted = 1 - np.searchsorted(np.sort(different), thresholds, side="left") / len(different)
    nearest = int(np.abs(refused - accepted).argmin())
    return float((refused[nearest] + accepted[nearest]) / 2)
