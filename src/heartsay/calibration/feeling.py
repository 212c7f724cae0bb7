"""How probable it is that there is a feeling at all: calibrated by itself, beside the distribution.

A few hundred development conversations tell badly how common feelings are: in MELD's 113 they are commoner
than in its 1,038 training conversations, by more than two standard errors. So the log-odds of a feeling are
shifted by one number, the likeliest for development conversations in which felt and neutral utterances are
weighed as they are common in all labelled talk of the corpus that is no test. Which utterance is likelier
than which to hold a feeling does not change.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heartsay.calibration.softmax import sigmoid
from heartsay.metrics.checks import FloatArray, confidence_and_hits

SMALLEST = 1e-12
"""Probabilities are kept this far from 0 and 1 before their log-odds are taken."""

FARTHEST, HALVINGS = 20.0, 60
"""Where a shift is looked for on either side of 0, and how often that stretch is halved."""


def shifted(probability: npt.ArrayLike, shift: float | None) -> FloatArray:
    """Probabilities with a number added to their log-odds; as they are where it is None."""
    p = np.asarray(probability, np.float64)
    if shift is None:
        return p
    inside = np.clip(p, SMALLEST, 1.0 - SMALLEST)
    return sigmoid(np.log(inside) - np.log1p(-inside) + shift)


def fit_shift(probability: npt.ArrayLike, felt: npt.ArrayLike, share: float) -> float:
    """The likeliest shift of the log-odds that there is a feeling.

    The likelihood is largest where the weighted mean probability is `share`, which rises with the shift.

    Args:
        probability: that there is a feeling, (N,), of utterances that the model was not trained on.
        felt: bool (N,), both kinds among them.
        share: of felt utterances where the shift is to be right, in (0, 1).

    Raises:
        ValueError: probabilities outside [0, 1], other lengths, one kind alone, or a share out of range.
    """
    p, y = confidence_and_hits(probability, felt)
    if not 0.0 < share < 1.0 or y.all() or not y.any():
        raise ValueError(f"a share in (0, 1) and utterances of both kinds are needed, not {share:g}")
    weights = np.where(y, share / y.mean(), (1.0 - share) / (1.0 - y.mean()))
    low, high = -FARTHEST, FARTHEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        if np.average(shifted(p, middle), weights=weights) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0
