"""Softmax and the logistic function in float64, safe against overflow."""

from __future__ import annotations

import numpy as np

from heartsay.metrics.checks import FloatArray


def softmax(logits: FloatArray) -> FloatArray:
    """Turn logits (..., C) into probabilities (..., C) that sum to 1."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def sigmoid(logits: FloatArray) -> FloatArray:
    """Turn logits into probabilities of the positive, elementwise."""
    small = np.exp(-np.abs(logits))
    return np.asarray(np.where(logits >= 0, 1.0, small) / (1.0 + small))
