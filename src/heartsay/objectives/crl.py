"""Correctness ranking loss: what was learnt late should be said with less confidence (Moon et al., 2020)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from heartsay.evidence.tensors import Batch
from heartsay.models.backbone import Backbone
from heartsay.objectives.objective import Objective, TaskLoss, labelled
from heartsay.objectives.supervised import supervision


def correctness_ranking(confidence: Tensor, correctness: Tensor) -> Tensor:
    """Rank neighbours by how often they were right, the last beside the first.

    Of two utterances the one that was right more often must be surer by as much as their shares of right
    readings differ; what it lacks is the loss. Pairs of equal shares cost nothing and count in the mean.

    Args:
        confidence: the largest probability of each utterance, (N,).
        correctness: share of the past epochs in which it was read rightly, (N,).
    """
    if not len(confidence):
        return confidence.sum()
    margin = correctness - correctness.roll(-1)
    ahead = confidence - confidence.roll(-1)
    return (margin.abs() - margin.sign() * ahead).clamp(min=0.0).where(margin != 0, 0.0).mean()


class Crl(Objective):
    """The task loss, and a ranking of confidence by the history of each utterance.

    Args:
        task_loss: supervision of the emotions.
        ranking: weight of the ranking, 1 as published.
    """

    def __init__(self, task_loss: TaskLoss, *, ranking: float = 1.0) -> None:
        super().__init__(task_loss)
        self.ranking = ranking
        self.right = torch.zeros(0)  # how often each utterance of the split was read rightly
        self.epochs = 0
        self._latest: tuple[Tensor, Tensor] | None = None

    def begin(self, batches: Iterable[Batch], baseline: Backbone | None) -> None:
        """Make room for the history of every utterance."""
        numbers = [int(batch.number.max()) for batch in batches]
        self.right = torch.zeros(max(numbers, default=-1) + 1)

    def losses(self, model: Backbone, batch: Batch) -> Mapping[str, Tensor]:
        """`task` and `ranking`."""
        logits = model(batch.evidence).emotion
        known = labelled(batch)
        confidence, predicted = logits[known].softmax(-1).max(-1)  # (N,)
        number = batch.number[known].cpu()
        self._latest = number, (predicted == batch.emotion[known]).float().cpu()
        # Counts are shares of the epochs that are over; within the first all are 0.
        correctness = (self.right[number] / max(1, self.epochs)).to(confidence)
        return {
            "task": supervision(self.task_loss, logits, batch),
            "ranking": self.ranking * correctness_ranking(confidence, correctness),
        }

    def step(
        self, model: Backbone, batch: Batch, optimizer: torch.optim.Optimizer, gradient_norm: float | None
    ) -> dict[str, float]:
        """One update of the weights, and of the history by what was read before it."""
        parts = super().step(model, batch, optimizer, gradient_norm)
        if self._latest is not None:
            number, right = self._latest
            self.right[number] += right
        return parts

    def end_epoch(self, model: Backbone, epoch: int, epochs: int) -> None:
        """One more epoch that the history counts."""
        self.epochs = epoch + 1

    def state_dict(self) -> dict[str, Any]:
        """The history."""
        return {"right": self.right.clone(), "epochs": self.epochs}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up the history."""
        self.right, self.epochs = state["right"].cpu().clone(), state["epochs"]
