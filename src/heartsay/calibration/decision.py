"""Deciding for a label: the most probable class, or the one with the most weighted probability.

The most probable class is right most often, and that is all it is good for: a class that one utterance in
forty shows is hardly ever the most probable, so it is hardly ever named. Menon et al. 2021, "Long-tail
learning via logit adjustment", subtract tau times the log of a class's share from its logit. Tau 0 decides
for what is right most often, tau 1 for what would be if every class were as frequent as the others. Half way
between the two, where this project stands, rare emotions are found without a loss of weighted F1
(`docs/train.md` has the figures). Probabilities stay as they are: a decision moves labels and nothing else.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import FloatArray, IntArray, probability_rows

STRENGTH = 0.5
"""Tau, chosen among 0, .1, ..., 1 by development conversations of MELD and ECF as two models read them."""

RAREST = 1e-6
"""No class counts as rarer than this, so that one which is never probable has a weight too."""


def fit_decision(probabilities: npt.ArrayLike, strength: float = STRENGTH) -> tuple[float, ...]:
    """Log-weights of the classes, (C,), that name rare ones more readily; 0 for the most frequent.

    Args:
        probabilities: calibrated, (N, C), of conversations the model was not trained on. A class's share is
            the mean of its probability, which wants no labels and is steadier than a count of a few.
        strength: tau, from 0, which decides for the most probable class.

    Raises:
        ValueError: rows that are not distributions.
    """
    share = np.maximum(probability_rows(probabilities).mean(axis=0), RAREST)
    return tuple((strength * (np.log(share.max()) - np.log(share))).tolist())


def decide(probabilities: FloatArray, weights: FloatArray) -> IntArray:
    """The class, (N,), with the most weighted probability, the first of equal ones.

    Args:
        probabilities: (N, C).
        weights: log-weights, (C,).

    Raises:
        ValueError: not as many classes as log-weights.
    """
    if probabilities.shape[-1:] != weights.shape:
        raise ValueError(f"{len(weights)} log-weights for {probabilities.shape[-1]} classes")
    if not weights.any():  # weighing would round, and part what is equal
        return np.asarray(probabilities.argmax(axis=1))
    with np.errstate(divide="ignore"):  # what is impossible stays so
        return np.asarray((np.log(probabilities) + weights).argmax(axis=1))
