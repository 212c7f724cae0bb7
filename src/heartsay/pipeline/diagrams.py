"""The diagrams of a card, from confidences and whether they were right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.card import Reliability, ReliabilityBin, RiskCoverage, RiskPoint

RISK_POINTS = 51
"""Points that a risk-coverage curve is drawn from."""


def reliability(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_], split: str, n_bins: int = 15, rows: int = 1
) -> Reliability:
    """The reliability diagram of a card, where so many rows stand for each utterance that is counted."""
    bins = metrics.reliability_bins(confidence, correct, n_bins)
    return Reliability(
        split=split,
        bins=[
            ReliabilityBin(
                lower=float(bins.edges[k]),
                upper=float(bins.edges[k + 1]),
                count=int(bins.counts[k]) // rows,
                confidence=float(bins.mean_confidence[k]) if bins.counts[k] else None,
                accuracy=float(bins.accuracy[k]) if bins.counts[k] else None,
            )
            for k in range(n_bins)
        ],
    )


def risk_coverage(confidence: NDArray[np.float64], correct: NDArray[np.bool_], split: str) -> RiskCoverage:
    """The risk-coverage curve of a card, thinned to `RISK_POINTS`."""
    covered, risks = metrics.risk_coverage_curve(confidence, correct)
    chosen = np.unique(np.searchsorted(covered, np.linspace(covered[0], covered[-1], RISK_POINTS)))
    return RiskCoverage(
        split=split,
        points=[RiskPoint(coverage=float(covered[k]), risk=float(risks[k])) for k in chosen],
    )
