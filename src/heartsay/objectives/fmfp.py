"""Flat minima for failure prediction: SAM steps and averaged weights (Zhu et al., ECCV 2022)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from heartsay.evidence.tensors import Batch
from heartsay.models.backbone import Backbone
from heartsay.objectives.flat_minima import FlatMinima, WeightMean
from heartsay.objectives.objective import TaskLoss, refused


class Fmfp(FlatMinima):
    """The task loss at the worst point nearby (SAM), and the mean of the weights of the last epochs (SWA).

    By default the optimiser and its rate are those of every other method. The published recipe was made for
    image classifiers trained for 200 epochs: transplanted as it is, it scores far below the baseline (CMERC,
    Table 5), which `literal` shows.

    Args:
        task_loss: supervision of the emotions.
        rho: length of the step towards the worst point.
        averaged: share of the epochs, the last ones, whose final weights are averaged.
        literal: SGD and the rates of the published recipe, stretched to the planned epochs, in place of the
            optimiser that a step is given.

    Raises:
        InputError: a setting that is out of range.
    """

    def __init__(
        self, task_loss: TaskLoss, *, rho: float = 0.05, averaged: float = 0.4, literal: bool = False
    ) -> None:
        if not (rho > 0 and math.isfinite(rho)):
            raise refused("FMFP, setting rho", "a length above 0", rho)
        if not 0 < averaged <= 1:
            raise refused("FMFP, setting averaged", "a share above 0, at most 1", averaged)
        super().__init__(task_loss, rho, WeightMean(averaged))
        self.literal = literal
        self.rate = literal_rate(0, 1)
        self._descent: torch.optim.SGD | None = None
        self._descent_state: dict[str, Any] | None = None

    def step(
        self, model: Backbone, batch: Batch, optimizer: torch.optim.Optimizer, gradient_norm: float | None
    ) -> dict[str, float]:
        """One update of the weights by the gradient at the worst ones nearby."""
        return super().step(
            model, batch, self._own_optimizer(model) if self.literal else optimizer, gradient_norm
        )

    def end_epoch(self, model: Backbone, epoch: int, epochs: int) -> None:
        """Take the weights into the mean, near the end."""
        self.rate = literal_rate(epoch + 1, epochs)
        super().end_epoch(model, epoch, epochs)

    def state_dict(self) -> dict[str, Any]:
        """The mean, how many it is of, and the state of the own optimiser."""
        descent = self._descent_state if self._descent is None else self._descent.state_dict()
        return {**super().state_dict(), "rate": self.rate, "descent": descent}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take them up."""
        super().load_state_dict(state)
        self.rate = state["rate"]
        self._descent, self._descent_state = None, state["descent"]

    def _own_optimizer(self, model: Backbone) -> torch.optim.SGD:
        if self._descent is None:
            self._descent = torch.optim.SGD(model.parameters(), lr=self.rate, momentum=0.9, weight_decay=5e-4)
            if self._descent_state is not None:
                self._descent.load_state_dict(self._descent_state)
        self._descent.param_groups[0]["lr"] = self.rate
        return self._descent


def literal_rate(epoch: int, epochs: int) -> float:
    """Learning rate of the published recipe, whose 200 epochs are stretched to those planned.

    From .1 along a cosine of half period 100, which rises again; from epoch 120 on, when averaging begins, to
    .05 along a cosine of half period 10.
    """
    at = 200.0 * epoch / epochs

    def falling(time: float) -> float:
        return 0.05 * (1 + math.cos(math.pi * time / 100))

    if at < 120:
        return falling(at)
    left = (1 + math.cos(math.pi * min(1.0, (at - 120) / 10))) / 2
    return 0.05 + left * (falling(120) - 0.05)
