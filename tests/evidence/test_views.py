"""Views take away what their name says, nothing else, and leave what they are given as it was."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dummies.evidence import WIDTHS, feature_batch

from heartsay.evidence.evidence import Evidence
from heartsay.evidence.spoiling import MissingCells, without_cells
from heartsay.evidence.tensors import BatchView, EvidenceBatch
from heartsay.evidence.views import ALONE, OTHER_CONTEXT, OWN_CONTEXT, coalitions, removals, without

NAMES = tuple(WIDTHS)


def some(seed: int = 0, speakers: int = 2) -> EvidenceBatch:
    return feature_batch((6, 1, 4), speakers, seed=seed, missing=0.2).evidence


def same(one: EvidenceBatch, other: EvidenceBatch, *, but: str = "") -> None:
    """Equal in everything but a field."""
    for field in ("speaker", "real", "visible"):
        if field != but:
            assert torch.equal(getattr(one, field), getattr(other, field)), field
    for field in ("features", "present"):
        if field != but:
            for m in NAMES:
                assert torch.equal(getattr(one, field)[m], getattr(other, field)[m]), (field, m)


EVERY: dict[str, BatchView] = {
    **removals(NAMES),
    "conversation mean": without("voice", by="conversation_mean"),
    "padded mean": without("voice", by="padded_mean"),
    "alone": ALONE,
    "missing": lambda e: MissingCells(0.5, 0)(e),
    "cells": lambda e: without_cells(e, e.speaker == 0),
}


@pytest.mark.parametrize("view", EVERY.values(), ids=list(EVERY))
def test_what_a_view_is_given_stays_as_it_was(view: BatchView) -> None:
    evidence = some()
    before = copy.deepcopy(evidence)
    seen = view(evidence)
    same(evidence, before)
    # And a view of a view is a view: shapes, padding and the diagonal stay.
    assert torch.equal(seen.real, evidence.real)
    assert torch.equal(torch.diagonal(seen.visible, dim1=1, dim2=2), evidence.real)
    assert not (seen.visible & ~evidence.visible).any()
    for m in NAMES:
        assert not (seen.present[m] & ~evidence.real).any()


def test_taking_a_modality_leaves_no_trace_of_it() -> None:
    evidence = some()
    seen = without("voice")(evidence)
    assert not seen.present["voice"].any()
    same(replace(seen, present=evidence.present), evidence)
    for m in ("text", "face"):
        assert torch.equal(seen.present[m], evidence.present[m])


def test_a_modality_that_is_not_there_cannot_be_taken_away() -> None:
    evidence = some()
    same(without("smell")(evidence), evidence)
    single = Evidence(("a",), np.zeros(1, np.int64))
    assert without("voice")(single) is single


@pytest.mark.parametrize("by", ["conversation_mean", "padded_mean"])
def test_a_mean_stands_where_a_modality_was(by: str) -> None:
    evidence = some()
    seen = without("voice", by=by)(evidence)  # type: ignore[arg-type]
    same(seen, evidence, but="features")
    values, here = evidence.features["voice"], evidence.present["voice"]
    for row in range(3):
        known = values[row][here[row]]
        if len(known):
            wanted = known.sum(0) / (len(known) if by == "conversation_mean" else 6)
            torch.testing.assert_close(seen.features["voice"][row][here[row]], wanted.expand(len(known), -1))
        away = ~here[row]
        assert torch.equal(seen.features["voice"][row][away], values[row][away])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100), st.integers(1, 4))
def test_contexts_are_hidden_cell_by_cell(seed: int, speakers: int) -> None:
    evidence = some(seed, speakers)
    own, other, apart = OWN_CONTEXT(evidence), OTHER_CONTEXT(evidence), ALONE(evidence)
    for seen in (own, other, apart):
        same(seen, evidence, but="visible")
    who = evidence.speaker
    for row, i, j in evidence.visible.nonzero().tolist():
        mine = who[row, i] == who[row, j]
        assert own.visible[row, i, j] == (i == j or not mine)
        assert other.visible[row, i, j] == mine
        assert apart.visible[row, i, j] == (i == j)
    both = OWN_CONTEXT(OTHER_CONTEXT(evidence))
    assert torch.equal(both.visible, apart.visible)
    assert torch.equal(own.visible | other.visible, evidence.visible)


def test_one_speaker_alone_has_no_other_context() -> None:
    evidence = some(speakers=1)
    assert torch.equal(OTHER_CONTEXT(evidence).visible, evidence.visible)
    assert torch.equal(OWN_CONTEXT(evidence).visible, ALONE(evidence).visible)


def test_cells_go_missing_independently_at_the_rate() -> None:
    evidence = feature_batch((400, 300), missing=0.0).evidence
    seen = MissingCells(0.3, 0)(evidence)
    same(seen, evidence, but="present")
    gone = torch.stack([~seen.present[m][evidence.real] for m in NAMES]).float()  # (M, N)
    assert torch.allclose(gone.mean(1), torch.tensor(0.3), atol=0.06)
    assert (gone.prod(0).mean() - 0.027).abs() < 0.02
    assert torch.equal(seen.present["text"], MissingCells(0.3, 0)(evidence).present["text"])
    same(MissingCells(0.0, 0)(evidence), evidence)
    assert not any(x.any() for x in MissingCells(1.0, 0)(evidence).present.values())


def test_a_cell_that_is_missing_stays_missing() -> None:
    evidence = some()
    seen = MissingCells(0.5, 0)(evidence)
    for m in NAMES:
        assert not (seen.present[m] & ~evidence.present[m]).any()


def test_whole_utterances_can_be_taken() -> None:
    evidence = some()
    hidden = torch.rand(evidence.real.shape, generator=torch.Generator().manual_seed(0)) < 0.5
    seen = without_cells(evidence, hidden)
    same(seen, evidence, but="present")
    for m in NAMES:
        assert torch.equal(seen.present[m], evidence.present[m] & ~hidden)


def test_the_removals_are_those_of_the_paper() -> None:
    assert list(removals(NAMES)) == [*(f"without_{m}" for m in NAMES), "own_context", "other_context"]
    assert list(removals(("text", "voice"))) == [
        *("without_text", "without_voice"),
        *("own_context", "other_context"),
    ]
    # Without its only modality nothing would be left to read.
    assert list(removals(("text",))) == ["own_context", "other_context"]
    evidence = some()
    for m in NAMES:
        same(removals(NAMES)[f"without_{m}"](evidence), without(m)(evidence))


def test_coalitions_keep_what_their_bits_say() -> None:
    evidence, known = some(), coalitions(("text", "voice"))
    assert len(known) == 2**4
    assert all(name == view.name for name, view in known.items())
    same(known["coalition/1111"](evidence), evidence)
    same(known["coalition/1011"](evidence), without("voice")(evidence))
    same(known["coalition/0110"](evidence), OTHER_CONTEXT(without("text")(evidence)))
    same(known["coalition/1100"](evidence), ALONE(evidence))
    means = coalitions(("text", "voice"), "conversation_mean")["coalition/1011"]
    same(means(evidence), without("voice", by="conversation_mean")(evidence))


def test_missing_cells_go_on_from_batch_to_batch_alike_for_every_draw() -> None:
    first, second = some(1), some(2)
    view, random = MissingCells(0.4, 3), torch.Generator().manual_seed(3)
    assert view.name == "missing/0.4/3"
    for evidence in (first, second):
        kept = {m: x & (torch.rand(x.shape, generator=random) >= 0.4) for m, x in evidence.present.items()}
        same(view(evidence), replace(evidence, present=kept))
    few, many = MissingCells(0.1, 3)(first), MissingCells(0.6, 3)(first)
    for m in NAMES:
        assert not (many.present[m] & ~few.present[m]).any()
    assert MissingCells(0.1, 3) == MissingCells(0.1, 3) != MissingCells(0.1, 4)
