"""Flat minima: steps from the worst weights nearby (SAM), and means of the weights of past epochs (SWA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from heartsay.evidence.tensors import Batch
from heartsay.models.backbone import Backbone
from heartsay.objectives.objective import TaskLoss, descend
from heartsay.objectives.supervised import Supervised


class FlatMinima(Supervised):
    """Descends from the worst weights nearby; what is read with is a mean of the weights of past epochs.

    Args:
        task_loss: supervision of the emotions.
        rho: length of the step towards the worst weights; 0 halves the cost and descends from where it is.
        mean: of the weights.
    """

    same_draws: bool = False
    """Whether both passes of a step draw the same at random, so that the second asks about the same loss."""

    def __init__(self, task_loss: TaskLoss, rho: float, mean: WeightMean) -> None:
        super().__init__(task_loss)
        self.rho, self.mean = rho, mean

    def step(
        self, model: Backbone, batch: Batch, optimizer: torch.optim.Optimizer, gradient_norm: float | None
    ) -> dict[str, float]:
        """One update of the weights by the gradient at the worst ones nearby."""
        if not self.rho:
            return super().step(model, batch, optimizer, gradient_norm)
        device = batch.emotion.device
        drawing = torch.random.fork_rng([device] if device.type == "cuda" else [])
        with drawing if self.same_draws else nullcontext():
            parts = self.backward(model, batch, optimizer)
        with worst_nearby(model, self.rho):
            self.backward(model, batch, optimizer)
        descend(model, optimizer, gradient_norm)
        return parts

    def end_epoch(self, model: Backbone, epoch: int, epochs: int) -> None:
        """Take the weights into the mean."""
        self.mean.end_epoch(model, epoch, epochs)

    def evaluated(self, model: Backbone) -> Backbone:
        """A model with the mean weights, once there are any."""
        return self.mean.model(model)

    def state_dict(self) -> dict[str, Any]:
        """The mean, and how many it is of."""
        return self.mean.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take them up."""
        self.mean.load_state_dict(state)


@contextmanager
def worst_nearby(model: nn.Module, rho: float) -> Iterator[None]:
    """Within it the model has the weights a step of length rho up its gradient; afterwards its own again.

    Gradients taken within are those that a sharpness-aware step descends along (Foret et al., ICLR 2021).

    Args:
        model: after a backward pass.
        rho: length of the step, over all weights as one vector.
    """
    with_gradient = [(weight, weight.grad) for weight in model.parameters() if weight.grad is not None]
    before = [weight.detach().clone() for weight, _ in with_gradient]
    length = torch.stack([gradient.norm() for _, gradient in with_gradient]).norm()
    with torch.no_grad():
        for weight, gradient in with_gradient:
            weight.add_(gradient * (rho / (length + 1e-12)))
    try:
        yield
    finally:
        with torch.no_grad():
            for (weight, _), value in zip(with_gradient, before, strict=True):
                weight.copy_(value)


class WeightMean:
    """The mean of the weights at the ends of the last epochs (Izmailov et al., UAI 2018).

    Running statistics are averaged like weights instead of being collected once more at the end: those of the
    backbones here describe features, which training does not change.

    Args:
        share: of the planned epochs, the last ones, that are averaged.
    """

    def __init__(self, share: float) -> None:
        self.share = share
        self.mean: dict[str, Tensor] = {}
        self.count = 0

    def end_epoch(self, model: Backbone, epoch: int, epochs: int) -> None:
        """Take the weights into the mean, near the end; `epoch` counts from 0."""
        if epoch < epochs - max(1, round(self.share * epochs)):
            return
        self.count += 1
        for name, value in model.state_dict().items():
            if value.is_floating_point() and self.count > 1:
                self.mean[name] += self._weighed(value - self.mean[name])
            else:
                self.mean[name] = value.detach().clone()

    def _weighed(self, change: Tensor) -> Tensor:
        """What a change from the mean to the newest weights adds to the mean."""
        return change / self.count

    def model(self, model: Backbone) -> Backbone:
        """A model with the mean weights, once there are any; until then the one given."""
        if not self.count:
            return model
        averaged = deepcopy(model)
        averaged.load_state_dict(self.mean)
        return averaged

    def state_dict(self) -> dict[str, Any]:
        """The mean, and how many it is of."""
        return {"mean": {name: value.clone() for name, value in self.mean.items()}, "count": self.count}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take them up."""
        self.mean = {name: value.clone() for name, value in state["mean"].items()}
        self.count = state["count"]


class FadingWeightMean(WeightMean):
    """The mean of the weights at the ends of all epochs, each counting less than the next by a factor.

    It follows training from the first epoch on, so it serves a run whose best epoch comes early, where a mean
    of the last epochs has not begun.

    Args:
        memory: the factor, in [0, 1); 0 is the last epoch alone.
    """

    def __init__(self, memory: float) -> None:
        super().__init__(share=1.0)
        self.memory = memory

    def _weighed(self, change: Tensor) -> Tensor:
        newest = (1.0 - self.memory) / (1.0 - self.memory**self.count)
        return change * newest
