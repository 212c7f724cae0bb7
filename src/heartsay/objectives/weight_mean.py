"""Running means of a model's weights at the ends of epochs: of the last ones, or one that fades."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from torch import Tensor

from heartsay.models.backbone import Backbone


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
                self.mean[name] += (value - self.mean[name]) / self.count
            else:
                self.mean[name] = value.detach().clone()

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

    def end_epoch(self, model: Backbone, epoch: int, epochs: int) -> None:
        """Take the weights into the mean."""
        self.count += 1
        newest = (1.0 - self.memory) / (1.0 - self.memory**self.count)
        for name, value in model.state_dict().items():
            if value.is_floating_point() and self.count > 1:
                self.mean[name] += (value - self.mean[name]) * newest
            else:
                self.mean[name] = value.detach().clone()
