"""MMGCN: shapes, modalities, views in its graph."""

from __future__ import annotations

import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch

from heartsay.evidence.views import ALONE
from heartsay.models.backbone import InputShape
from heartsay.models.backbones.mmgcn import MMGCN


def small(widths: dict[str, int] | None = None, depth: int = 3) -> MMGCN:
    torch.manual_seed(0)
    shape = InputShape(widths or WIDTHS, 3, len(EMOTIONS))
    return MMGCN(shape, hidden=8, graph_width=6, depth=depth).eval()


def test_shapes_and_any_modalities() -> None:
    for widths in ({"text": 12}, {"voice": 7, "face": 5}, dict(WIDTHS)):
        reading = small(widths)(feature_batch((4, 1), 2, widths).evidence)
        assert reading.emotion.shape == (2, 4, len(EMOTIONS))
        assert reading.representation.shape == (2, 4, len(widths) * 14)
        assert torch.isfinite(reading.emotion).all()


def test_with_all_hidden_only_the_text_encoder_carries_context() -> None:
    model, evidence = small({"voice": 7, "face": 5}), feature_batch((4,), 2, {"voice": 7, "face": 5}).evidence
    # Voice is read as a sequence here, so face must be free of its neighbours' face.
    before = model(ALONE(evidence)).representation
    evidence.features["face"][0, 2] += 3.0
    after = model(ALONE(evidence)).representation
    assert torch.equal(before[0, [0, 1, 3]], after[0, [0, 1, 3]])
    assert not torch.equal(before[0, 2], after[0, 2])


def test_the_published_depth_trains_with_finite_gradients() -> None:
    model, evidence = small(depth=64).train(), feature_batch((5, 3), 2, missing=0.3).evidence
    before = {m: x.clone() for m, x in evidence.features.items()}
    model(evidence).emotion[evidence.real].logsumexp(-1).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert name.endswith("bias_hh_l0") or parameter.grad.abs().max() > 0, name
    assert all(torch.equal(before[m], x) for m, x in evidence.features.items())
