"""Strict reading of a recurrent model: the same as cutting each conversation to what is visible by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.dummies.evidence import WIDTHS, feature_batch
from torch import nn

from heartsay.evidence.tensors import BatchView, EvidenceBatch
from heartsay.evidence.views import ALONE, OTHER_CONTEXT, OWN_CONTEXT
from heartsay.models import strict
from heartsay.models.backbone import Backbone, EmotionReading
from heartsay.models.strict import read_strictly


class Recurrent(Backbone):
    """Remembers all turns before, visible or not; padding comes last, so it needs no packing."""

    def __init__(self) -> None:
        super().__init__()
        self.recur = nn.GRU(sum(WIDTHS.values()) + 1, 6, batch_first=True)
        self.largest = 0

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        self.largest = max(self.largest, evidence.real.numel())
        every = [*evidence.features.values(), evidence.speaker[..., None].float()]
        states = self.recur(torch.cat(every, -1))[0]
        return EmotionReading(states[..., :4], states)


@pytest.fixture
def model() -> Recurrent:
    torch.manual_seed(0)
    return Recurrent().eval()


def at_random(evidence: EvidenceBatch) -> EvidenceBatch:
    drawn = torch.rand(evidence.visible.shape, generator=torch.Generator().manual_seed(1)) < 0.5
    itself = torch.eye(evidence.real.shape[1], dtype=torch.bool)
    return replace(evidence, visible=evidence.visible & (drawn | itself))


VIEWS: dict[str, BatchView] = {
    "whole": lambda evidence: evidence,
    "own": OWN_CONTEXT,
    "other": OTHER_CONTEXT,
    "alone": ALONE,
    "random": at_random,
}


def cut(evidence: EvidenceBatch, row: int, places: torch.Tensor) -> EvidenceBatch:
    """A conversation of some of the utterances."""
    count = len(places)
    return EvidenceBatch(
        {m: x[row, places][None] for m, x in evidence.features.items()},
        {m: x[row, places][None] for m, x in evidence.present.items()},
        evidence.speaker[row, places][None],
        torch.ones(1, count, dtype=torch.bool),
        torch.ones(1, count, count, dtype=torch.bool),
    )


@pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))
@pytest.mark.parametrize("cells", [1, 20, 4096])
def test_each_utterance_reads_from_what_it_may_see(
    model: Recurrent, view: BatchView, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strict, "CELLS", cells)
    seen = view(feature_batch((6, 1, 4), speakers=3).evidence)
    reading = read_strictly(model, seen)
    assert model.largest <= max(cells, 6)
    for row, place in seen.real.nonzero().tolist():
        places = seen.visible[row, place].nonzero().squeeze(1)
        own = int((places == place).nonzero())
        by_hand = model(cut(seen, row, places))
        for one, other in zip(reading, by_hand, strict=True):
            torch.testing.assert_close(one[row, place], other[0, own])
    assert (reading.emotion[~seen.real] == 0).all()


def test_gradients_pass(model: Recurrent) -> None:
    seen = OWN_CONTEXT(feature_batch((5, 3)).evidence)
    read_strictly(model, seen).emotion.sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_a_model_that_is_strict_by_itself_is_read_at_once(model: Recurrent) -> None:
    class Strict(Recurrent):
        strict_by_construction = True

    seen = OWN_CONTEXT(feature_batch((5, 3)).evidence)
    by_itself = Strict().eval()
    by_itself.load_state_dict(model.state_dict())
    assert torch.equal(read_strictly(by_itself, seen).emotion, model(seen).emotion)
