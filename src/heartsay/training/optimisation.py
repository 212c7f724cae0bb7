"""How weights are moved: the settings that every kind of run shares, and what is built from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from heartsay.objectives import objective

Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Decay = Literal["none", "linear", "cosine"]

Rate = Callable[[int], float]
"""From the number of a step, from 0, to the share of the highest learning rate."""


class OptimisationSettings(BaseModel):
    """What the settings of every kind of run have in common; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    """What is trained with such settings."""

    optimizer: ClassVar[Callable[..., torch.optim.Optimizer]] = torch.optim.AdamW
    fused: ClassVar[bool] = True
    """Whether one kernel moves all weights: faster, and other last digits."""

    decay: ClassVar[Decay] = "linear"
    """How learning rates fall once they have risen."""

    epochs: int = Field(ge=1)
    weight_decay: NotNegative = 0.0
    warmup: Share = Field(default=0.0, description="Share of the steps over which the learning rate rises.")
    gradient_norm: Positive | None = Field(
        default=None, description="Gradients are scaled down to this norm; not at all if not given."
    )

    def optimisation(
        self, groups: Sequence[tuple[Iterable[nn.Parameter], float]], steps: int
    ) -> Optimisation:
        """The optimiser of groups of weights, each with its highest learning rate, for so many steps."""
        optimizer = type(self).optimizer(
            [{"params": list(weights), "lr": rate} for weights, rate in groups],
            weight_decay=self.weight_decay,
            fused=self.fused,
        )
        return Optimisation(optimizer, learning_rate(steps, self.warmup, self.decay), self.gradient_norm)


class Optimisation:
    """An optimiser, how its learning rates go, and the largest norm of its gradients.

    Args:
        optimizer: its groups have their highest learning rates.
        rate: what share of them each step has.
        gradient_norm: gradients are scaled down to this norm, if given.
    """

    def __init__(
        self, optimizer: torch.optim.Optimizer, rate: Rate, gradient_norm: float | None = None
    ) -> None:
        self.optimizer, self.rate, self.gradient_norm = optimizer, rate, gradient_norm
        self._highest = [group["lr"] for group in optimizer.param_groups]

    def begin_step(self, step: int) -> None:
        """Set the learning rates of a step, counted from 0 over all epochs."""
        for group, highest in zip(self.optimizer.param_groups, self._highest, strict=True):
            group["lr"] = highest * self.rate(step)

    def descend(self, model: nn.Module, total: Tensor, parts: Mapping[str, Tensor]) -> dict[str, float]:
        """Update the weights by the gradient of a loss.

        Args:
            model: whose weights they are.
            total: the loss.
            parts: what it is made of, to be reported.

        Returns:
            The parts.

        Raises:
            DivergedError: of `heartsay.objectives.objective`; the loss is not finite, weights are as before.
        """
        if not torch.isfinite(total):
            raise objective.DivergedError(
                ", ".join(f"{name} {part.item():.4g}" for name, part in parts.items())
            )
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        objective.descend(model, self.optimizer, self.gradient_norm)
        return {name: part.item() for name, part in parts.items()}

    def state_dict(self) -> dict[str, Any]:
        """The state of the optimiser; learning rates follow from the number of the step."""
        return self.optimizer.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self.optimizer.load_state_dict(state)


def learning_rate(steps: int, warmup: float, decay: Decay) -> Rate:
    """A linear rise over a share of the steps, then 1, a line to 0, or half a cosine to 0."""
    rise = max(1, round(warmup * steps))
    fall = max(1, steps - rise)

    def rate(step: int) -> float:
        risen = (step + 1) / rise
        if decay == "linear":
            return min(risen, max(0.0, (steps - step) / fall))
        if step < rise or decay == "none":
            return min(1.0, risen)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rise) / fall)))

    return rate
