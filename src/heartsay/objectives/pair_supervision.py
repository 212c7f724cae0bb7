"""Supervision of a pair scorer: emotions, causes and the pairs among the candidates."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from heartsay.errors import InputError
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tensors import Batch, EvidenceBatch
from heartsay.models.pairs.pair_scorer import CauseReading


def candidates(evidence: EvidenceBatch, future: bool = False) -> Tensor:
    """Pairs that may be decoded: the cause is real and not later than the emotion, bool (B, T, T).

    Args:
        evidence: the batch.
        future: whether later utterances may be causes too.
    """
    both = evidence.real[:, :, None] & evidence.real[:, None, :]
    return both if future else both.tril()


def gold_pairs(batch: Batch) -> Tensor:
    """The gold pairs, bool (B, T, T).

    Raises:
        InputError: a conversation of the batch has no annotated pairs.
    """
    if batch.pair is None:
        raise InputError(
            expected="conversations with annotated causes",
            found="one without",
            where="the training data",
            do="train on a corpus of emotion-cause pairs",
        )
    return batch.pair


def pair_cross_entropy(log_odds: Tensor, gold: Tensor, valid: Tensor, positive_weight: float) -> Tensor:
    """Cross-entropy over candidate pairs, gold ones weighted, as a weighted mean.

    Args:
        log_odds: (B, T, T).
        gold: bool (B, T, T).
        valid: the candidates, bool (B, T, T).
        positive_weight: weight of a gold pair, where any other weighs 1.
    """
    per_cell = functional.binary_cross_entropy_with_logits(log_odds, gold.float(), reduction="none")
    weight = torch.where(gold, positive_weight, 1.0) * valid
    return (per_cell * weight).sum() / weight.sum().clamp(min=1e-12)


def supervision(
    reading: CauseReading,
    batch: Batch,
    valid: Tensor,
    *,
    positive_weight: float,
    emotion_weight: float,
    cause_weight: float,
) -> Mapping[str, Tensor]:
    """The parts of the matched base's loss: pairs, emotions, causes.

    An utterance is a cause when it is one in any gold pair, also of a later candidate.

    Args:
        reading: of the batch.
        batch: with annotated pairs.
        valid: the candidates, bool (B, T, T).
        positive_weight: weight of a gold pair against any other candidate.
        emotion_weight: weight of the emotions' cross-entropy.
        cause_weight: weight of the causes' cross-entropy.
    """
    gold = gold_pairs(batch)
    emotion = functional.cross_entropy(
        reading.emotion.flatten(0, 1), batch.emotion.flatten(), ignore_index=UNLABELLED, reduction="sum"
    ) / (batch.emotion != UNLABELLED).sum().clamp(min=1)
    real = batch.evidence.real
    cause = functional.binary_cross_entropy_with_logits(reading.cause[real], gold.any(1)[real].float())
    return {
        "pair": pair_cross_entropy(reading.pair, gold, valid, positive_weight),
        "emotion": emotion_weight * emotion,
        "cause": cause_weight * cause,
    }
