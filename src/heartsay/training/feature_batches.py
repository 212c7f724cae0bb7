"""The order in which a pass meets the conversations of a feature corpus, and their tensors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from heartsay.evidence.corpus import LabelledConversation
from heartsay.evidence.evidence import IntArray
from heartsay.evidence.packing import batches_by_length
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


def numbered_batches(
    conversations: Sequence[LabelledConversation], modalities: Sequence[str], parts: Iterable[Iterable[int]]
) -> Iterator[Batch]:
    """Batches of chosen conversations; `Batch.number` counts the utterances of all of them in their order.

    Args:
        conversations: of a split.
        modalities: which to include.
        parts: numbers of the conversations of each batch.
    """
    starts = np.cumsum([0, *map(len, conversations)]).tolist()
    for part in parts:
        numbers = [int(k) for k in part]
        yield collate([conversations[k] for k in numbers], modalities, [starts[k] for k in numbers])


def for_reading(
    conversations: Sequence[LabelledConversation], modalities: Sequence[str], cells: int
) -> Iterator[Batch]:
    """All conversations, shortest first, in batches of at most so many cells where that is possible.

    The batches depend on nothing else, so random views of them are the same for every model. Padding counts
    among the cells; a conversation of more is a batch of its own.
    """
    parts = batches_by_length([len(c) for c in conversations], cells)
    return numbered_batches(conversations, modalities, parts)
