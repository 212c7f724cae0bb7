"""How confidence moves when evidence is taken away: it should not rise.

All functions compare the gold class's probability under the full evidence, (N,), with the one under a
removal, each in [0, 1] (see `gold_confidence`). The measures are those of CMERC (Tu et al. 2024, "Multimodal
Emotion Recognition Calibration in Conversations"), which writes CF for the gain of one utterance under one
removal and CEL for their sum. A model that is flattened, or that knows less, has less to gain: none of these
numbers means anything without a score of skill beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from heartsay.metrics.calibration_error import SMALLEST_PROBABILITY
from heartsay.metrics.checks import FloatArray, labelled_rows, same_length, unit_interval

Unit = Literal["nats", "probability"]
"""Of a gain: a difference of log-probabilities, as published figures have it, or of probabilities."""

CONTEXTS = ("own_context", "other_context")
"""Names of the removals that take context; every other removal takes a modality."""


class UncertainShare(NamedTuple):
    """Shares of utterances, each in [0, 1]; the rest lost confidence by every removal concerned.

    Attributes:
        larger: strictly more confident of the gold class after at least one of the removals; lower is better.
        tied: after none of them more confident, and after at least one exactly as confident.
    """

    larger: float
    tied: float


def gold_confidence(probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> FloatArray:
    """Probability of the gold class, (N,) in [0, 1], from distributions (N, C) and class indices (N,).

    Raises:
        ValueError: rows that are not distributions, labels out of range, or other lengths.
    """
    rows, gold = labelled_rows(probabilities, labels)
    return np.minimum(rows[np.arange(len(gold)), gold], 1.0)


def confidence_gain(full: npt.ArrayLike, removed: npt.ArrayLike, unit: Unit = "nats") -> FloatArray:
    """What each utterance gains in confidence by a removal, 0 where it loses (CF): (N,), lower is better.

    Args:
        full: gold-class probability under the full evidence, (N,).
        removed: the same under the removal, (N,).
        unit: `nats`, a gain in [0, 27.7], probabilities counted as 1e-12 at least; `probability`, in [0, 1].

    Raises:
        ValueError: numbers outside [0, 1], other lengths, or an unknown unit.
    """
    with_all, without = unit_interval(full, "full"), unit_interval(removed, "removed")
    same_length(full=with_all, removed=without)
    if unit == "nats":
        with_all, without = (np.log(np.maximum(p, SMALLEST_PROBABILITY)) for p in (with_all, without))
    elif unit != "probability":
        raise ValueError(f"unit must be 'nats' or 'probability', not {unit!r}")
    return np.maximum(without - with_all, 0.0)


def summed_confidence_gain(
    full: npt.ArrayLike, removed: Mapping[str, npt.ArrayLike], unit: Unit = "nats"
) -> FloatArray:
    """Gain of each utterance summed over the removals, (N,), lower is better.

    Its sum is `cel` and its mean is `cel_per_utterance`; a bootstrap resamples it.

    Args:
        full: gold-class probability under the full evidence, (N,).
        removed: the same under each removal, by its name, (N,) each.
        unit: as in `confidence_gain`.

    Raises:
        ValueError: as `confidence_gain`, or no removal at all.
    """
    _refuse_none(removed)
    gains = np.stack([confidence_gain(full, other, unit) for other in removed.values()])  # (removals, N)
    return np.asarray(gains.sum(axis=0))


def cel(full: npt.ArrayLike, removed: Mapping[str, npt.ArrayLike], unit: Unit = "nats") -> float:
    """Gain summed over utterances and removals (CEL, CMERC equation 10), at least 0, lower is better.

    It grows with the number of utterances and of removals: compare it on one corpus only. Arguments and
    errors as `summed_confidence_gain`.
    """
    return float(summed_confidence_gain(full, removed, unit).sum())


def cel_per_utterance(
    full: npt.ArrayLike, removed: Mapping[str, npt.ArrayLike], unit: Unit = "nats"
) -> float:
    """CEL divided by the number of utterances, at least 0, lower is better; comparable between corpora.

    Arguments and errors as `summed_confidence_gain`.
    """
    return float(summed_confidence_gain(full, removed, unit).mean())


def uncertain_shares(
    full: npt.ArrayLike,
    removed: Mapping[str, npt.ArrayLike],
    tolerance: float = 0.0,
) -> dict[str, UncertainShare]:
    """Share of utterances whose gold class gets strictly likelier when evidence is taken away.

    Ties are counted apart: an utterance without, say, own context to lose is exactly as sure without it, and
    a count of "not smaller" would call it uncertain.

    Args:
        full: gold-class probability under the full evidence, (N,).
        removed: the same under each removal, by its name, (N,) each.
        tolerance: differences of probability up to this are ties. Readings in float32 that should be equal
            differ by some 1e-7 where the batch was composed differently.

    Returns:
        Every single removal by its name, in the order given; then the removals of `modalities`, of
        `contexts` and of `all` together, those of them that there are.

    Raises:
        ValueError: as `confidence_gain`, no removal at all, or a tolerance below 0.
    """
    _refuse_none(removed)
    if not tolerance >= 0.0:
        raise ValueError(f"tolerance must not be negative, not {tolerance}")
    with_all = unit_interval(full, "full")
    change = {}
    for name, other in removed.items():
        without = unit_interval(other, name)
        same_length(**{"full": with_all, name: without})
        change[name] = without - with_all
    groups = {
        **{name: (name,) for name in change},
        "modalities": tuple(name for name in change if name not in CONTEXTS),
        "contexts": tuple(name for name in change if name in CONTEXTS),
        "all": tuple(change),
    }
    return {
        name: _share(np.stack([change[n] for n in members]), tolerance)
        for name, members in groups.items()
        if members
    }


def _share(change: FloatArray, tolerance: float) -> UncertainShare:
    """Shares from changes of confidence (R, N), one row per removal."""
    larger = (change > tolerance).any(axis=0)
    tied = ~larger & (np.abs(change) <= tolerance).any(axis=0)
    return UncertainShare(float(larger.mean()), float(tied.mean()))


def _refuse_none(removed: Mapping[str, npt.ArrayLike]) -> None:
    if not removed:
        raise ValueError("at least one removal is needed")
