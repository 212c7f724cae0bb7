"""Collating pads without losing or mixing anything; stacking puts views one after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dummies.evidence import WIDTHS, feature_batch, feature_conversation

from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tensors import collate, concatenate
from heartsay.evidence.views import removals

NAMES = tuple(WIDTHS)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(1, 4))
def test_every_conversation_can_be_taken_out_again(lengths: list[int], speakers: int) -> None:
    talks = [feature_conversation(n, speakers, seed=k, missing=0.3) for k, n in enumerate(lengths)]
    batch = collate(talks, NAMES)
    evidence = batch.evidence
    assert evidence.real.shape == (len(talks), max(lengths))
    for row, (talk, n) in enumerate(zip(talks, lengths, strict=True)):
        assert evidence.real[row].tolist() == [k < n for k in range(max(lengths))]
        assert torch.equal(evidence.visible[row], evidence.real[row][:, None] & evidence.real[row][None])
        assert evidence.speaker[row, :n].tolist() == talk.evidence.speaker.tolist()
        assert batch.emotion[row, :n].tolist() == talk.emotion.tolist()
        for m in NAMES:
            np.testing.assert_array_equal(evidence.features[m][row, :n].numpy(), talk.evidence.features[m])
            assert evidence.present[m][row, :n].tolist() == talk.evidence.present[m].tolist()
            assert not evidence.present[m][row, n:].any()
    padding = ~evidence.real
    assert (evidence.speaker[padding] == -1).all()
    assert (batch.emotion[padding] == UNLABELLED).all()
    assert (batch.number[padding] == -1).all()
    assert batch.number[evidence.real].tolist() == list(range(sum(lengths)))


def test_numbers_start_where_the_split_says() -> None:
    talks = [feature_conversation(2, seed=1), feature_conversation(3, seed=2)]
    batch = collate(talks, NAMES, [40, 7])
    assert batch.number.tolist() == [[40, 41, -1], [7, 8, 9]]


def test_modalities_come_in_the_order_asked_for() -> None:
    batch = collate([feature_conversation()], ("face", "text"))
    assert batch.evidence.modalities == ("face", "text")


def test_pairs_are_there_when_every_conversation_has_them() -> None:
    known = np.array([[False, True], [False, False]])
    annotated = replace(feature_conversation(2, seed=1), pair=known)
    longer = replace(feature_conversation(3, seed=2), pair=np.eye(3, dtype=bool))
    pair = collate([annotated, longer], NAMES).pair
    assert pair is not None
    assert pair.nonzero().tolist() == [[0, 0, 1], [1, 0, 0], [1, 1, 1], [1, 2, 2]]
    assert collate([annotated, feature_conversation(3, seed=2)], NAMES).pair is None


def test_one_speaker_is_the_same_with_itself_and_never_with_padding() -> None:
    evidence = feature_batch((5, 2), speakers=2).evidence
    same = evidence.same_speaker
    for row in range(2):
        for i in range(5):
            for j in range(5):
                both = bool(evidence.real[row, i] and evidence.real[row, j])
                assert same[row, i, j] == (both and evidence.speaker[row, i] == evidence.speaker[row, j])


def test_batches_stand_behind_each_other() -> None:
    evidence = feature_batch((4, 2), missing=0.2).evidence
    views = [evidence, *(view(evidence) for view in removals(NAMES).values())]
    stacked = concatenate(views)
    assert stacked.real.shape == (2 * len(views), 4)
    for k, view in enumerate(views):
        rows = slice(2 * k, 2 * k + 2)
        assert torch.equal(stacked.visible[rows], view.visible)
        assert torch.equal(stacked.speaker[rows], view.speaker)
        assert torch.equal(stacked.real[rows], view.real)
        for m in NAMES:
            assert torch.equal(stacked.features[m][rows], view.features[m])
            assert torch.equal(stacked.present[m][rows], view.present[m])


def test_moving_loses_nothing() -> None:
    batch = feature_batch((3, 2))
    there = batch.to(torch.device("meta"))
    assert {x.device.type for x in there.evidence.features.values()} == {"meta"}
    assert {x.device.type for x in there.evidence.present.values()} == {"meta"}
    for tensor in (there.evidence.speaker, there.evidence.real, there.evidence.visible, there.number):
        assert tensor.device.type == "meta"
    again = batch.to(torch.device("cpu"))
    assert torch.equal(again.evidence.visible, batch.evidence.visible)
    assert again.evidence.modalities == batch.evidence.modalities
