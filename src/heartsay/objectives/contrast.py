"""Hybrid supervised contrastive loss of CMERC: what removal makes surer apart from what it makes unsurer."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from heartsay.objectives.confidence_change import gold_confidence

PseudoLabels = Literal["paper", "code"]
"""Who says which utterances belong together: the paper's rule or that of its public code."""

TEMPERATURE = 0.07

_SHORTEST = 1e-3
"""Vectors below this length count as this long; a unit vector of next to nothing has an endless gradient."""


def pseudo_labels(clean: Tensor, removed: Tensor, gold: Tensor, rule: PseudoLabels = "paper") -> Tensor:
    """Two kinds of utterance under each removal, bool (V, N).

    Args:
        clean: logits of N utterances, (N, C).
        removed: logits after each of V removals, (V, N, C).
        gold: classes, (N,).
        rule: `paper` marks utterances that the removal made surer of the gold class (a tie does not count);
            `code` marks those that are read rightly and whose reading turns wrong or less sure. The two
            differ on utterances that are read wrongly as they are, all of which `code` leaves unmarked.
    """
    before, after = gold_confidence(clean, gold), gold_confidence(removed, gold)  # (N,), (V, N)
    if rule == "paper":
        return after > before
    right, still_right = clean.argmax(-1) == gold, removed.argmax(-1) == gold
    return right & (~still_right | (after < before))


def hybrid_contrast(representation: Tensor, marked: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Draw utterances of one kind together, for each removal in turn (CMERC, eq. 5-7).

    For an anchor the loss is -log of its share of similarity that falls on its own kind; similarity is
    exp(cosine / temperature). Anchors alone in their kind are skipped. An anchor weighs N / n, n the number
    of its kind, so that the rarer kind counts as much as the other, and anchors are averaged.

    Args:
        representation: of the batch as it is, (N, H), before dropout.
        marked: the kinds, bool (V, N).
        temperature: at least .03, below which single precision loses the far ones.

    Returns:
        The loss of each removal, (V,); 0, with a gradient of 0, where no anchor has company.
    """
    unit = functional.normalize(representation, dim=-1, eps=_SHORTEST)
    # The largest cosine is 1: taking it off before exp keeps every term between exp(-2 / temperature) and 1.
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    similarity = torch.exp((unit @ unit.T - 1.0) / temperature).masked_fill(itself, 0.0)  # (N, N)
    kinds = torch.stack([~marked, marked]).to(unit.dtype)  # (2, V, N)
    share = (similarity @ kinds.flatten(0, 1).T).T.unflatten(0, (2, -1))  # (2, V, N), to each kind
    own = torch.where(marked, share[1], share[0])  # (V, N)
    counts = kinds.sum(-1, keepdim=True)  # (2, V, 1)
    size = torch.where(marked, counts[1], counts[0])  # (V, N), of the anchor's kind
    accompanied = size > 1
    loss = torch.log(torch.where(accompanied, share.sum(0), 1.0)) - torch.log(
        torch.where(accompanied, own, 1.0)
    )
    return (loss / size.clamp(min=1.0)).sum(1)
