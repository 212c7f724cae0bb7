"""The order in which a pass over the data meets the labelled packs, and their tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartsay.evidence.labels import LabelledPack
from heartsay.evidence.packing import Pack, batches_by_length, collate
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tokens import TokenSettings
from heartsay.objectives.recognise_and_cause import Gold

LENGTH_NOISE = 0.1
"""Lengths are blurred by up to this share before bucketing, so that batches differ between epochs."""


def epoch_batches(
    wordings: Sequence[Sequence[Sequence[LabelledPack]]], budget: int, seed: int, epoch: int
) -> list[list[LabelledPack]]:
    """The batches of one epoch: a wording per scene, bucketed by length, in random order.

    The result depends on the arguments alone, so a resumed run meets the same batches.

    Args:
        wordings: per scene, per wording, its labelled packs.
        budget: padded tokens in a batch.
        seed: seed of the run.
        epoch: number of the epoch.
    """
    random = np.random.default_rng([seed, epoch])
    items = [p for scene in wordings for p in scene[int(random.integers(len(scene)))]]
    items = [items[k] for k in random.permutation(len(items))]
    batches = shuffled_batches([len(item.pack.tokens) for item in items], budget, random)
    return [[items[k] for k in batch] for batch in batches]


def shuffled_batches(lengths: Sequence[int], budget: int, random: np.random.Generator) -> list[list[int]]:
    """Batches of sequences of similar length, at most `budget` padded tokens each, in random order."""
    blurred = np.asarray(lengths) * (1 + LENGTH_NOISE * random.random(len(lengths)))
    batches = batches_by_length(lengths, budget, np.argsort(blurred, kind="stable"))
    return [batches[k] for k in random.permutation(len(batches))]


def to_tensors(packs: Sequence[Pack], pad: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens (B, L), owner (B, L) and speaker (B, R) of a batch, on the device."""
    tokens, owner, speaker = (torch.from_numpy(array).to(device) for array in collate(packs, pad))
    return tokens, owner, speaker


def hide_tokens(tokens: Tensor, owner: Tensor, settings: TokenSettings, share: float) -> Tensor:
    """Replace a random share of word tokens by the unknown token; what closes an utterance stays.

    Args:
        tokens: token ids, (B, L).
        owner: row of each token, (B, L); -1 for the leading token and padding, which stay.
        settings: which tokens are special.
        share: probability of replacing a token.
    """
    hidden = (torch.rand(tokens.shape, device=tokens.device) < share) & (owner >= 0)
    return torch.where(hidden & (tokens != settings.end), settings.unknown, tokens)


def gold_tensors(items: Sequence[LabelledPack], device: torch.device) -> Gold:
    """Gold labels of a batch, padded to its largest number of rows."""
    rows = max(len(item.emotion) for item in items)
    emotion = np.full((len(items), rows), UNLABELLED, dtype=np.int64)
    pair = np.zeros((len(items), rows, rows), dtype=np.float32)
    known = np.zeros((len(items), rows, rows), dtype=np.float32)
    for b, item in enumerate(items):
        n = len(item.emotion)
        emotion[b, :n] = item.emotion
        if item.pair is not None:
            pair[b, :n, :n] = np.nan_to_num(item.pair)
            known[b, :n, :n] = ~np.isnan(item.pair)
    labels, pairs, annotated = (torch.from_numpy(array).to(device) for array in (emotion, pair, known))
    return Gold(labels, pairs, annotated, _shares(items, emotion, device))


def _shares(items: Sequence[LabelledPack], emotion: NDArray[np.int64], device: torch.device) -> Tensor | None:
    """Target distributions (B, R, C) where any item has them, else None."""
    classes = next((item.shares.shape[1] for item in items if item.shares is not None), None)
    if classes is None:
        return None
    shares = (emotion[..., None] == np.arange(classes)).astype(np.float32)
    for b, item in enumerate(items):
        if item.shares is not None:
            shares[b, : len(item.shares)] = item.shares
    return torch.from_numpy(shares).to(device)
