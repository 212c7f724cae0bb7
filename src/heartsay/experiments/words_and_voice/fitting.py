"""What a voice adds to what the words say, log-linearly: a distribution of words times one of the voice."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Numbers = NDArray[np.float64]

PRIOR = 1.0
"""Precision of a class's offset; offsets are almost free."""

ITERATIONS = 100

TOLERANCE = 1e-5
"""Gradient, in nats per utterance, at which a fit is done."""

OUTER = 4.0
"""Standard deviations at which a measure of a voice is cut off."""


class Added(NamedTuple):
    """Logits are ``slope * words + offset + voice @ weights``.

    Attributes:
        slope: of the logarithms of what the words say.
        offset: of each class, (C,).
        weights: of each measure of the voice, (D, C).
    """

    slope: float
    offset: Numbers
    weights: Numbers

    def logits(self, words: Numbers, voice: Numbers) -> Numbers:
        """(N, C) from the logarithms of what the words say, (N, C), and measures of the voice, (N, D)."""
        return np.asarray(self.slope * words + self.offset + voice @ self.weights)


def fit(words: Numbers, voice: Numbers, gold: NDArray[np.int64], penalty: float) -> Added:
    """The likeliest weights under a normal prior on those of the voice.

    Args:
        words: logarithms of what the words say, (N, C).
        voice: measures, (N, D); D may be 0.
        gold: class of each, (N,).
        penalty: precision of the prior.
    """
    told, heard, wanted = torch.from_numpy(words), torch.from_numpy(voice), torch.from_numpy(gold)
    slope, offset, weights = _zeros(1), _zeros(words.shape[1]), _zeros(voice.shape[1], words.shape[1])
    optimizer = torch.optim.LBFGS(
        [slope, offset, weights], max_iter=ITERATIONS, tolerance_grad=TOLERANCE, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = slope.exp() * told + offset + heard @ weights
        prior = penalty / 2 * weights.square().sum() + PRIOR / 2 * offset.square().sum()
        total = nn.functional.cross_entropy(logits, wanted) + prior / len(gold)
        total.backward()
        return total

    optimizer.step(loss)
    return Added(float(slope.detach().exp()), offset.detach().numpy(), weights.detach().numpy())


def _zeros(*shape: int) -> Tensor:
    return torch.zeros(*shape, dtype=torch.float64, requires_grad=True)


def standardised(voice: Numbers, training: NDArray[np.bool_]) -> Numbers:
    """Measures (N, D) by mean and deviation of the training rows, cut off far outside."""
    mean, deviation = voice[training].mean(0), voice[training].std(0)
    return np.asarray(np.clip((voice - mean) / np.where(deviation > 0, deviation, 1.0), -OUTER, OUTER))


def within(voice: Numbers, conversation: NDArray[np.int64]) -> Numbers:
    """Measures (N, D) less their mean in the conversation, which is drawn to 0 where it is short."""
    count = np.bincount(conversation)
    sums = np.stack([np.bincount(conversation, column) for column in voice.T], 1)
    return np.asarray(voice - (sums / (count + 2)[:, None])[conversation])
