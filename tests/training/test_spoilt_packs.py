"""What is in no gold pair is taken out before the encoder, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dummies.encoder import CAUSED, FELT, HELD_BACK, dummy_model, tokenizer_and_settings
from torch import Tensor

from heartsay.conversation import Conversation
from heartsay.evidence.labels import LabelledPack, label_packs
from heartsay.objectives.rpcl import FULL
from heartsay.training.batches import to_tensors
from heartsay.training.spoilt_packs import free_rows, spoil, without_rows

CPU = torch.device("cpu")
ALL = replace(FULL, rate=1.0)
FREE = {"piano": [0], "letter": [0], "cellar": [1], "ferry": [0, 1], "soup": [2], "alone": []}
"""Utterances in no gold pair, counted by hand."""


def packed(conversations: Sequence[Conversation]) -> list[LabelledPack]:
    tokenizer, token_settings = tokenizer_and_settings()
    return [item for c in conversations for item in label_packs(c, tokenizer, token_settings)]


def inputs(items: Sequence[LabelledPack]) -> tuple[Tensor, Tensor, Tensor]:
    return to_tensors([i.pack for i in items], tokenizer_and_settings()[1].pad, CPU)


def test_free_are_the_utterances_in_no_gold_pair_and_none_where_pairs_are_not_annotated() -> None:
    items = packed((*CAUSED, *FELT))
    free = free_rows(items, CPU)
    assert free.shape == inputs(items)[2].shape
    found = [row.nonzero().flatten().tolist() for row in free]
    assert found == [*(FREE[c.id] for c in CAUSED), *([] for _ in FELT)]


def test_an_utterance_whose_pair_reaches_out_of_its_window_is_not_free() -> None:
    count = len(HELD_BACK[0].utterances)
    apart = replace(HELD_BACK[0], pairs=frozenset({(count - 1, 0)}))
    items = packed([apart])
    assert len(items) > 1
    assert not any(item.pair.any() for item in items if item.pair is not None)  # no window holds both
    for item, free in zip(items, free_rows(items, CPU), strict=True):
        shown = item.pack.utterance
        assert free[: len(shown)].tolist() == [k not in (0, count - 1) for k in shown]


def test_at_full_rate_all_free_utterances_are_gone_and_gold_ones_stay_word_for_word() -> None:
    items = packed(CAUSED)
    tokens, owner, _ = inputs(items)
    after, owner_after = spoil(tokens, owner, free_rows(items, CPU), ALL, tokenizer_and_settings()[1])
    assert after.shape[1] < tokens.shape[1]
    for b, conversation in enumerate(CAUSED):
        assert after[b, 0] == tokens[b, 0]
        for row in range(len(conversation.utterances)):
            kept = after[b][owner_after[b] == row].tolist()
            assert kept == ([] if row in FREE[conversation.id] else tokens[b][owner[b] == row].tolist())


def test_what_was_taken_out_leaves_no_trace_in_any_score() -> None:
    said = CAUSED[3]
    other = replace(
        said,
        utterances=tuple(
            replace(u, text="What a nasty rat there is in the garden, and it is dark!")
            if k in FREE[said.id]
            else u
            for k, u in enumerate(said.utterances)
        ),
    )
    model = dummy_model()
    read = []
    for conversation in (said, other):
        items = packed([conversation])
        tokens, owner, speaker = inputs(items)
        view = spoil(tokens, owner, free_rows(items, CPU), ALL, tokenizer_and_settings()[1])
        with torch.inference_mode():
            read.append((model(tokens, owner, speaker).pair, model(*view, speaker).pair))
    assert not torch.allclose(read[0][0], read[1][0], atol=1e-4)
    torch.testing.assert_close(read[0][1], read[1][1])


def test_utterances_are_drawn_anew_at_the_rate_asked_for() -> None:
    rows = 400
    tokens, owner = torch.full((5, rows + 1), 9), torch.arange(-1, rows).repeat(5, 1)
    free = torch.ones(5, rows, dtype=torch.bool)
    torch.manual_seed(0)
    token_settings = tokenizer_and_settings()[1]
    first, second = (spoil(tokens, owner, free, FULL, token_settings)[1] for _ in range(2))
    assert (first >= 0).float().sum() / free.numel() == pytest.approx(1 - FULL.rate, abs=0.03)
    assert first.shape != second.shape or not torch.equal(first, second)


def test_single_words_become_unknown_in_free_utterances_alone() -> None:
    items = packed(CAUSED)
    tokens, owner, _ = inputs(items)
    token_settings = tokenizer_and_settings()[1]
    free = free_rows(items, CPU)
    after, same = spoil(tokens, owner, free, replace(ALL, spoil="dimension"), token_settings)
    assert torch.equal(same, owner)
    for b in range(len(items)):
        for k in range(tokens.shape[1]):
            word = owner[b, k] >= 0 and tokens[b, k] != token_settings.end
            spoilt = bool(word and free[b, owner[b, k]])
            assert after[b, k] == (token_settings.unknown if spoilt else tokens[b, k])


def test_nothing_is_spoilt_where_that_is_asked_for() -> None:
    items = packed(CAUSED)
    tokens, owner, _ = inputs(items)
    view = spoil(
        tokens, owner, free_rows(items, CPU), replace(ALL, spoil="nothing"), tokenizer_and_settings()[1]
    )
    assert torch.equal(view[0], tokens)
    assert torch.equal(view[1], owner)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_rows_that_stay_keep_their_tokens_in_order(data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=6), min_size=1, max_size=4))
    rows, longest = max(map(len, lengths)), 1 + max(map(sum, lengths))
    owner, tokens = np.full((len(lengths), longest), -1), np.zeros((len(lengths), longest), np.int64)
    for b, sizes in enumerate(lengths):
        owner[b, 1 : 1 + sum(sizes)] = np.repeat(np.arange(len(sizes)), sizes)
        tokens[b, : 1 + sum(sizes)] = 10 + np.arange(1 + sum(sizes))
    flags = st.lists(st.booleans(), min_size=rows, max_size=rows)
    taken = np.array(data.draw(st.lists(flags, min_size=len(lengths), max_size=len(lengths))))
    after, owner_after = without_rows(
        torch.from_numpy(tokens), torch.from_numpy(owner), torch.from_numpy(taken), 0
    )
    lefts = []
    for b in range(len(lengths)):
        stays = (owner[b] >= 0) & ~taken[b][np.maximum(owner[b], 0)]
        expected = [10, *tokens[b][stays].tolist()]
        lefts.append(len(expected))
        assert after[b].tolist() == expected + [0] * (after.shape[1] - len(expected))
        assert owner_after[b].tolist() == [-1, *owner[b][stays].tolist()] + [-1] * (
            after.shape[1] - len(expected)
        )
    assert after.shape[1] == max(lefts)
