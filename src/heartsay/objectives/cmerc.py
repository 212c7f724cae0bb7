"""CMERC: confidence that follows evidence, trained into any backbone (Tu et al., ACM MM 2024)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Literal

import torch
from torch import Tensor

from heartsay.errors import InputError
from heartsay.evidence.tensors import Batch, BatchView, EvidenceBatch
from heartsay.evidence.view_stack import stack_views
from heartsay.evidence.views import OTHER_CONTEXT, OWN_CONTEXT, Replacement, removals
from heartsay.models.backbone import Backbone, EmotionReading
from heartsay.objectives.confidence_change import (
    Form,
    ViewReadings,
    confidence_change,
    gold_confidence,
    read_views,
)
from heartsay.objectives.contrast import PseudoLabels, hybrid_contrast, pseudo_labels
from heartsay.objectives.curriculum import baby_steps, conversation_difficulty
from heartsay.objectives.objective import Objective, TaskLoss, labelled, refused
from heartsay.objectives.supervised import supervision

RemovedRead = Literal["alike", "epoch_start"]
"""With what weights and in which mode a batch is read that lacks something."""


class Cmerc(Objective):
    """The task loss, contrasts over modalities and contexts, and a constraint, easy conversations first.

    Every part but the task loss can be switched off. Defaults are the published ones for MELD, because what
    comes with labels here are conversations like MELD's; for IEMOCAP the paper has a curriculum of .15,
    contrasts of .05 and, rescaled, a constraint of 3.9.

    Published code sums the constraint over the utterances of a batch; here it is a mean, so that its weight
    means the same for any batch size. At some 150 utterances a batch, .3 is as strong as the published .002.

    What is compared with what: representations and the clean confidence carry gradient, the confidence after
    a removal does not, so the loss can only make the model surer where it has all the evidence, never unsure
    where it lacks some. Removed views are therefore read without gradient.

    Args:
        task_loss: supervision of the emotions.
        modalities: of the corpus; the removal of each is a view where there are several.
        curriculum: share of the conversations that joins with each epoch; None for all from the start.
        modality_contrast: weight of the contrast under removal of a modality, summed over modalities; None
            for none.
        context_contrast: the same for own-speaker and other-speaker context.
        constraint: weight of the mean confidence change, summed over removals; None for none.
        form: scale of the constraint and of difficulty.
        rule: who says which utterances the contrast draws together.
        removed_by: what stands where a modality was.
        views: names of the removals to use, all if not given (Table 7 of the paper).
        removed_read: `alike` reads what lacks something with the same weights, in the same mode and with the
            same units dropped; `epoch_start` as the public code does, with the weights that the epoch began
            with and without dropout, so that dropout on the other side counts as a change of confidence.

    Raises:
        InputError: a setting that is out of range, or a removal that the corpus does not have.
    """

    def __init__(
        self,
        task_loss: TaskLoss,
        modalities: Sequence[str],
        *,
        curriculum: float | None = 0.4,
        modality_contrast: float | None = 0.15,
        context_contrast: float | None = 0.15,
        constraint: float | None = 0.3,
        form: Form = "log_probability",
        rule: PseudoLabels = "paper",
        removed_by: Replacement = "nothing",
        views: Sequence[str] | None = None,
        removed_read: RemovedRead = "alike",
    ) -> None:
        super().__init__(task_loss)
        if curriculum is not None and not 0 < curriculum <= 1:
            raise refused("CMERC, setting curriculum", "a share above 0, at most 1, or none", curriculum)
        weights = {
            "modality_contrast": modality_contrast,
            "context_contrast": context_contrast,
            "constraint": constraint,
        }
        for name, weight in weights.items():
            if weight is not None and not 0 <= weight < float("inf"):
                raise refused(f"CMERC, setting {name}", "a weight of 0 or more, or none", weight)
        # A weight of 0 is none: what it would need is not read.
        self.weights = {name: weight for name, weight in weights.items() if weight}
        self.share, self.form, self.rule = curriculum, form, rule
        self.needs_baseline = curriculum is not None
        self.views = _chosen(removals(modalities, removed_by), views)
        self.difficulty: Tensor | None = None
        self.removed_read = removed_read
        self._at_start: Backbone | None = None
        self._start_weights: Mapping[str, Tensor] | None = None

    def losses(self, model: Backbone, batch: Batch) -> Mapping[str, Tensor]:
        """`task`, and what is switched on of `modality_contrast`, `context_contrast` and `constraint`."""
        names = self._names_in_use()
        views = [self.views[name] for name in names]
        readings = self._readings(model, batch.evidence, views)
        parts = {"task": supervision(self.task_loss, readings.clean.emotion, batch)}
        if not names:
            return parts
        known = labelled(batch)
        gold = batch.emotion[known]  # (N,)
        clean, removed = (
            readings.clean.emotion[known],
            readings.removed.emotion[:, known],
        )  # (N, C), (V, N, C)
        marked = pseudo_labels(clean.detach(), removed, gold, self.rule)  # (V, N)
        if "modality_contrast" in self.weights or "context_contrast" in self.weights:
            contrast = hybrid_contrast(readings.clean.representation[known], marked)  # (V,)
            of_context = torch.tensor([name in CONTEXTS for name in names], device=marked.device)
            for part, chosen in (("modality_contrast", ~of_context), ("context_contrast", of_context)):
                if part in self.weights:
                    parts[part] = self.weights[part] * contrast[chosen].sum()
        if "constraint" in self.weights:
            before = gold_confidence(clean, gold, self.form)  # (N,)
            after = gold_confidence(removed, gold, self.form)  # (V, N)
            change = confidence_change(before, after).sum() / max(1, len(gold))
            parts["constraint"] = self.weights["constraint"] * change
        return parts

    def begin(self, batches: Iterable[Batch], baseline: Backbone | None) -> None:
        """Let the baseline say how difficult each training conversation is, once."""
        if self.share is None:
            return
        if baseline is None:
            raise InputError(
                expected="a trained baseline, which says what is difficult",
                found="none",
                where="CMERC's curriculum",
                do="train the same backbone with `base` first, or switch the curriculum off",
            )
        self.difficulty = conversation_difficulty(baseline, batches, list(self.views.values()), self.form)

    def curriculum(self, epoch: int, conversations: int) -> Tensor | None:
        """The easiest conversations, a further share of them with each epoch."""
        if self.share is None or self.difficulty is None:
            return None
        return baby_steps(self.difficulty, self.share, epoch)

    def end_epoch(self, model: Backbone, epoch: int, epochs: int) -> None:
        """What lacks something is read with the weights that the next epoch begins with."""
        self._at_start = None

    def state_dict(self) -> dict[str, Any]:
        """The difficulty of the training conversations, and the weights that the epoch began with."""
        difficulty = {} if self.difficulty is None else {"difficulty": self.difficulty}
        start = {} if self._at_start is None else {"start": dict(self._at_start.state_dict())}
        return difficulty | start

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up the difficulties and the weights that the epoch began with."""
        self._start_weights = state.get("start")
        difficulty = state.get("difficulty")
        self.difficulty = None if difficulty is None else difficulty.cpu()

    def _readings(self, model: Backbone, evidence: EvidenceBatch, views: Sequence[BatchView]) -> ViewReadings:
        """The batch as it is, with gradient, and its views without."""
        if self.removed_read == "alike" or not views:
            return read_views(model, evidence, views, gradient_through_removed=False)
        if self._at_start is None:
            self._at_start = deepcopy(model).eval()
            if self._start_weights is not None:
                self._at_start.load_state_dict(self._start_weights)
                self._start_weights = None
        clean = model(evidence)
        with torch.no_grad():
            apart = self._at_start(stack_views(evidence, views))
        size = evidence.real.shape[0]
        return ViewReadings(clean, EmotionReading(*(x.unflatten(0, (-1, size)) for x in apart)))

    def _names_in_use(self) -> list[str]:
        """The removals that a part which is switched on looks at."""
        if "constraint" in self.weights:
            return list(self.views)
        return [
            name
            for name in self.views
            if ("context_contrast" if name in CONTEXTS else "modality_contrast") in self.weights
        ]


CONTEXTS = (OWN_CONTEXT.name, OTHER_CONTEXT.name)
"""Names of the removals of context; the others are removals of a modality."""


def _chosen(known: Mapping[str, BatchView], names: Sequence[str] | None) -> dict[str, BatchView]:
    if names is None:
        return dict(known)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise refused("CMERC, setting views", f"names out of {', '.join(known)}", ", ".join(unknown))
    return {name: view for name, view in known.items() if name in names}
