from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dummies.evidence import feature_corpus

from heartsay.training.feature_batches import epoch_order, for_reading, numbered_batches

LENGTHS = np.random.default_rng(0).integers(1, 40, 100).tolist()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(1, 9), st.integers(0, 99))
def test_every_conversation_comes_once_in_batches_of_even_size(
    lengths: list[int], batch_size: int, seed: int
) -> None:
    batches = epoch_order(lengths, batch_size, seed, 0)
    assert sorted(k for batch in batches for k in batch.tolist()) == list(range(len(lengths)))
    sizes = [len(batch) for batch in batches]
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[list[int]]:
        return [batch.tolist() for batch in epoch_order(LENGTHS, 8, seed, epoch)]

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)
    # Not only the order of the batches changes, but also who shares one.
    assert {frozenset(b) for b in order(1, 2)} != {frozenset(b) for b in order(1, 3)}


def test_batches_hold_little_padding() -> None:
    def cells(batches: list[list[int]]) -> int:
        return sum(len(batch) * max(LENGTHS[k] for k in batch) for batch in batches)

    unsorted = np.array_split(np.random.default_rng(0).permutation(100), 13)
    bucketed = [batch.tolist() for batch in epoch_order(LENGTHS, 8, 1, 0)]
    assert cells(bucketed) < 1.3 * sum(LENGTHS) < cells([batch.tolist() for batch in unsorted])


def test_only_chosen_conversations_are_met() -> None:
    chosen = np.array([3, 5, 8, 13])
    assert sorted(np.concatenate(epoch_order(LENGTHS, 3, 1, 0, chosen)).tolist()) == chosen.tolist()


@pytest.mark.parametrize("cells", [1, 20, 10_000])
def test_reading_meets_every_utterance_once_under_its_number(cells: int) -> None:
    conversations = feature_corpus().splits["train"]
    gold = np.concatenate([c.emotion for c in conversations])
    found = np.full(len(gold), -1)
    for batch in for_reading(conversations, ("text",), cells):
        real = batch.evidence.real
        assert real.numel() <= cells or len(real) == 1
        found[batch.number[real].numpy()] = batch.emotion[real].numpy()
    assert found.tolist() == gold.tolist()


def test_the_split_in_order_is_numbered_through() -> None:
    conversations = feature_corpus().splits["train"]
    parts = np.array_split(np.arange(len(conversations)), [5, 10, 15, 20])
    batches = list(numbered_batches(conversations, ("voice", "text"), parts))
    assert [len(b.emotion) for b in batches] == [5, 5, 5, 5, 4]
    numbers = torch.cat([b.number[b.evidence.real] for b in batches])
    assert numbers.tolist() == list(range(sum(map(len, conversations))))
    assert batches[0].evidence.modalities == ("voice", "text")
