"""Small annotated conversations as features, for whatever reads or trains on pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_conversation

from heartsay.evidence.tensors import Batch, collate
from heartsay.models.backbone import InputShape
from heartsay.models.pairs.pair_scorer import PairScorer


def pair_batch(
    talks: Sequence[tuple[int, Sequence[tuple[int, int]]]],
    widths: Mapping[str, int] = WIDTHS,
    seed: int = 0,
    *,
    missing: float = 0.0,
) -> Batch:
    """Conversations as (length, pairs of emotion and cause), padded."""
    conversations = []
    for k, (length, pairs) in enumerate(talks):
        gold = np.zeros((length, length), bool)
        for emotion, cause in pairs:
            gold[emotion, cause] = True
        talk = feature_conversation(length, min(2, length), widths, seed=seed + k, missing=missing)
        conversations.append(replace(talk, pair=gold))
    return collate(conversations, tuple(widths))


def pair_scorer(widths: Mapping[str, int] = WIDTHS, seed: int = 0, **settings: float) -> PairScorer:
    """A small scorer with weights from a seed, dropout off."""
    torch.manual_seed(seed)
    shape = InputShape(widths, 2, len(EMOTIONS))
    return PairScorer(shape, **{"width": 16, "pair_width": 8, **settings}).eval()  # type: ignore[arg-type]
