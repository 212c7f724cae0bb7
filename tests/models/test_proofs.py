"""The four proofs hold for every registered backbone and fail for those that break them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import pytest
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch
from torch import Tensor, nn

from heartsay.errors import InputError
from heartsay.evidence.tensors import BatchView, EvidenceBatch
from heartsay.evidence.view_stack import stack_views
from heartsay.evidence.views import ALONE, FULL, Replacement, removals
from heartsay.models.backbone import Backbone, EmotionReading, Filling, FillMissing, InputShape
from heartsay.models.proofs import (
    CLOSE,
    PROOFS,
    SHAPE,
    accepted_fillings,
    check_backbone,
    edge_leaks,
    random_evidence,
)
from heartsay.models.registry import BACKBONES, build_backbone
from heartsay.models.strict import read_strictly

Reader = Callable[[EvidenceBatch], EmotionReading]

SMALL: dict[str, dict[str, Any]] = {
    "dialogue-rnn": {"state": 8, "emotion": 6, "hidden": 6},
    "dialogue-gcn": {"encoder": 6, "graph": 6, "hidden": 6, "window": 3, "bases": 3, "longest": 5},
    "mmgcn": {"hidden": 8, "graph_width": 6, "depth": 3},
    "mm-dfn": {"hidden": 8, "graph_width": 6, "depth": 3},
    "m3net": {"hidden": 8, "graph_width": 6, "hypergraph_layers": 2, "high_frequency_layers": 2},
    "evidence-attention": {"width": 16, "layers": 2, "heads": 4},
    "fusion-transformer": {"width": 16, "layers": 2, "heads": 2, "tokens": 2},
    "hct-dmg": {"width": 16, "heads": 2, "tokens": 2},
}
"""Settings that keep a backbone small."""

VIEWS: dict[str, BatchView] = {"whole": FULL, **removals(tuple(WIDTHS))}

every_backbone = pytest.mark.parametrize("name", BACKBONES)
both_modes = pytest.mark.parametrize("mode", ["edges", "strict"])


@cache
def backbone(name: str, filling: str | None = None) -> Backbone:
    torch.manual_seed(3)
    settings = SMALL[name] | ({} if filling is None else {"filling": filling})
    return build_backbone(name, SHAPE, settings).eval()


def reader(name: str, mode: str, filling: str | None = None) -> Reader:
    model = backbone(name, filling)
    read = model if mode == "edges" else partial(read_strictly, model)
    return torch.no_grad()(read)


def test_every_backbone_is_kept_small_here() -> None:
    assert list(SMALL) == list(BACKBONES)
    assert (SHAPE.widths, SHAPE.classes) == (WIDTHS, len(EMOTIONS))


@every_backbone
def test_the_four_proofs_hold(name: str) -> None:
    findings = list(check_backbone(name, SMALL[name]))
    assert [finding for finding in findings if not finding.holds] == []
    strict = BACKBONES[name].load().strict_by_construction
    fillings = ["zero", "learned", *([] if strict else ["conversation_mean"])]
    tried = {(f.proof, f.mode, f.filling) for f in findings}
    modes = [
        (proof, mode)
        for proof in PROOFS
        for mode in ("edges", "strict")
        if (proof, mode) != ("alone", "edges")
    ]
    assert tried == {(proof, mode, filling) for proof, mode in modes for filling in fillings}


@every_backbone
def test_the_leak_of_a_context_is_measured(name: str) -> None:
    leaks = edge_leaks(name, SMALL[name])
    assert set(leaks) == {"own_context", "other_context"}
    for leak in leaks.values():
        if BACKBONES[name].load().strict_by_construction:
            assert leak < CLOSE
        else:
            assert 1e-4 < leak < 1


class Whole(Backbone):
    """Keeps to everything; what is derived from it breaks one thing."""

    def __init__(self, shape: InputShape, *, filling: Filling = "zero") -> None:
        super().__init__()
        self.fill = FillMissing(shape.widths, filling)
        self.encode = nn.Linear(sum(shape.widths.values()), 8)
        self.head = nn.Linear(16, shape.classes)

    def alone(self, evidence: EvidenceBatch) -> Tensor:
        return torch.relu(self.encode(torch.cat(list(self.fill(evidence).values()), -1)))

    def weights(self, evidence: EvidenceBatch) -> Tensor:
        return evidence.visible.float()

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        alone, weights = self.alone(evidence), self.weights(evidence)
        both = torch.cat([alone, weights @ alone / weights.sum(-1, keepdim=True).clamp(min=1)], -1)
        return EmotionReading(self.head(both), both)


class BatchMean(Whole):
    """Takes off the mean of the batch, padding included."""

    def alone(self, evidence: EvidenceBatch) -> Tensor:
        alone = super().alone(evidence)
        return alone - alone.mean((0, 1))


class LooksAtMissing(Whole):
    """Takes the features as they are."""

    def alone(self, evidence: EvidenceBatch) -> Tensor:
        values = torch.cat(list(evidence.features.values()), -1) * evidence.real[..., None]
        return torch.relu(self.encode(values))


class Unbounded(Whole):
    """Claims that nothing hidden has a path, and draws on the whole conversation."""

    strict_by_construction = True

    def weights(self, evidence: EvidenceBatch) -> Tensor:
        return (evidence.real[:, :, None] & evidence.real[:, None, :]).float()


class NoContext(Whole):
    """Reads every utterance by itself."""

    def weights(self, evidence: EvidenceBatch) -> Tensor:
        return torch.eye(evidence.real.shape[1]).expand_as(evidence.visible)


class NoNumber(Whole):
    """Divides by how many others are visible, which may be none."""

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        emotion, representation = super().forward(evidence)
        others = evidence.visible.sum(-1, keepdim=True) - 1
        return EmotionReading(emotion / others, representation)


class Misshapen(Whole):
    """Answers with the padding left out."""

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        emotion, representation = super().forward(evidence)
        return EmotionReading(emotion[evidence.real], representation)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name by which classes of this file can be loaded."""
    monkeypatch.setitem(sys.modules, "bad_examples", sys.modules[__name__])
    return "bad_examples"


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        (Whole, set()),
        (BatchMean, {"company", "alone", "hidden"}),
        (LooksAtMissing, {"hidden", "felt"}),
        (Unbounded, {"alone", "hidden", "felt"}),
        (NoContext, {"felt"}),
        (NoNumber, {"company", "alone", "hidden"}),
    ],
)
def test_a_backbone_that_breaks_a_proof_is_found_out(kind: type, broken: set[str], here: str) -> None:
    assert broken == {f.proof for f in check_backbone(f"{here}:{kind.__name__}", {}) if not f.holds}


