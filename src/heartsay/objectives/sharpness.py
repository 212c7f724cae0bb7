"""The worst weights nearby, from which sharpness-aware minimisation descends (Foret et al., ICLR 2021)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def worst_nearby(model: nn.Module, rho: float) -> Iterator[None]:
    """Within it the model has the weights a step of length rho up its gradient; afterwards its own again.

    Gradients taken within are those that a sharpness-aware step descends along.

    Args:
        model: after a backward pass.
        rho: length of the step, over all weights as one vector.
    """
    weights = [weight for weight in model.parameters() if weight.grad is not None]
    before = [weight.detach().clone() for weight in weights]
    climb(weights, rho)
    try:
        yield
    finally:
        with torch.no_grad():
            for weight, value in zip(weights, before, strict=True):
                weight.copy_(value)


def climb(weights: Sequence[Tensor], rho: float) -> None:
    """Move weights, in place, by a step of length rho along their gradient, taken as one vector."""
    gradients = [w.grad for w in weights if w.grad is not None]
    if not gradients:
        return
    length = torch.stack([g.norm() for g in gradients]).norm()
    with torch.no_grad():
        for weight, gradient in zip(weights, gradients, strict=True):
            weight += gradient * (rho / (length + 1e-12))
