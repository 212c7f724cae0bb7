"""The fast layer is torch's own, up to rounding."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from heartsay.models.layers.dense import WORTHWHILE, Dense, dense


@pytest.mark.parametrize("rows", [(1,), (16,), (5, 7)])
@pytest.mark.parametrize("bias", [True, False])
def test_values_and_gradients_are_those_of_torch(rows: tuple[int, ...], bias: bool) -> None:
    torch.manual_seed(0)
    layer = Dense(300, 200, bias=bias)
    assert layer.weight.numel() >= WORTHWHILE, "the small path would be tested instead"
    values = torch.randn(*rows, 300, requires_grad=True)
    weights = torch.randn(*rows, 200)
    inputs = [values, *layer.parameters()]
    found = layer(values)
    wanted = functional.linear(values, layer.weight, layer.bias)
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)
    grads = torch.autograd.grad((found * weights).sum(), inputs)
    for one, other in zip(grads, torch.autograd.grad((wanted * weights).sum(), inputs), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    with torch.no_grad():
        torch.testing.assert_close(layer(values), wanted, atol=1e-4, rtol=1e-4)


def test_transposed_values_no_rows_and_other_precisions() -> None:
    weight = torch.randn(200, 300)
    turned = torch.randn(300, 9).T
    torch.testing.assert_close(dense(turned, weight), turned @ weight.T, atol=1e-4, rtol=1e-4)
    assert dense(torch.zeros(0, 300), weight).shape == (0, 200)
    assert dense(turned.double(), weight.double()).dtype == torch.float64
