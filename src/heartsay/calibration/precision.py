"""The lowest probability from which what is found is right often enough."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import confidence_and_hits
from heartsay.metrics.ranking import falling

SLACK = 1e-9
"""Room for rounding, far below what a count of utterances can resolve."""


def fit_precision_threshold(
    confidence: npt.ArrayLike, correct: npt.ArrayLike, precision: float
) -> float | None:
    """The lowest confidence of which all that reach it are right at a rate of `precision` or more.

    It is as good on new data as such a rate on the development data is: no guarantee is made.

    Args:
        confidence: (N,) in [0, 1], of data that the model was not trained on.
        correct: bool (N,).
        precision: in (0, 1].

    Returns:
        The threshold; None where even the surest are wrong too often.

    Raises:
        ValueError: confidence outside [0, 1], other lengths, or precision out of range.
    """
    conf, right = confidence_and_hits(confidence, correct)
    if not 0.0 < precision <= 1.0:
        raise ValueError(f"precision must lie between 0, excluded, and 1, not {precision:g}")
    order, last = falling(conf)  # equal confidences are found together
    reached = np.flatnonzero(np.cumsum(right[order])[last] >= precision * (last + 1) - SLACK)
    return float(conf[order[last[reached[-1]]]]) if len(reached) else None
