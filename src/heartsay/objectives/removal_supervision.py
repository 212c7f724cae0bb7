"""This project's own objective: every view has the label, and less evidence is never to be surer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from heartsay.evidence.tensors import Batch
from heartsay.evidence.views import Replacement, removals
from heartsay.models.backbone import Backbone
from heartsay.objectives.confidence_change import confidence_change, gold_confidence, read_views
from heartsay.objectives.flat_minima import FadingWeightMean, FlatMinima
from heartsay.objectives.objective import TaskLoss, labelled, refused
from heartsay.objectives.supervised import supervision


class RemovalSupervision(FlatMinima):
    """Supervision of the whole and of a few removals drawn anew in each step, and a ranking between them.

    CMERC compares the whole with removals that the model was never trained on, so much of what it corrects is
    how the model takes to strange input. Here removals are ordinary input: they have the label too, which
    also keeps the model from leaning on one modality. What is left of the difference is then about evidence,
    and the ranking trains both sides of it: the whole to be surer and the removal to be less sure of the gold
    class, wherever it is the other way round. Steps descend from the worst weights nearby, and what is read
    with is a fading mean of the weights of past epochs, as flat minima are less over-confident (Zhu et al.,
    ECCV 2022).

    Args:
        task_loss: supervision of the emotions.
        modalities: of the corpus.
        removed: weight of the supervision of removals, averaged over those drawn; the whole has weight 1.
        ranking: weight of the mean confidence change in probability, summed over the removals drawn.
        drawn: how many removals a step reads beside the whole.
        rho: length of the step towards the worst weights; 0 halves the cost and descends from where it is.
        memory: how much less an epoch counts in the mean than the next one, in [0, 1); 0 for no mean.
        removed_by: what stands where a modality was.

    Raises:
        InputError: a setting that is out of range.
    """

    same_draws = True

    def __init__(
        self,
        task_loss: TaskLoss,
        modalities: Sequence[str],
        *,
        removed: float = 0.5,
        ranking: float = 0.5,
        drawn: int = 2,
        rho: float = 0.05,
        memory: float = 0.6,
        removed_by: Replacement = "nothing",
    ) -> None:
        for name, value, least in (
            ("removed", removed, 0.0),
            ("ranking", ranking, 0.0),
            ("drawn", drawn, 1),
            ("rho", rho, 0.0),
        ):
            if not (value >= least and math.isfinite(value)):
                raise refused(f"removal supervision, {name}", f"{least} or more", value)
        if not 0 <= memory < 1:
            raise refused("removal supervision, memory", "0 or more, below 1", memory)
        super().__init__(task_loss, rho, FadingWeightMean(memory))
        self.removed, self.ranking, self.drawn = removed, ranking, drawn
        self.views = list(removals(modalities, removed_by).values())

    def losses(self, model: Backbone, batch: Batch) -> Mapping[str, Tensor]:
        """`task`, `removed` and `ranking`."""
        chosen = torch.randperm(len(self.views))[: self.drawn].tolist()
        views = [self.views[k] for k in chosen]
        readings = read_views(model, batch.evidence, views, gradient_through_removed=True)
        known = labelled(batch)
        gold = batch.emotion[known]
        whole = gold_confidence(readings.clean.emotion[known], gold, "probability")
        without = gold_confidence(readings.removed.emotion[:, known], gold, "probability")
        change = confidence_change(whole, without)  # (V, N)
        supervised = [supervision(self.task_loss, each, batch) for each in readings.removed.emotion]
        return {
            "task": supervision(self.task_loss, readings.clean.emotion, batch),
            "removed": self.removed * torch.stack(supervised).mean(),
            "ranking": self.ranking * change.sum() / max(1, len(gold)),
        }
