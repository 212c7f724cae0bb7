"""HCT-DMG: the gate says which modality is primary, and what the hierarchy lets through."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch

from heartsay.errors import InputError
from heartsay.evidence.views import ALONE, without
from heartsay.models.backbone import InputShape
from heartsay.models.backbones.hct_dmg import HctDmg

SHAPE = InputShape(WIDTHS, 3, len(EMOTIONS))


def model(*gates: float, **settings: Any) -> HctDmg:
    torch.manual_seed(1)
    made = HctDmg(SHAPE, **{"width": 16, "heads": 2, "tokens": 2, **settings}).eval()
    if gates:
        with torch.no_grad():
            made.gate.copy_(torch.tensor(gates))
    return made


def test_the_highest_gate_is_primary() -> None:
    assert model().hierarchy == [0, 1, 2]
    assert model(0.1, 0.3, 0.2).hierarchy == [1, 2, 0]


def test_another_primary_modality_reads_otherwise() -> None:
    evidence = feature_batch((4,)).evidence
    with torch.no_grad():
        # Shares of the gates are nearly alike, so what differs is who leads.
        one, two = (model(*gates)(evidence).emotion for gates in ((1e-4, 0.0, 0.0), (0.0, 1e-4, 0.0)))
    assert (one - two).abs().max() > 1e-3


def test_gates_learn() -> None:
    read = model()
    read(feature_batch((4, 3)).evidence).emotion.square().sum().backward()
    assert read.gate.grad is not None
    assert (read.gate.grad.abs() > 0).all()


def test_any_modality_may_be_missing() -> None:
    evidence = ALONE(feature_batch((4, 3)).evidence)
    for gone in (*((m,) for m in WIDTHS), tuple(WIDTHS), ("text", "voice")):
        with torch.no_grad():
            assert model()(without(*gone)(evidence)).emotion.isfinite().all()


def test_it_is_about_as_large_as_published() -> None:
    read = HctDmg(InputShape({"text": 384, "voice": 64, "face": 96}, 8, 7))
    assert 0.3e6 < sum(weight.numel() for weight in read.parameters()) < 0.9e6


@pytest.mark.parametrize("settings", [{"width": 10, "heads": 4}, {"filling": "conversation_mean"}])
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        HctDmg(SHAPE, **settings)
