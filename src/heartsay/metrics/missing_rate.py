"""How a metric falls as evidence goes missing at random: a curve over rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import FloatArray, IntArray

Metric = Callable[[npt.ArrayLike, npt.ArrayLike], float]
"""From probabilities (N, C) and gold class indices (N,) to a score, as `brier_score` is."""


class MissingRateCurve(NamedTuple):
    """A metric against the rate at which cells were missing.

    Attributes:
        rates: (R,) rising, in [0, 1].
        mean: (R,) over draws, in the metric's unit.
        deviation: (R,) sample standard deviation over draws; NaN where there is one draw.
        draws: int (R,), how many.
    """

    rates: FloatArray
    mean: FloatArray
    deviation: FloatArray
    draws: IntArray


def missing_rate_curve(
    draws: Mapping[float, Sequence[npt.ArrayLike]], labels: npt.ArrayLike, metric: Metric
) -> MissingRateCurve:
    """Score every draw at every rate (the protocol of CMERC, Tu et al. 2024, Table 3).

    Args:
        draws: by rate in [0, 1], readings of the same utterances under independent draws of what is missing,
            each (N, C) probabilities. At rate 0 all draws are alike, so one will do.
        labels: gold class indices (N,).
        metric: maps (probabilities, labels) to a score.

    Raises:
        ValueError: no rate, a rate out of range or without draws, or whatever the metric refuses.
    """
    if not draws:
        raise ValueError("a missing-rate curve needs at least one rate")
    rates = sorted(draws)
    if not all(0.0 <= rate <= 1.0 for rate in rates):
        raise ValueError(f"missing rates must lie in [0, 1], not {', '.join(f'{r:g}' for r in rates)}")
    if empty := [f"{rate:g}" for rate in rates if len(draws[rate]) == 0]:
        raise ValueError(f"every missing rate needs at least one draw, but {', '.join(empty)} has none")
    scores = [
        np.array([metric(reading, labels) for reading in draws[rate]], dtype=np.float64) for rate in rates
    ]
    return MissingRateCurve(
        rates=np.array(rates, dtype=np.float64),
        mean=np.array([s.mean() for s in scores]),
        deviation=np.array([s.std(ddof=1) if len(s) > 1 else np.nan for s in scores]),
        draws=np.array([len(s) for s in scores], dtype=np.int64),
    )
