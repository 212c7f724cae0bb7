"""What stands in for missing cells, and what several views of a batch share."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.dummies.evidence import WIDTHS, feature_batch, noise_like
from torch import Tensor, nn

from undertone.evidence.tensors import Evidence, stack
from undertone.evidence.views import removals, without_modality, without_other_context, without_own_context
from undertone.recognition.backbone import Filling, FillMissing, JointLinear, encode_once

FILLINGS: tuple[Filling, ...] = ("zero", "learned", "conversation_mean")


def some_missing() -> Evidence:
    evidence = feature_batch((5, 3), missing=0.4).evidence
    assert not all(here[evidence.real].all() for here in evidence.present.values())
    return evidence


def filler(by: Filling) -> FillMissing:
    fill = FillMissing(WIDTHS, by)
    for vector in fill.learned.values():
        torch.nn.init.constant_(vector, 0.7)
    return fill


@pytest.mark.parametrize("by", FILLINGS)
def test_present_cells_stay_and_padding_is_empty(by: Filling) -> None:
    evidence = some_missing()
    for m, filled in filler(by)(evidence).items():
        assert torch.equal(filled[evidence.present[m]], evidence.features[m][evidence.present[m]])
        assert (filled[~evidence.real] == 0).all()


@pytest.mark.parametrize("by", FILLINGS)
def test_what_was_in_a_missing_cell_does_not_matter(by: Filling) -> None:
    evidence = some_missing()
    noise = noise_like(evidence)
    loud = {m: torch.where(evidence.present[m][..., None], x, noise[m]) for m, x in evidence.features.items()}
    filled, other = filler(by)(evidence), filler(by)(replace(evidence, features=loud))
    for m in WIDTHS:
        assert torch.equal(filled[m], other[m])


def test_missing_cells_hold_what_was_asked_for() -> None:
    evidence = some_missing()
    for m, here in evidence.present.items():
        away = evidence.real & ~here
        assert (filler("zero")(evidence)[m][away] == 0).all()
        assert (filler("learned")(evidence)[m][away] == 0.7).all()
        means = filler("conversation_mean")(evidence)[m]
        for row, place in away.nonzero().tolist():
            known = evidence.features[m][row][here[row]]
            wanted = known.mean(0) if len(known) else torch.zeros(WIDTHS[m])
            torch.testing.assert_close(means[row, place], wanted)


def test_only_a_learned_filling_has_weights() -> None:
    assert {m: p.shape[0] for m, p in filler("learned").learned.items()} == dict(WIDTHS)
    assert not list(filler("zero").parameters())


@pytest.mark.parametrize("by", FILLINGS)
def test_a_layer_makes_the_same_of_cells_filled_alike(by: Filling) -> None:
    evidence, fill = some_missing(), filler(by)
    for m, width in WIDTHS.items():
        layer, rows = nn.Sequential(nn.Linear(width, 4), nn.Tanh()), []
        layer.register_forward_pre_hook(lambda _, given, rows=rows: rows.append(len(given[0])))
        found = fill.mapped(evidence, m, layer)
        assert rows == [
            int((evidence.present[m] & evidence.real).sum()) + 1 + (2 if by == FILLINGS[2] else 1)
        ]
        torch.testing.assert_close(found, layer(fill(evidence)[m]))


@pytest.mark.parametrize("by", FILLINGS)
def test_a_joint_map_is_linear_in_all_modalities_beside_each_other(by: Filling) -> None:
    evidence, fill = some_missing(), filler(by)
    joint, plain = JointLinear(WIDTHS, 4), nn.Linear(sum(WIDTHS.values()), 4)
    with torch.no_grad():
        plain.weight.copy_(torch.cat([joint.weights[m] for m in WIDTHS], dim=1))
        assert joint.bias is not None
        plain.bias.copy_(joint.bias)
    torch.testing.assert_close(joint(evidence, fill), plain(torch.cat(list(fill(evidence).values()), dim=2)))


class Noting:
    """An encoder that notes how many conversations it reads, and of what."""

    def __init__(self) -> None:
        self.read: list[tuple[int, tuple[str, ...]]] = []

    def __call__(self, evidence: Evidence) -> Tensor:
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
    views = [evidence, louder, others, without_own_context(evidence), without_other_context(louder)]
    found = encode_once(stack(views), ("text",), encode)
    assert torch.equal(found, torch.cat([Noting()(narrow(view)) for view in views]))
    assert encode.read == [(6, ("text",))]


def test_an_edited_stack_is_encoded_as_it_is() -> None:
    evidence, encode = some_missing(), Noting()
    edited = without_modality(stack([evidence, without_own_context(evidence)]), "text")
    found = encode_once(edited, ("text",), encode)
    assert torch.equal(found, edited.speaker[..., None].expand_as(found).to(found.dtype))
    assert encode.read == [(4, ("text",))]


def narrow(evidence: Evidence) -> Evidence:
    return replace(
        evidence, features={"text": evidence.features["text"]}, present={"text": evidence.present["text"]}
    )
