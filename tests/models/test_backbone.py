"""What stands in for missing cells: from where it may come, and what layers make of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.dummies.evidence import WIDTHS, feature_batch, noise_like
from torch import nn

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import Filling, FillMissing, JointLinear

FILLINGS: tuple[Filling, ...] = ("zero", "learned", "conversation_mean")


def some_missing() -> EvidenceBatch:
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
