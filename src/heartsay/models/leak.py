"""How much a model still feels of what a view has hidden from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from heartsay.evidence.spoiling import corrupted
from heartsay.evidence.tensors import BatchView, EvidenceBatch
from heartsay.models.backbone import EmotionReading
from heartsay.models.strict import CELLS, visible_sets


@torch.no_grad()
def leak(
    model: Callable[[EvidenceBatch], EmotionReading],
    evidence: EvidenceBatch,
    view: BatchView,
    generator: torch.Generator,
) -> float:
    """How far the leading probability moves when what is hidden is replaced by noise.

    For each utterance, the utterances that it may not see, and every cell that is not present, get the
    features of utterances drawn from the whole batch, and it is read again. A model without any path from
    what is hidden does not move.

    Args:
        model: a backbone in evaluation mode, for the mode `edges`; `partial(read_strictly, backbone)` for the
            mode `strict`.
        evidence: B conversations of up to T utterances, two utterances or more in all.
        view: what hides something.
        generator: where the noise comes from, on the CPU.

    Returns:
        The mean absolute change of the probability of the class that was likeliest, over the utterances from
        which something is hidden; 0 where nothing is.
    """
    seen = view(evidence)
    before = model(seen).emotion.softmax(-1)  # (B, T, C)
    conversation, members, reader = visible_sets(seen)  # (S,), (S, T), (B, T)
    changes = []
    for chosen in torch.arange(len(members), device=members.device).split(max(1, CELLS // members.shape[1])):
        whose = conversation[chosen]
        spoilt = _spoilt(_rows(seen, whose), ~members[chosen], _rows(evidence, whose), generator)
        after = model(spoilt).emotion.softmax(-1)  # (S', T, C)
        mine = (reader[whose] == chosen[:, None]) & _anything_hidden(seen, evidence)[whose]  # (S', T)
        leading = before[whose].argmax(-1, keepdim=True)  # (S', T, 1)
        change = (after.gather(-1, leading) - before[whose].gather(-1, leading)).abs()
        changes.append(change.squeeze(-1)[mine])
    every = torch.cat(changes)
    return float(every.mean()) if len(every) else 0.0


def _spoilt(
    seen: EvidenceBatch, hidden: Tensor, whole: EvidenceBatch, generator: torch.Generator
) -> EvidenceBatch:
    """Noise in the hidden utterances, bool (S, T), and in the cells that are not present."""
    noise = corrupted(whole, whole.real, generator)
    result = corrupted(seen, hidden, generator)
    features = {
        m: torch.where(result.present[m][..., None], x, noise.features[m]) for m, x in result.features.items()
    }
    return replace(result, features=features)


def _anything_hidden(seen: EvidenceBatch, evidence: EvidenceBatch) -> Tensor:
    """Utterances that miss a cell or may not see another, bool (B, T)."""
    others = (evidence.real[:, None, :] & ~seen.visible).any(-1)
    cells = torch.stack([~here for here in seen.present.values()]).any(0)
    return (others | cells) & evidence.real


def _rows(evidence: EvidenceBatch, rows: Tensor) -> EvidenceBatch:
    """Conversations of a batch, each as often as it is named."""
    return EvidenceBatch(
        {m: x[rows] for m, x in evidence.features.items()},
        {m: x[rows] for m, x in evidence.present.items()},
        evidence.speaker[rows],
        evidence.real[rows],
        evidence.visible[rows],
    )
