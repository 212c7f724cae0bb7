"""What the views of a batch share is encoded once, and nothing else is taken for shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch
from torch import Tensor

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.evidence.view_stack import ReadingMemory, stack_views
from heartsay.evidence.views import FULL, OWN_CONTEXT, removals, without
from heartsay.models.backbone import InputShape
from heartsay.models.backbones.m3net import M3Net
from heartsay.models.layers.shared_encoding import encode_once
from heartsay.objectives.confidence_change import read_views


def some_missing() -> EvidenceBatch:
    return feature_batch((5, 3), missing=0.4).evidence


class Noting:
    """An encoder that notes how many conversations it reads, and of what."""

    def __init__(self) -> None:
        self.read: list[tuple[int, tuple[str, ...]]] = []

    def __call__(self, evidence: EvidenceBatch) -> Tensor:
        self.read.append((len(evidence.real), evidence.modalities))
        parts = [x * evidence.present[m][..., None] for m, x in evidence.features.items()]
        return torch.cat(parts, dim=-1).cumsum(1) + evidence.speaker[..., None]


def narrow(evidence: EvidenceBatch, modalities: Sequence[str] = ("text",)) -> EvidenceBatch:
    return replace(
        evidence,
        features={m: evidence.features[m] for m in modalities},
        present={m: evidence.present[m] for m in modalities},
    )


REMOVALS = list(removals(tuple(WIDTHS)).values())


def test_what_views_share_is_encoded_once() -> None:
    evidence, encode = some_missing(), Noting()
    views = [FULL, *REMOVALS]
    for modalities in (("text",), ("voice", "face"), tuple(WIDTHS)):
        found = encode_once(stack_views(evidence, views), modalities, encode)
        assert torch.equal(found, torch.cat([Noting()(narrow(view(evidence), modalities)) for view in views]))
    # Of six views of two conversations, text is gone in one, voice or face in two, and any in three.
    assert encode.read == [(4, ("text",)), (6, ("voice", "face")), (8, tuple(WIDTHS))]


def test_a_view_that_does_not_say_what_it_changes_shares_nothing() -> None:
    evidence, encode = some_missing(), Noting()

    def louder(given: EvidenceBatch) -> EvidenceBatch:
        return replace(given, features={m: 2 * x for m, x in given.features.items()})

    views = [FULL, louder, OWN_CONTEXT, louder]
    found = encode_once(stack_views(evidence, views), ("text",), encode)
    assert torch.equal(found, torch.cat([Noting()(narrow(view(evidence))) for view in views]))
    assert encode.read == [(6, ("text",))]


def test_encoders_within_an_encoder_share_too() -> None:
    evidence, inner = some_missing(), Noting()

    def outer(given: EvidenceBatch) -> Tensor:
        return torch.cat([encode_once(given, (m,), inner) for m in ("text", "voice")], -1)

    modalities = ("text", "voice")
    found = encode_once(stack_views(evidence, [FULL, *REMOVALS]), modalities, outer)
    views = [narrow(view(evidence), modalities) for view in (FULL, *REMOVALS)]
    assert torch.equal(found, torch.cat([outer(view) for view in views]))
    # Three inputs differ in text or voice; of those each modality has two.
    assert inner.read[:2] == [(4, ("text",)), (4, ("voice",))]


def test_an_edited_stack_is_encoded_as_it_is() -> None:
    evidence, encode = some_missing(), Noting()
    edited = without("text")(stack_views(evidence, [FULL, OWN_CONTEXT]))
    found = encode_once(edited, ("text",), encode)
    assert torch.equal(found, edited.speaker[..., None].expand_as(found).to(found.dtype))
    assert encode.read == [(4, ("text",))]


def test_a_view_is_not_encoded_again_where_it_left_the_batch_alone() -> None:
    evidence, encode, memory = some_missing(), Noting(), ReadingMemory()
    clean = encode_once(stack_views(evidence, [FULL], memory), ("text",), encode)
    found = encode_once(stack_views(evidence, REMOVALS, memory), ("text",), encode)
    again = encode_once(stack_views(evidence, REMOVALS[1:], memory), ("text",), encode)
    assert torch.equal(again, clean.repeat(4, 1, 1))
    assert torch.equal(found, torch.cat([Noting()(narrow(view(evidence))) for view in REMOVALS]))
    # The batch, and then nothing but its view without text.
    assert encode.read == [(2, ("text",)), (2, ("text",))]
    encode_once(stack_views(evidence, REMOVALS[1:]), ("text",), encode)
    assert len(encode.read) == 3


def test_what_one_encoder_made_serves_no_other() -> None:
    evidence, memory = some_missing(), ReadingMemory()

    def times(given: EvidenceBatch, factor: float) -> Tensor:
        assert memory.running == [(times, ("text",), factor)]
        return factor * given.features["text"]

    for factor in (1.0, 3.0):
        scaled = encode_once(stack_views(evidence, [FULL, OWN_CONTEXT], memory), ("text",), times, factor)
        assert torch.equal(scaled, factor * evidence.features["text"].repeat(2, 1, 1))
    assert memory.running == []


@pytest.mark.parametrize("views", [["own_context"], ["without_voice", "own_context"]])
def test_what_is_left_out_moves_no_dropout(views: list[str]) -> None:
    torch.manual_seed(0)
    shape = InputShape(WIDTHS, 2, len(EMOTIONS))
    model = M3Net(shape, hidden=8, graph_width=6, text_layers=2, dropout=0.5).train()
    evidence, known = feature_batch((30, 4)).evidence, removals(tuple(WIDTHS))

    chosen = [FULL, *(known[name] for name in views)]
    readings = read_views(model, evidence, chosen, gradient_through_removed=False)
    torch.testing.assert_close(readings.removed.emotion[0], readings.clean.emotion)
    assert (readings.removed.emotion[1] - readings.clean.emotion)[evidence.real].abs().max() > 1e-3
