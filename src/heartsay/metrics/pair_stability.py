"""How much pair confidence moves when talk that has no part in any gold pair is spoilt.

What is spoilt is chosen by the gold pairs, so these are diagnostics of a model, not scores that it could be
tuned on without labels. A comparison uses the same draws for every model.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import FloatArray, flags, same_length, unit_interval


class PairStability(NamedTuple):
    """Movement of pair confidence; both are better lower.

    Attributes:
        mean_absolute_change: mean |p - p~| over candidates and draws, in [0, 1].
        jensen_shannon: mean divergence between the two Bernoulli distributions, in nats, in [0, ln 2].
    """

    mean_absolute_change: float
    jensen_shannon: float


def pair_stability(probability: npt.ArrayLike, spoilt: npt.ArrayLike) -> PairStability:
    """Compare confidence under full evidence with that under draws of a spoilt view.

    Args:
        probability: (P,) in [0, 1], one per candidate pair.
        spoilt: (D, P) in [0, 1], the same pairs under D draws.

    Raises:
        ValueError: values outside [0, 1], or shapes that do not match.
    """
    p, q = _checked(probability, spoilt)
    middle = (p + q) / 2.0
    divergence = (_binary_entropy(middle) - (_binary_entropy(p) + _binary_entropy(q)) / 2.0).mean(axis=1)
    divergence = np.maximum(divergence, 0.0)  # rounding
    return PairStability(float(np.abs(q - p).mean(axis=1).mean()), float(divergence.mean()))


def pair_f1_change(
    probability: npt.ArrayLike,
    spoilt: npt.ArrayLike,
    label: npt.ArrayLike,
    threshold: float,
    gold_pairs: int,
) -> float:
    """Pair F1 of the candidates at or above a threshold, in [0, 1]: its mean after spoiling less that before.

    Args:
        probability: (P,) in [0, 1], one per candidate pair.
        spoilt: (D, P) in [0, 1], the same pairs under D draws.
        label: (P,) bool, whether the candidate is gold.
        threshold: of the full evidence, kept under the spoilt views.
        gold_pairs: all gold pairs, also those that are no candidates (future causes).

    Raises:
        ValueError: values outside [0, 1], shapes that do not match, or fewer gold pairs than candidates
            that are gold.
    """
    p, q = _checked(probability, spoilt)
    gold = flags(label, "label")
    same_length(probability=p, label=gold)
    if gold_pairs < gold.sum():
        raise ValueError(f"gold_pairs must be {int(gold.sum())} or more, as many candidates are gold")
    shown = np.vstack([p, q]) >= threshold
    f1 = 2.0 * (shown & gold).sum(axis=1) / np.maximum(shown.sum(axis=1) + gold_pairs, 1)
    return float(f1[1:].mean()) - float(f1[0])


def _checked(probability: npt.ArrayLike, spoilt: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    p = unit_interval(probability, "probability")
    q = unit_interval(spoilt, "spoilt", dimensions=2)
    if q.shape[1] != len(p):
        raise ValueError(f"spoilt must have a column for each of the {len(p)} pairs, not {q.shape[1]}")
    return p, q


def _binary_entropy(p: FloatArray) -> FloatArray:
    """Entropy of a Bernoulli distribution in nats."""
    inside = np.clip(p, 1e-300, 1.0)
    rest = np.clip(1.0 - p, 1e-300, 1.0)
    return np.asarray(-p * np.log(inside) - (1.0 - p) * np.log(rest))
