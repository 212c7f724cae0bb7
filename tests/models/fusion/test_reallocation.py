"""What reallocation leaves as it is, what it moves, and that a bias on the scores does the same."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from heartsay.errors import InputError
from heartsay.models.fusion.modality import FACE, PADDING, TEXT, VOICE, listening
from heartsay.models.fusion.reallocation import (
    Reallocation,
    indicator,
    masses,
    reallocate,
    scaling,
    tell_attention,
    voice_shares,
)

IDS = torch.tensor(
    [[TEXT, VOICE, VOICE, FACE, FACE, FACE, TEXT], [PADDING, TEXT, VOICE, FACE, FACE, TEXT, TEXT]]
)
EAGER: dict[str, Any] = {"tolerance": 0.0, "strength": 1.0}


def scores(seed: int = 0) -> Tensor:
    drawn = 2 * torch.randn(2, 3, 4, 7, generator=torch.Generator().manual_seed(seed))
    return drawn.masked_fill((IDS == PADDING)[:, None, None], float("-inf"))


def weights(seed: int = 0) -> Tensor:
    return scores(seed).softmax(-1)


def of(values: Tensor, what: int) -> Tensor:
    return values * (what == IDS)[:, None, None]


def share(values: Tensor) -> Tensor:
    voice, face = of(values, VOICE).sum(-1), of(values, FACE).sum(-1)
    return voice / (voice + face)


@pytest.mark.parametrize("strength", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("target", [0.0, 0.2, 0.5, 0.9])
def test_rows_text_and_shapes_are_kept(target: float, strength: float) -> None:
    before = weights()
    after = reallocate(before, IDS, Reallocation(target, strength, 0.0))
    assert not torch.allclose(before, after, atol=1e-3)
    torch.testing.assert_close(after.sum(-1), torch.ones(2, 3, 4))
    assert torch.equal(of(after, TEXT), of(before, TEXT))
    assert torch.equal(of(after, PADDING), of(before, PADDING))
    for modality in (VOICE, FACE):
        was, now = of(before, modality), of(after, modality)
        shape = was / was.sum(-1, keepdim=True)
        torch.testing.assert_close(now, shape * now.sum(-1, keepdim=True), rtol=1e-5, atol=1e-7)


def test_the_share_goes_so_much_of_the_way() -> None:
    before = weights()
    torch.testing.assert_close(
        share(reallocate(before, IDS, Reallocation(0.3, **EAGER))), torch.full((2, 3, 4), 0.3)
    )
    half = share(reallocate(before, IDS, Reallocation(0.3, 0.5, 0.0)))
    torch.testing.assert_close(half, (share(before) + 0.3) / 2)


def test_no_strength_moves_nothing() -> None:
    before = weights()
    torch.testing.assert_close(
        reallocate(before, IDS, Reallocation(0.5, 0.0, 0.0)), before, rtol=0, atol=2e-7
    )


def test_shares_near_the_target_are_left_alone_to_the_bit() -> None:
    before = weights()
    after = reallocate(before, IDS, Reallocation(0.5, 1.0, 0.15))
    near = (share(before) - 0.5).abs() <= 0.15
    assert near.any()
    assert not near.all()
    assert torch.equal(after[near], before[near])
    torch.testing.assert_close(share(after)[~near], torch.full_like(share(after)[~near], 0.5))


def test_only_the_rows_that_are_named_move() -> None:
    before, rows = weights(), torch.tensor([[True, False, False, True], [False, False, True, False]])
    after = reallocate(before, IDS, Reallocation(0.9, **EAGER), rows)
    moved = (after != before).any(-1)  # (B, H, R)
    assert torch.equal(moved, rows[:, None].expand_as(moved))


@pytest.mark.parametrize("gone", [VOICE, FACE, "both"])
def test_a_row_that_lacks_a_modality_stays(gone: int | str) -> None:
    away = (IDS != TEXT) & (IDS != PADDING) if gone == "both" else gone == IDS
    before = scores().masked_fill(away[:, None, None], float("-inf")).softmax(-1)
    after = reallocate(before, IDS, Reallocation(0.5, **EAGER))
    assert torch.equal(after, before)


def test_heads_that_look_at_text_stay() -> None:
    before = weights()
    both = masses(before, indicator(IDS, before.dtype)).sum(-1)
    after = reallocate(before, IDS, Reallocation(0.95, heads=0.7, **EAGER))
    moved = (after != before).any(-1)
    assert torch.equal(moved, both >= 0.7)
    assert moved.any()
    assert not moved.all()


def test_a_bias_on_the_scores_does_the_same() -> None:
    given, settings = scores().double(), Reallocation(0.3, 0.5, 0.1)
    before = given.softmax(-1)
    of_keys = indicator(IDS, before.dtype)
    factors = scaling(masses(before, of_keys), settings)
    bias = (factors.log().flatten(1, 2) @ of_keys.transpose(1, 2)).view_as(given)
    torch.testing.assert_close((given + bias).softmax(-1), reallocate(before, IDS, settings))


def test_gradients_pass_and_are_finite() -> None:
    given = scores().requires_grad_()
    reallocate(given.softmax(-1), IDS, Reallocation(0.9, **EAGER)).square().sum().backward()
    assert given.grad is not None
    assert given.grad.isfinite().all()


def test_the_later_half_of_the_layers_is_moved_unless_said_otherwise() -> None:
    assert [Reallocation().moves(k, 5) for k in range(5)] == [False, False, True, True, True]
    assert [Reallocation(layers=(0, 3)).moves(k, 5) for k in range(5)] == [True, False, False, True, False]


def test_shares_by_mass_and_by_token_may_disagree() -> None:
    ids = torch.tensor([[VOICE, FACE, FACE, FACE, FACE]])
    uniform = torch.tensor([[[[0.4, 0.15, 0.15, 0.15, 0.15]]]])
    by_mass, by_token = voice_shares(masses(uniform, indicator(ids, uniform.dtype)), ids)
    assert by_mass == pytest.approx(0.4)
    assert by_token == pytest.approx(0.4 / 0.55)
    assert math.isnan(voice_shares(torch.zeros(1, 1, 1, 2), ids)[0])


def test_attention_is_told_to_who_listens() -> None:
    tell_attention(weights(), IDS)
    with listening("attention") as told:
        tell_attention(weights(), IDS)
    (found,) = told
    torch.testing.assert_close(found.mass[..., 0] / found.mass.sum(-1), share(weights()))


@pytest.mark.parametrize(
    "settings", [{"target": 1.2}, {"strength": -0.1}, {"tolerance": 2}, {"heads": -1}, {"least": 0}]
)
def test_settings_out_of_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(InputError, match="attention reallocation"):
        Reallocation(**settings)  # type: ignore[arg-type]
