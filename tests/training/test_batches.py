from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.evidence.labels import LabelledPack
from heartsay.evidence.packing import Pack
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tokens import TokenSettings
from heartsay.training.batches import epoch_batches, gold_tensors, hide_tokens, to_tensors


def item(length: int, rows: int = 1, pairs: bool = False) -> LabelledPack:
    owner = np.minimum(np.arange(length) - 1, rows - 1)
    row = np.arange(rows)
    gold = np.eye(rows, dtype=np.float32) if pairs else None
    p = Pack(np.arange(length), owner, row, row % 2, np.ones(rows, dtype=np.float32))
    return LabelledPack(p, row % 7, gold)


def scenes_of(lengths: Sequence[Sequence[Sequence[int]]]) -> list[list[list[LabelledPack]]]:
    return [[[item(n) for n in wording] for wording in scene] for scene in lengths]


wordings = st.lists(st.lists(st.integers(1, 60), min_size=1, max_size=3), min_size=1, max_size=2)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(wordings, min_size=1, max_size=12), st.integers(20, 200), st.integers(0, 5), st.integers(0, 5)
)
def test_an_epoch_meets_every_scene_once_in_one_wording_within_the_budget(
    lengths: list[list[list[int]]], budget: int, seed: int, epoch: int
) -> None:
    scenes = scenes_of(lengths)
    batches = epoch_batches(scenes, budget, seed, epoch)
    met = [id(p) for batch in batches for p in batch]
    assert len(met) == len(set(met))
    for scene in scenes:
        told = [wording for wording in scene if {id(p) for p in wording} <= set(met)]
        assert len(told) == 1
    told_in_all = sum(any(id(p) in met for p in wording) for scene in scenes for wording in scene)
    assert told_in_all == len(scenes)
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(len(p.pack.tokens) for p in batch) <= budget


SCENES = scenes_of([[[n], [n + 1]] for n in range(5, 45)])


def told(seed: int, epoch: int) -> list[list[int]]:
    return [[len(p.pack.tokens) for p in batch] for batch in epoch_batches(SCENES, 100, seed, epoch)]


def test_the_order_depends_on_seed_and_epoch_and_on_nothing_else() -> None:
    first = told(1, 0)
    np.random.default_rng().random()
    torch.manual_seed(99)
    assert told(1, 0) == first
    assert told(1, 1) != first
    assert told(2, 0) != first


def test_epochs_put_other_packs_together() -> None:
    one_wording = scenes_of([[[n]] for n in range(5, 45)])
    groups = [
        {frozenset(len(p.pack.tokens) for p in batch) for batch in epoch_batches(one_wording, 100, 1, epoch)}
        for epoch in range(2)
    ]
    assert groups[0] != groups[1]


def test_a_batch_holds_packs_of_like_length() -> None:
    batches = told(1, 0)
    padded = sum(len(sizes) * max(sizes) for sizes in batches)
    assert padded < 1.15 * sum(map(sum, batches))


def test_every_wording_has_its_turn() -> None:
    lengths = {n for epoch in range(12) for batch in told(3, epoch) for n in batch}
    assert lengths == set(range(5, 46))


def test_gold_is_padded_with_what_pulls_at_nothing() -> None:
    gold = gold_tensors([item(5, rows=2, pairs=True), item(5, rows=3)], torch.device("cpu"))
    assert gold.emotion.tolist() == [[0, 1, UNLABELLED], [0, 1, 2]]
    assert gold.pair[0].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert gold.pair_known[0].tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert gold.pair_known[1].sum() == 0


def test_tensors_hold_the_packs_with_padding() -> None:
    tokens, owner, speaker = to_tensors(
        [item(2).pack, item(4, rows=2).pack], pad=9, device=torch.device("cpu")
    )
    assert tokens.tolist() == [[0, 1, 9, 9], [0, 1, 2, 3]]
    assert owner.tolist() == [[-1, 0, -1, -1], [-1, 0, 1, 1]]
    assert speaker.tolist() == [[0, -1], [0, 1]]
    assert {t.dtype for t in (tokens, owner, speaker)} == {torch.int64}


def test_hidden_tokens_are_words_at_the_share_asked_for() -> None:
    settings = TokenSettings(lead=2, end=3, pad=0, unknown=1, longest=512)
    tokens = torch.full((4, 500), 9)
    tokens[:, 0], tokens[:, 400:], tokens[:, 50:400:50] = 2, 0, 3
    owner = torch.zeros_like(tokens)
    owner[:, 0], owner[:, 400:] = -1, -1
    torch.manual_seed(0)
    hidden = hide_tokens(tokens, owner, settings, 0.25)
    words = tokens == 9
    assert torch.equal(hidden[~words], tokens[~words])
    assert set(hidden[words].tolist()) == {1, 9}
    assert (hidden[words] == 1).float().mean() == pytest.approx(0.25, abs=0.03)
    assert torch.equal(hide_tokens(tokens, owner, settings, 0.0), tokens)


@pytest.mark.parametrize("budget", [1, 10])
def test_a_pack_beyond_the_budget_stands_alone(budget: int) -> None:
    batches = epoch_batches(scenes_of([[[50]], [[60]], [[70]]]), budget, 0, 0)
    assert sorted(len(batch) for batch in batches) == [1, 1, 1]


def test_targets_are_shares_as_soon_as_one_item_has_them() -> None:
    shares = np.array([[0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0]], dtype=np.float32)
    gold = gold_tensors([replace(item(4), shares=shares), item(5, rows=2)], torch.device("cpu"))
    assert gold.shares is not None
    assert gold.shares[0, 0].tolist() == shares[0].tolist()
    assert gold.shares[0, 1].sum() == 0
    assert gold.shares[1].argmax(-1).tolist() == [0, 1]
    assert gold_tensors([item(4)], torch.device("cpu")).shares is None
