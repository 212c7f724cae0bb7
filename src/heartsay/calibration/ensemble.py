"""Deep ensemble: several models trained alike from different seeds, their distributions averaged.

Lakshminarayanan, Pritzel and Blundell 2017, "Simple and Scalable Predictive Uncertainty Estimation using Deep
Ensembles", section 2.4.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heartsay.calibration.softmax import softmax
from heartsay.metrics.checks import FloatArray, finite


def ensemble_probabilities(logits: npt.ArrayLike) -> FloatArray:
    """Average the members' distributions, not their logits: (N, C) from logits (M, N, C) of M members.

    Each row is a distribution and at most as sure as the surest member.

    Raises:
        ValueError: another shape, members whose shapes differ, NaN or infinity.
    """
    return np.asarray(softmax(finite(logits, "logits", dimensions=3)).mean(axis=0))
