"""Joint supervision of the emotion head and the pair head, where a conversation has the labels for each."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from heartsay.evidence.reading import UNLABELLED
from heartsay.models.packed_dialogue import PackedReading


class Gold(NamedTuple):
    """Labels of a batch of packs.

    Attributes:
        emotion: class indices, (B, R); `UNLABELLED` for rows without a label and padding.
        pair: 1 where row j caused row i's emotion, (B, R, R).
        pair_known: 1 where that is annotated at all, (B, R, R).
        shares: target distribution, (B, R, C), zeros for rows without one; takes the place of `emotion`.
    """

    emotion: Tensor
    pair: Tensor
    pair_known: Tensor
    shares: Tensor | None = None

    def twice(self) -> Gold:
        """The labels of the batch after itself, for two readings in one forward."""
        emotion, pair, known = (torch.cat([x, x]) for x in self[:3])
        return Gold(emotion, pair, known, None if self.shares is None else torch.cat([self.shares] * 2))


class Losses(NamedTuple):
    """The two parts of the objective, each a mean over utterances."""

    emotion: Tensor
    pair: Tensor


def recognise_and_cause(reading: PackedReading, gold: Gold) -> Losses:
    """Cross-entropy over emotions, with one label or with shares of votes, binary cross-entropy over pairs.

    The pair loss is summed over an utterance's candidate causes and averaged over the utterances that
    are annotated, so that a long conversation does not drown the few causes that each utterance has.

    Returns:
        Two scalars; each is 0 with a gradient of 0 where the batch has no label of its kind.
    """
    if gold.shares is None:
        labelled = (gold.emotion != UNLABELLED).sum().clamp(min=1)
        emotion = functional.cross_entropy(
            reading.emotion.flatten(0, 1), gold.emotion.flatten(), ignore_index=UNLABELLED, reduction="sum"
        )
    else:
        labelled = (gold.shares.sum(-1) > 0).sum().clamp(min=1)
        emotion = -(gold.shares * reading.emotion.log_softmax(-1)).sum()
    per_cell = functional.binary_cross_entropy_with_logits(reading.pair, gold.pair, reduction="none")
    annotated = (gold.pair_known.sum(-1) > 0).sum().clamp(min=1)
    pair = torch.where(gold.pair_known > 0, per_cell, torch.zeros_like(per_cell)).sum() / annotated
    return Losses(emotion / labelled, pair)


def disagreement(first: Tensor, second: Tensor, counted: Tensor) -> Tensor:
    """Symmetric divergence between two readings of one batch that differ by dropout alone, a scalar.

    Half the sum of both Kullback-Leibler divergences, averaged over utterances; gradients reach both readings
    (Liang et al., R-Drop: Regularized Dropout for Neural Networks, NeurIPS 2021, equation 1). There losses of
    both readings are summed; where their mean is taken, a weight here is half of the published one.

    Args:
        first: logits, (B, R, C).
        second: logits, (B, R, C).
        counted: utterances to count, bool (B, R).
    """
    one, two = first.log_softmax(-1), second.log_softmax(-1)
    both = ((one.exp() - two.exp()) * (one - two)).sum(-1)  # (B, R)
    return 0.5 * (both * counted).sum() / counted.sum().clamp(min=1)
