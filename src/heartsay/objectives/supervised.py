"""The emotions' labels and nothing else: what every other objective is compared with (method `base`)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from heartsay.evidence.tensors import Batch
from heartsay.models.backbone import Backbone
from heartsay.objectives.objective import Objective, TaskLoss, labelled


class Supervised(Objective):
    """Train on the task loss alone."""

    def losses(self, model: Backbone, batch: Batch) -> Mapping[str, Tensor]:
        """The task loss, as `task`."""
        return {"task": supervision(self.task_loss, model(batch.evidence).emotion, batch)}


def supervision(task_loss: TaskLoss, logits: Tensor, batch: Batch) -> Tensor:
    """The task loss over a batch's labelled utterances, a scalar.

    Args:
        task_loss: mean loss over utterances.
        logits: of the whole batch, (B, T, C).
        batch: whose labels count.

    Returns:
        0, with a gradient of 0, where nothing is labelled.
    """
    known = labelled(batch)
    chosen = logits[known]  # (N, C)
    return task_loss(chosen, batch.emotion[known]) if len(chosen) else chosen.sum()
