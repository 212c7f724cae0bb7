"""The order in which a pass meets the conversations of a feature corpus, and their tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from heartsay.evidence.corpus import LabelledConversation
from heartsay.evidence.evidence import IntArray
from heartsay.evidence.tensors import Batch, collate

LENGTH_NOISE = 0.2
"""Lengths are blurred by up to this share before bucketing, so that batches differ between epochs."""


def epoch_order(
    lengths: Sequence[int], batch_size: int, seed: int, epoch: int, chosen: IntArray | None = None
) -> list[IntArray]:
    """The batches of one epoch: conversations of similar length together, in random order.

    The result depends on the arguments alone, so a resumed run meets the same batches; another seed or epoch
    gives others. Sizes differ by one at most, so no batch is left with a lone conversation.

    Args:
        lengths: utterances of each training conversation.
        batch_size: the largest number of conversations in a batch.
        seed: seed of the run.
        epoch: number of the epoch, from 0.
        chosen: indices of the conversations to use; all if not given.

    Returns:
        Indices of conversations, batch after batch.
    """
    random = np.random.default_rng([seed, epoch])
    used = np.arange(len(lengths)) if chosen is None else np.asarray(chosen, np.int64)
    used = random.permutation(used)
    blurred = np.asarray(lengths)[used] * (1 + LENGTH_NOISE * random.random(len(used)))
    order = used[np.argsort(blurred, kind="stable")]
    batches = np.array_split(order, -(-len(order) // batch_size))
    return [batches[k] for k in random.permutation(len(batches))]


def first_numbers(conversations: Sequence[LabelledConversation]) -> IntArray:
    """Number of each conversation's first utterance when utterances are counted through, (conversations,)."""
    lengths = np.array([len(c) for c in conversations], np.int64)
    return np.concatenate([np.zeros(1, np.int64), lengths.cumsum()[:-1]]) if len(lengths) else lengths


def in_order(
    conversations: Sequence[LabelledConversation],
    modalities: Sequence[str],
    batch_size: int,
    device: torch.device,
) -> Iterator[Batch]:
    """All conversations in the order given."""
    starts = first_numbers(conversations).tolist()
    for k in range(0, len(conversations), batch_size):
        part = slice(k, k + batch_size)
        yield collate(conversations[part], modalities, starts[part]).to(device)


def for_reading(
    conversations: Sequence[LabelledConversation], modalities: Sequence[str], cells: int
) -> Iterator[Batch]:
    """All conversations, shortest first, in batches of at most so many cells where that is possible.

    The batches depend on nothing else, so random views of them are the same for every model.

    Args:
        conversations: what to read; `Batch.number` counts their utterances in this order.
        modalities: which to include.
        cells: the largest number of utterances in a batch, padding included; a longer conversation is a
            batch of its own.
    """
    starts = first_numbers(conversations).tolist()
    order = sorted(range(len(conversations)), key=lambda k: len(conversations[k]))
    begun = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or len(conversations[order[end]]) * (end + 1 - begun) > cells:
            part = order[begun:end]
            yield collate([conversations[k] for k in part], modalities, [starts[k] for k in part])
            begun = end
