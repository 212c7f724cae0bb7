from __future__ import annotations

import pytest
import torch

from heartsay.objectives.flat_minima import worst_nearby


def line() -> torch.nn.Linear:
    layer = torch.nn.Linear(2, 1, bias=False)
    torch.nn.init.ones_(layer.weight)
    layer.weight.grad = torch.tensor([[3.0, 4.0]])
    return layer


def test_the_worst_nearby_lies_up_the_gradient_at_the_length_asked_for() -> None:
    layer = line()
    with worst_nearby(layer, 0.5):
        assert layer.weight.flatten().tolist() == pytest.approx([1.3, 1.4])
    assert layer.weight.flatten().tolist() == [1.0, 1.0]


def test_an_error_within_leaves_the_weights_as_they_were() -> None:
    layer = line()
    with pytest.raises(RuntimeError, match="within"), worst_nearby(layer, 0.5):
        raise RuntimeError("within")
    assert layer.weight.flatten().tolist() == [1.0, 1.0]


def test_gradients_that_are_taken_within_stay() -> None:
    layer = line()
    with worst_nearby(layer, 0.5):
        layer.zero_grad()
        (layer.weight**2).sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.flatten().tolist() == pytest.approx([2.6, 2.8])


def test_a_gradient_of_zero_moves_nothing() -> None:
    layer = line()
    layer.zero_grad(set_to_none=False)
    with worst_nearby(layer, 0.05):
        assert layer.weight.flatten().tolist() == [1.0, 1.0]
