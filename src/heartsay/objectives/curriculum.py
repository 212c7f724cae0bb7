"""From easy to hard: how difficult a conversation is, and when it joins training (CMERC's curriculum)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from heartsay.evidence.tensors import Batch, BatchView, EvidenceBatch
from heartsay.models.backbone import Backbone
from heartsay.objectives.confidence_change import Form, confidence_change, gold_confidence, read_views
from heartsay.objectives.objective import labelled


def conversation_difficulty(
    baseline: Backbone, batches: Iterable[Batch], views: Sequence[BatchView], form: Form = "log_probability"
) -> Tensor:
    """How difficult each conversation is for a trained model, conversation after conversation.

    Difficulty is (C + S) / (U + S) for S speakers, U utterances and the sum C of confidence changes over
    utterances and removals (CMERC, eq. 1, whose second term reads S / S in print). It grows with every
    removal that makes the model surer. The model is read in evaluation mode and is left as it was.

    Returns:
        One positive number per conversation, on the CPU.
    """
    training = baseline.training
    baseline.eval()
    with torch.no_grad():
        found = [_difficulty(baseline, batch, views, form) for batch in batches]
    baseline.train(training)
    return torch.cat(found).cpu() if found else torch.zeros(0)


def _difficulty(baseline: Backbone, batch: Batch, views: Sequence[BatchView], form: Form) -> Tensor:
    readings = read_views(baseline, batch.evidence, views, gradient_through_removed=False)
    known = labelled(batch)
    gold = batch.emotion[known]
    clean = gold_confidence(readings.clean.emotion[known], gold, form)  # (N,)
    removed = gold_confidence(readings.removed.emotion[:, known], gold, form)  # (V, N)
    change = torch.zeros(known.shape, dtype=clean.dtype, device=clean.device)
    change[known] = confidence_change(clean, removed).sum(0)
    speakers, utterances = _distinct_speakers(batch.evidence), batch.evidence.real.sum(1)
    return (change.sum(1) + speakers) / (utterances + speakers)  # (B,)


def _distinct_speakers(evidence: EvidenceBatch) -> Tensor:
    """How many speakers say something, (B,)."""
    known = torch.arange(int(evidence.speaker.max()) + 1, device=evidence.speaker.device)
    return (evidence.speaker[..., None] == known).any(1).sum(1)


def baby_steps(difficulty: Tensor, ratio: float, epoch: int) -> Tensor | None:
    """Which conversations an epoch trains on: the easiest, a further share of them each time.

    The first epoch takes the easiest share `ratio`, the next twice that, and so on, so that what has joined
    stays; from epoch 1 / ratio on everything is in. Published shares: .15 on IEMOCAP, .4 on MELD.

    Args:
        difficulty: of each conversation, (n,); of equals the earlier comes first.
        ratio: above 0, at most 1.
        epoch: counted from 0.

    Returns:
        Indices from easy to hard, at least one; None for all.
    """
    share = ratio * (epoch + 1)
    if share >= 1.0:
        return None
    count = max(1, round(share * len(difficulty)))
    return torch.argsort(difficulty, stable=True)[:count]
