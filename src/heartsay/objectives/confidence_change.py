"""How confidence moves when evidence is taken away, and the readings that show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from heartsay.evidence.tensors import BatchView, EvidenceBatch
from heartsay.evidence.view_stack import ReadingMemory, stack_views
from heartsay.evidence.views import FULL
from heartsay.models.backbone import Backbone, EmotionReading
from heartsay.objectives.shared_dropout import SharedDropout

Form = Literal["log_probability", "probability"]
"""The scale on which confidences are compared: nats, in which published sums are, or the literal reading."""


class ViewReadings(NamedTuple):
    """What a model says of a batch, and of the same batch with something taken away in V ways.

    Attributes:
        clean: of the batch as it is, (B, T, ...).
        removed: of its views in their order, (V, B, T, ...).
    """

    clean: EmotionReading
    removed: EmotionReading


def gold_confidence(logits: Tensor, gold: Tensor, form: Form = "log_probability") -> Tensor:
    """What the gold class gets, (..., N), of logits (..., N, C) and classes (N,)."""
    log_p = functional.log_softmax(logits, dim=-1)
    chosen = log_p.gather(-1, gold.expand(log_p.shape[:-1])[..., None]).squeeze(-1)
    return chosen if form == "log_probability" else chosen.exp()


def confidence_change(clean: Tensor, removed: Tensor) -> Tensor:
    """By how much taking something away made a model surer of the gold class: max(0, o_removed - o).

    Args:
        clean: confidence in the gold class, (N,).
        removed: the same after each of V removals, (V, N).

    Returns:
        (V, N), in the unit of the confidences; 0 wherever confidence fell, as it should. CMERC, CF.
    """
    return (removed - clean).clamp(min=0.0)


def read_views(
    model: Backbone, evidence: EvidenceBatch, views: Sequence[BatchView], gradient_through_removed: bool
) -> ViewReadings:
    """Read a batch and its views, the model in the mode, training or evaluation, that it is in.

    Both sides are read in one mode and, without gradient through the views, with the same units dropped and
    with the batch's own encodings where a view leaves them as they are: a view that takes nothing away
    changes no confidence.

    Args:
        model: any backbone.
        evidence: B conversations of up to T utterances.
        views: V of them; none is fine.
        gradient_through_removed: read everything in one stacked forward, with gradient. Otherwise the views
            are read in a stack of their own without gradient, which costs a third of that and less memory.
    """
    if not views:
        clean = model(evidence)
        return ViewReadings(clean, EmotionReading(*(x.new_zeros(0, *x.shape) for x in clean)))
    batch = evidence.real.shape[0]
    if gradient_through_removed:
        # (1 + V) times B conversations, the batch itself first.
        stacked = model(stack_views(evidence, [FULL, *views]))
        together = [x.unflatten(0, (-1, batch)) for x in stacked]
        return ViewReadings(
            EmotionReading(*(x[0] for x in together)), EmotionReading(*(x[1:] for x in together))
        )
    memory = ReadingMemory()
    dropout = SharedDropout(memory)
    with dropout:
        clean = model(stack_views(evidence, [FULL], memory))
    with torch.no_grad(), _statistics_kept(model), dropout.repeated():
        apart = model(stack_views(evidence, views, memory))
    return ViewReadings(clean, EmotionReading(*(x.unflatten(0, (-1, batch)) for x in apart)))


@contextmanager
def _statistics_kept(model: Backbone) -> Iterator[None]:
    """Normalise by the running statistics and leave them alone.

    Evidence that lacks something is not what a model will meet, and its statistics would shift with every
    modality that is taken away.
    """
    normalisers = [m for m in model.modules() if m.training and getattr(m, "track_running_stats", False)]
    for module in normalisers:
        module.eval()
    try:
        yield
    finally:
        for module in normalisers:
            module.train()
