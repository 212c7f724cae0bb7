from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from tests.dummies.backbone import DummyBackbone, dummy_backbone
from tests.dummies.evidence import feature_batch

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.evidence.views import removals
from heartsay.models.backbone import EmotionReading
from heartsay.objectives.confidence_change import confidence_change, gold_confidence, read_views

VIEWS = list(removals(("text", "voice", "face")).values())


def test_only_what_rises_counts() -> None:
    clean = torch.tensor([0.5, 0.2, 0.9])
    removed = torch.tensor([[0.4, 0.6, 0.9], [0.7, 0.1, 1.0]])
    expected = torch.tensor([[0.0, 0.4, 0.0], [0.2, 0.0, 0.1]])
    torch.testing.assert_close(confidence_change(clean, removed), expected)


@pytest.mark.parametrize("form", ["log_probability", "probability"])
def test_gold_confidence_is_that_of_the_gold_class(form: str) -> None:
    logits, gold = torch.randn(2, 3, 4), torch.tensor([0, 3, 1])
    found = gold_confidence(logits, gold, form)  # type: ignore[arg-type]
    for v in range(2):
        for n in range(3):
            exponents = [math.exp(x) for x in logits[v, n].tolist()]
            p = exponents[int(gold[n])] / sum(exponents)
            expected = p if form == "probability" else math.log(p)
            assert found[v, n].item() == pytest.approx(expected, rel=1e-5)


class Counting(DummyBackbone):
    """Counts forwards."""

    forwards = 0

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        self.forwards += 1
        return super().forward(evidence)


@pytest.mark.parametrize("gradient", [True, False])
def test_stacked_views_read_as_one_by_one(gradient: bool) -> None:
    model, evidence = Counting(), feature_batch((4, 1, 6), missing=0.2).evidence
    readings = read_views(model, evidence, VIEWS, gradient)
    assert model.forwards == (1 if gradient else 2)
    assert readings.removed.emotion.shape == (5, 3, 6, 4)
    torch.testing.assert_close(readings.clean, model(evidence))
    for k, view in enumerate(VIEWS):
        alone = model(view(evidence))
        torch.testing.assert_close(readings.removed.emotion[k], alone.emotion)
        torch.testing.assert_close(readings.removed.representation[k], alone.representation)
    assert readings.clean.emotion.requires_grad
    assert readings.removed.emotion.requires_grad == gradient


def test_no_views_are_fine() -> None:
    model, evidence = Counting(), feature_batch().evidence
    readings = read_views(model, evidence, [], gradient_through_removed=False)
    assert model.forwards == 1
    assert readings.removed.emotion.shape == (0, *readings.clean.emotion.shape)


def test_a_view_that_takes_nothing_changes_nothing_though_units_are_dropped() -> None:
    model, evidence = dummy_backbone(dropout=0.5), feature_batch((30, 4)).evidence

    def same(edited: EvidenceBatch) -> EvidenceBatch:
        return replace(edited)

    first = read_views(model, evidence, [same, VIEWS[0], same], gradient_through_removed=False)
    assert torch.equal(first.removed.emotion[0], first.clean.emotion)
    assert torch.equal(first.removed.emotion[2], first.clean.emotion)
    assert (first.removed.emotion[1] - first.clean.emotion).abs().max() > 0.1
    again = read_views(model, evidence, [same], gradient_through_removed=False)
    assert (again.clean.emotion - first.clean.emotion).abs().max() > 0.1
    model.eval()
    whole = read_views(model, evidence, [same], gradient_through_removed=False).clean.emotion
    assert (whole - first.clean.emotion).abs().max() > 0.1
    torch.testing.assert_close(whole, model(evidence).emotion)


def test_removed_evidence_leaves_running_statistics_alone() -> None:
    evidence = feature_batch((30, 20)).evidence
    alone, beside = dummy_backbone(statistics=True), dummy_backbone(statistics=True)
    alone(evidence)
    read_views(beside, evidence, VIEWS, gradient_through_removed=False)
    torch.testing.assert_close(beside.state_dict(), alone.state_dict(), rtol=0, atol=0)
    assert all(module.training for module in beside.modules())
