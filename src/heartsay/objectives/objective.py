"""What every objective over Evidence shares: a loss per batch, and what may change between epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from heartsay.errors import InputError
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tensors import Batch
from heartsay.models.backbone import Backbone

TaskLoss = Callable[[Tensor, Tensor], Tensor]
"""From logits (N, C) and gold classes (N,), labelled utterances only, to the mean loss, a scalar."""


class DivergedError(Exception):
    """A loss that is not a number; the training loop says where."""


class Objective:
    """What a backbone is trained to do over the readings of one or several views.

    It sees the model as a function from Evidence to Reading and never looks inside.

    Args:
        task_loss: supervision of the emotions; the other parts come on top of it.
    """

    needs_baseline: bool = False
    """Whether `begin` wants a trained model of the same kind."""

    def __init__(self, task_loss: TaskLoss) -> None:
        self.task_loss = task_loss

    def losses(self, model: Backbone, batch: Batch) -> Mapping[str, Tensor]:
        """The weighted parts of the loss, scalars; what is minimised is their sum."""
        raise NotImplementedError

    def begin(self, batches: Iterable[Batch], baseline: Backbone | None) -> None:
        """Look at the whole training split before the first step.

        Args:
            batches: the training conversations in the order of the split, on the model's device.
            baseline: a trained model of the same kind, where `needs_baseline`.
        """

    def curriculum(self, epoch: int, conversations: int) -> Tensor | None:
        """Indices of the training conversations to use in an epoch, counted from 0; None for all."""
        return None

    def step(
        self, model: Backbone, batch: Batch, optimizer: torch.optim.Optimizer, gradient_norm: float | None
    ) -> dict[str, float]:
        """One update of the weights.

        Returns:
            The parts of the loss.

        Raises:
            DivergedError: the loss is not finite; weights are left as they were.
        """
        parts = self.backward(model, batch, optimizer)
        descend(model, optimizer, gradient_norm)
        return parts

    def backward(self, model: Backbone, batch: Batch, optimizer: torch.optim.Optimizer) -> dict[str, float]:
        """Leave the gradient of the loss on a batch in the weights, and return the parts of the loss.

        Raises:
            DivergedError: the loss is not finite; gradients are left as they were.
        """
        parts = self.losses(model, batch)
        total = torch.stack(list(parts.values())).sum()
        if not torch.isfinite(total):
            raise DivergedError(", ".join(f"{name} {part.item():.4g}" for name, part in parts.items()))
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        return {name: part.item() for name, part in parts.items()}

    def end_epoch(self, model: Backbone, epoch: int, epochs: int) -> None:
        """Called after the last step of an epoch, counted from 0, of as many as are planned."""

    def evaluated(self, model: Backbone) -> Backbone:
        """The model whose readings count after an epoch; weight averaging answers with its own."""
        return model

    def state_dict(self) -> dict[str, Any]:
        """What going on after a kill needs: tensors, numbers, strings and containers of them."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a saved state, after `begin`."""


def refused(setting: str, expected: str, found: object) -> InputError:
    """What to raise for a setting of an objective that is out of range."""
    return InputError(expected=expected, found=str(found), where=setting, do="change the setting")


def descend(model: nn.Module, optimizer: torch.optim.Optimizer, gradient_norm: float | None) -> None:
    """Update the weights by the gradient in them, scaled to a norm of at most `gradient_norm` if given."""
    if gradient_norm is not None:
        nn.utils.clip_grad_norm_(model.parameters(), gradient_norm)
    optimizer.step()


def labelled(batch: Batch) -> Tensor:
    """Which utterances have a label, bool (B, T)."""
    return (batch.emotion != UNLABELLED) & batch.evidence.real
