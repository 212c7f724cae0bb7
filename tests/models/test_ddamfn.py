from __future__ import annotations

import pytest
import torch

from heartsay.models.ddamfn import (
    CoordinateAttention,
    Ddamfn,
    DdamfnSettings,
    MixedDepthwise,
    apart_loss,
    ddamfn_loss,
)

TINY = DdamfnSettings(
    classes=3, channels=(8, 12, 16), blocks=2, kernels=(3, 5), heads=2, side=24, greyscale=True
)


def test_a_few_faces_are_learnt_by_heart() -> None:
    torch.manual_seed(0)
    faces, labels = torch.randn(9, 1, 24, 24), torch.arange(9) % 3
    model = Ddamfn(TINY)
    optimiser = torch.optim.Adam(model.parameters(), 5e-3)
    before = None
    for _ in range(40):
        logits, _, maps = model(faces)
        loss = ddamfn_loss(logits, maps, labels)
        before = loss.item() if before is None else before
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert before is not None
    assert loss.item() < before
    assert (logits.argmax(1) == labels).all()


def test_shapes_are_those_of_the_settings() -> None:
    logits, features, maps = Ddamfn(TINY).eval()(torch.randn(2, 1, 24, 24))
    assert (logits.shape, features.shape) == ((2, 3), (2, 16))
    assert [m.shape for m in maps] == [(2, 16, 3, 3)] * 2
    assert all(m.min() >= 0 and m.max() <= 1 for m in maps)
    with pytest.raises(ValueError, match="cannot be halved 3 times"):
        DdamfnSettings(channels=(8, 12, 16), side=50)


def test_the_published_sizes_end_in_a_map_of_seven() -> None:
    assert DdamfnSettings().map_side == 7


def test_heads_that_look_alike_cost_most() -> None:
    one, other = torch.rand(2, 4, 3, 3), torch.rand(2, 4, 3, 3)
    assert apart_loss([one, one]) > apart_loss([one, other])
    assert apart_loss([one]) == 0


def test_channels_are_shared_out_among_kernels_and_none_is_lost() -> None:
    mixed = MixedDepthwise(10, (3, 5, 7))
    assert sum(mixed.sizes) == 10
    x = torch.randn(1, 10, 8, 8)
    y = mixed(x)
    assert y.shape == x.shape
    x[:, 9] += 1
    changed = (mixed(x) - y).abs().amax((0, 2, 3)) > 0
    assert changed.tolist() == [False] * 9 + [True]  # depthwise: a channel moves itself alone


def test_coordinate_attention_only_scales_down() -> None:
    x = torch.randn(2, 8, 5, 7)
    y = CoordinateAttention(8).eval()(x)
    assert y.shape == x.shape
    assert (y.abs() <= x.abs()).all()
