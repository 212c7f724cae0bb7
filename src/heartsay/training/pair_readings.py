"""A pair scorer's readings of annotated conversations: what scores, tables and calibrators are made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from heartsay.atomic import atomic_path
from heartsay.evidence.features import FeatureConversation, Integers
from heartsay.evidence.tensors import Batch, EvidenceBatch
from heartsay.models.pairs.pair_scorer import PairScorer
from heartsay.training.feature_batches import for_reading

CELLS = 4096
"""Utterances, padding included, that are read at once."""

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class PairReadings:
    """What a pair scorer says of a split: one entry per ordered pair (P) and per utterance (N).

    Entries follow the order of the conversations.

    Attributes:
        log_odds: that j caused i's emotion, (P,).
        gold: whether it did, (P,).
        conversation: number of the conversation, (P,).
        emotion: index of i in its conversation, (P,).
        cause: index of j in its conversation, (P,).
        utterance_conversation: number of the conversation, (N,).
        utterance_gold: class index, `UNLABELLED` where there is none, (N,).
        utterance_emotion: logits, (N, C).
        utterance_cause: log-odds that the utterance is a cause, (N,); NaN from a model that does not say.
    """

    log_odds: Doubles
    gold: Flags
    conversation: Integers
    emotion: Integers
    cause: Integers
    utterance_conversation: Integers
    utterance_gold: Integers
    utterance_emotion: Doubles
    utterance_cause: Doubles

    def save(self, path: Path) -> None:
        """Write as a NumPy archive, whole or not at all."""
        with atomic_path(path) as beside, beside.open("wb") as file:
            np.savez_compressed(
                file, allow_pickle=False, **{f.name: getattr(self, f.name) for f in fields(self)}
            )

    @classmethod
    def load(cls, path: Path) -> PairReadings:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(**{f.name: stored[f.name] for f in fields(cls)})


def read_pairs(
    model: PairScorer,
    conversations: Sequence[FeatureConversation],
    view: Callable[[Batch], EvidenceBatch] = lambda batch: batch.evidence,
) -> PairReadings:
    """Read annotated conversations, dropout off.

    Args:
        model: left in evaluation mode.
        conversations: with annotated pairs.
        view: what of a batch the model sees.
    """
    modalities = tuple(conversations[0].features)
    model.eval()
    order = sorted(range(len(conversations)), key=lambda k: len(conversations[k]))  # as for_reading has it
    pieces: dict[int, tuple[Doubles, Doubles, Doubles]] = {}
    begun = 0
    with torch.inference_mode():
        for batch in for_reading(conversations, modalities, CELLS):
            reading = model(view(batch))
            for row, size in enumerate(batch.evidence.real.sum(1).tolist()):
                parts = (
                    reading.pair[row, :size, :size],
                    reading.emotion[row, :size],
                    reading.cause[row, :size],
                )
                pieces[order[begun + row]] = tuple(p.double().numpy() for p in parts)
            begun += len(batch.evidence.real)
    lengths = [len(c) for c in conversations]
    grids = [np.indices((n, n)) for n in lengths]
    every = range(len(conversations))
    return PairReadings(
        log_odds=np.concatenate([pieces[k][0].ravel() for k in every]),
        gold=np.concatenate([np.asarray(c.pair, bool).ravel() for c in conversations]),
        conversation=np.repeat(np.arange(len(lengths)), [n * n for n in lengths]),
        emotion=np.concatenate([g[0].ravel() for g in grids]),
        cause=np.concatenate([g[1].ravel() for g in grids]),
        utterance_conversation=np.repeat(np.arange(len(lengths)), lengths),
        utterance_gold=np.concatenate([c.emotion for c in conversations]),
        utterance_emotion=np.concatenate([pieces[k][1] for k in every]),
        utterance_cause=np.concatenate([pieces[k][2] for k in every]),
    )