def test_what_is_no_reading_is_refused(here: str) -> None:
    with pytest.raises(InputError, match=r"Misshapen answers: expected logits \(3, 7, 4\)"):
        list(check_backbone(f"{here}:Misshapen", {}))


def test_a_filling_that_is_given_is_the_only_one_tried(here: str) -> None:
    assert accepted_fillings(f"{here}:Whole", {}) == ["zero", "learned", "conversation_mean"]
    assert accepted_fillings(f"{here}:Whole", {"filling": "learned"}) == ["learned"]
    with pytest.raises(InputError, match="the settings of bad_examples:Whole are filling"):
        accepted_fillings(f"{here}:Whole", {"width": 3})


@every_backbone
@both_modes
def test_one_speaker_or_one_utterance_is_read(name: str, mode: str) -> None:
    for whole in (feature_batch((4,), speakers=1).evidence, feature_batch((1,)).evidence):
        for view in VIEWS.values():
            assert torch.isfinite(reader(name, mode)(view(whole)).emotion).all()


@every_backbone
def test_training_reaches_every_weight_and_stays_finite(name: str) -> None:
    torch.manual_seed(0)
    model = build_backbone(name, SHAPE, SMALL[name]).train()
    evidence = random_evidence((6, 4), seed=3)
    reading = model(evidence)
    assert reading.emotion.shape == (2, 6, len(EMOTIONS))
    torch.logsumexp(reading.emotion[evidence.real], -1).sum().backward()
    for label, weight in model.named_parameters():
        assert weight.grad is not None, f"{label} takes no part"
        assert torch.isfinite(weight.grad).all(), label


# Views in one forward.


@every_backbone
@both_modes
@pytest.mark.parametrize("by", ["nothing", "conversation_mean"])
def test_a_stack_reads_as_its_views_one_by_one(name: str, mode: str, by: Replacement) -> None:
    for filling in accepted_fillings(name, SMALL[name]):
        whole, read = random_evidence((5, 1, 7)), reader(name, mode, filling)
        views = (FULL, *removals(tuple(WIDTHS), by).values(), ALONE)
        together = read(stack_views(whole, views))
        for k, view in enumerate(views):
            rows = slice(3 * k, 3 * k + 3)
            for one, other in zip(read(view(whole)), together, strict=True):
                torch.testing.assert_close(other[rows], one, atol=CLOSE, rtol=CLOSE)
