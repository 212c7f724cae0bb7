"""The emotions' labels and nothing else: what every other objective is compared with (method `base`)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from heartsay.evidence.tensors import Batch
from heartsay.models.backbone import Backbone
from heartsay.models.fusion.modality import listening
from heartsay.objectives.objective import Objective, TaskLoss, labelled


class Supervised(Objective):
    """Train on the task loss alone, and on what a model's gates cost where it has any."""

    def losses(self, model: Backbone, batch: Batch) -> Mapping[str, Tensor]:
        """The task loss, as `task`; with gates the mean over layers of their cost, as `gates`."""
        with listening("gates") as gates:
            parts = {"task": supervision(self.task_loss, model(batch.evidence).emotion, batch)}
        if gates:
            parts["gates"] = torch.stack([each.cost for each in gates]).mean()
        return parts


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
