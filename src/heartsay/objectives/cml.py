"""Calibrating multimodal learning: fewer modalities must not read surer (Ma et al., ICML 2023)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from heartsay.evidence.tensors import Batch, BatchView
from heartsay.evidence.views import Replacement, without
from heartsay.models.backbone import Backbone
from heartsay.objectives.confidence_change import read_views
from heartsay.objectives.objective import Objective, TaskLoss, labelled
from heartsay.objectives.supervised import supervision


def fewer_not_surer(logits: Tensor, gold: Tensor) -> Tensor:
    """By how much each reading of a chain is surer than the one before it, which had a modality more.

    Where the fuller reading is right the whole difference is trained on; where both are wrong only the
    confidence of the poorer is, so that a wrong reading is not made surer; where the fuller alone is wrong
    there is no loss.

    Args:
        logits: of each reading of the chain, the fullest first, (K, N, C).
        gold: classes, (N,).

    Returns:
        Mean over utterances, summed over the K - 1 steps of the chain; 0 without utterances.
    """
    confidence, predicted = logits.softmax(-1).max(-1)  # (K, N)
    fuller_right = (predicted == gold)[:-1]
    both_wrong = (predicted != gold)[:-1] & (predicted != gold)[1:]
    fuller = torch.where(fuller_right, confidence[:-1], confidence[:-1].detach())
    excess = (confidence[1:] - fuller).clamp(min=0.0)
    return excess.where(fuller_right | both_wrong, 0.0).sum() / max(1, len(gold))


class Cml(Objective):
    """The task loss over a chain of readings with fewer and fewer modalities, and a ranking along it.

    Each step draws the order in which modalities leave; what remains at the end is one of them. All readings
    take part in training, so they are one stacked forward with gradient.

    Args:
        task_loss: supervision of the emotions, averaged over the chain.
        modalities: of the corpus; with one there is nothing to take away.
        ranking: weight of the ranking per utterance. Published code sums over the batch with weight .1; at
            some 150 utterances a batch the mean is as strong at 15.
        removed_by: what stands where a modality was.
    """

    def __init__(
        self,
        task_loss: TaskLoss,
        modalities: Sequence[str],
        *,
        ranking: float = 15.0,
        removed_by: Replacement = "nothing",
    ) -> None:
        super().__init__(task_loss)
        self.modalities, self.ranking, self.removed_by = tuple(modalities), ranking, removed_by

    def losses(self, model: Backbone, batch: Batch) -> Mapping[str, Tensor]:
        """`task` and `ranking`."""
        order = torch.randperm(len(self.modalities)).tolist()
        leaving = [self.modalities[k] for k in order[:-1]]
        readings = read_views(
            model, batch.evidence, removal_chain(leaving, self.removed_by), gradient_through_removed=True
        )
        logits = torch.cat([readings.clean.emotion[None], readings.removed.emotion])  # (K, B, T, C)
        known = labelled(batch)
        return {
            "task": torch.stack([supervision(self.task_loss, each, batch) for each in logits]).mean(),
            "ranking": self.ranking * fewer_not_surer(logits[:, known], batch.emotion[known]),
        }


def removal_chain(leaving: Sequence[str], by: Replacement = "nothing") -> list[BatchView]:
    """Views that take the first away, the first two, and so on."""
    return [without(*leaving[: k + 1], by=by) for k in range(len(leaving))]
