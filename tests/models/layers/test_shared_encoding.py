"""What the views of a batch share is encoded once, and nothing else is taken for shared."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch
from torch import Tensor

from heartsay.evidence.tensors import EvidenceBatch, stack
from heartsay.evidence.views import OTHER_CONTEXT, OWN_CONTEXT, removals, without
from heartsay.models.backbone import InputShape
from heartsay.models.backbones.m3net import M3Net
from heartsay.models.layers.shared_encoding import encode_once, encoding_now, encodings_kept
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


def test_what_views_share_is_encoded_once() -> None:
    evidence = some_missing()
    views = [evidence, *(view(evidence) for view in removals(tuple(WIDTHS)).values())]
    stacked, encode = stack(views), Noting()
    for modalities in (("text",), ("voice", "face"), tuple(WIDTHS)):
        found = encode_once(stacked, modalities, encode)
        wanted = [encode_once(view, modalities, Noting()) for view in views]
        assert torch.equal(found, torch.cat(wanted))
    # Of six views of two conversations, text is gone in one, voice or face in two, and any in three.
    assert encode.read == [(4, ("text",)), (6, ("voice", "face")), (8, tuple(WIDTHS))]


def test_what_differs_is_not_taken_for_the_same() -> None:
    evidence, encode = some_missing(), Noting()
    louder = replace(evidence, features={m: 2 * x for m, x in evidence.features.items()})
    others = replace(evidence, speaker=torch.where(evidence.real, 0, -1))
    views = [evidence, louder, others, OWN_CONTEXT(evidence), OTHER_CONTEXT(louder)]
    found = encode_once(stack(views), ("text",), encode)
    assert torch.equal(found, torch.cat([Noting()(narrow(view)) for view in views]))
    assert encode.read == [(6, ("text",))]


def test_an_edited_stack_is_encoded_as_it_is() -> None:
    evidence, encode = some_missing(), Noting()
    edited = without("text")(stack([evidence, OWN_CONTEXT(evidence)]))
    found = encode_once(edited, ("text",), encode)
    assert torch.equal(found, edited.speaker[..., None].expand_as(found).to(found.dtype))
    assert encode.read == [(4, ("text",))]


def narrow(evidence: EvidenceBatch) -> EvidenceBatch:
    return replace(
        evidence, features={"text": evidence.features["text"]}, present={"text": evidence.present["text"]}
    )


def test_a_view_is_not_encoded_again_where_it_left_the_batch_alone() -> None:
    evidence, encode = some_missing(), Noting()
    views = [view(evidence) for view in removals(tuple(WIDTHS)).values()]
    with encodings_kept():
        clean = encode_once(evidence, ("text",), encode)
        found = encode_once(stack(views), ("text",), encode)
        assert torch.equal(encode_once(stack(views[1:]), ("text",), encode), clean.repeat(4, 1, 1))
    assert torch.equal(found, torch.cat([Noting()(narrow(view)) for view in views]))
    # The batch, and then nothing but its view without text.
    assert encode.read == [(2, ("text",)), (2, ("text",))]
    encode_once(stack(views[1:]), ("text",), encode)
    assert len(encode.read) == 3


def test_what_was_kept_of_one_batch_or_encoder_serves_no_other() -> None:
    one, other = feature_batch((5, 3)).evidence, feature_batch((5, 3), seed=9).evidence
    with encodings_kept():
        encode_once(one, ("text",), Noting())
        first = encode_once(stack([other, OWN_CONTEXT(other)]), ("text",), Noting())
        encode = Noting()
        encode_once(one, ("text",), encode)
        second = encode_once(stack([other, one]), ("text",), encode)
        scaled = encode_once(stack([one, one]), ("text",), times, 3.0)
    assert torch.equal(first, Noting()(narrow(other)).repeat(2, 1, 1))
    assert torch.equal(second, torch.cat([Noting()(narrow(e)) for e in (other, one)]))
    assert torch.equal(scaled, 3 * one.features["text"].repeat(2, 1, 1))


def times(evidence: EvidenceBatch, factor: float) -> Tensor:
    assert encoding_now() == ((times, factor),)
    return factor * evidence.features["text"]


@pytest.mark.parametrize("views", [["own_context"], ["without_voice", "own_context"]])
def test_what_is_left_out_moves_no_dropout(views: list[str]) -> None:
    torch.manual_seed(0)
    shape = InputShape(WIDTHS, 2, len(EMOTIONS))
    model = M3Net(shape, hidden=8, graph_width=6, text_layers=2, dropout=0.5).train()
    evidence, known = feature_batch((30, 4)).evidence, removals(tuple(WIDTHS))

    def same(edited: EvidenceBatch) -> EvidenceBatch:
        return replace(edited)

    chosen = [same, *(known[name] for name in views)]
    readings = read_views(model, evidence, chosen, gradient_through_removed=False)
    torch.testing.assert_close(readings.removed.emotion[0], readings.clean.emotion)
    assert (readings.removed.emotion[1] - readings.clean.emotion)[evidence.real].abs().max() > 1e-3
