from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from heartsay.objectives.pair_losses import alignment

VALID = torch.ones(2, 4, 4, dtype=torch.bool).tril()


def draw() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return tuple(2 * torch.randn(2, 4, 4, generator=generator) for _ in range(2))  # type: ignore[return-value]


def kl(p: float, q: float) -> float:
    return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))


def per_cell(p: float, q: float, divergence: str) -> float:
    if divergence == "kl":
        return kl(p, q)
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / 2


@pytest.mark.parametrize("divergence", ["kl", "js"])
def test_is_the_mean_divergence_over_candidates(divergence: Any) -> None:
    clean, spoilt = draw()
    cells = [
        per_cell(p.item(), q.item(), divergence)
        for p, q in zip(clean[VALID].sigmoid(), spoilt[VALID].sigmoid(), strict=True)
    ]
    assert alignment(clean, spoilt, VALID, divergence).item() == pytest.approx(
        sum(cells) / len(cells), rel=1e-4
    )


@pytest.mark.parametrize(("divergence", "both"), [("kl", False), ("js", True)])
def test_which_side_gets_a_gradient(divergence: Any, both: bool) -> None:
    clean, spoilt = (x.requires_grad_() for x in draw())
    alignment(clean, spoilt, VALID, divergence).backward()
    assert (clean.grad is not None and bool(clean.grad.any())) is both
    assert spoilt.grad is not None
    assert spoilt.grad[VALID].any()
    assert not spoilt.grad[~VALID].any()


@pytest.mark.parametrize("divergence", ["kl", "js"])
def test_equal_readings_are_aligned_however_sure(divergence: Any) -> None:
    z = torch.tensor([[[0.0, 3.0], [-30.0, 90.0]]], requires_grad=True)
    loss = alignment(z.detach().clone(), z, torch.ones(1, 2, 2, dtype=torch.bool), divergence)
    loss.backward()
    assert loss.item() == pytest.approx(0.0, abs=1e-8)
    assert z.grad is not None
    torch.testing.assert_close(z.grad, torch.zeros_like(z), atol=1e-7, rtol=0.0)


@pytest.mark.parametrize("divergence", ["kl", "js"])
def test_opposite_and_saturated_readings_stay_finite(divergence: Any) -> None:
    clean = torch.full((1, 1, 1), 200.0, requires_grad=True)
    spoilt = torch.full((1, 1, 1), -200.0, requires_grad=True)
    loss = alignment(clean, spoilt, torch.ones(1, 1, 1, dtype=torch.bool), divergence)
    loss.backward()
    assert torch.isfinite(loss)
    assert spoilt.grad is not None
    assert torch.isfinite(spoilt.grad).all()
    if divergence == "js":
        assert loss.item() == pytest.approx(math.log(2), rel=1e-4)


def test_without_candidates_there_is_nothing_to_align() -> None:
    assert alignment(*draw(), torch.zeros(2, 4, 4, dtype=torch.bool)).item() == 0.0
