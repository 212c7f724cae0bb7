"""Spoiling a batch: cells taken away by chance, and talk of others put in."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from heartsay.evidence.tensors import EvidenceBatch


def with_missing_cells(evidence: EvidenceBatch, rate: float, generator: torch.Generator) -> EvidenceBatch:
    """Take away each cell, one modality of one utterance, independently at a rate (CMERC, Table 3)."""
    present = {m: here & (_uniform(here, generator) >= rate) for m, here in evidence.present.items()}
    return replace(evidence, present=present)


def without_cells(evidence: EvidenceBatch, hidden: Tensor) -> EvidenceBatch:
    """Take every modality of the marked utterances away, bool (B, T); who spoke when stays known."""
    return replace(evidence, present={m: here & ~hidden for m, here in evidence.present.items()})


def corrupted(evidence: EvidenceBatch, spoil: Tensor, generator: torch.Generator) -> EvidenceBatch:
    """Put another real utterance's features, drawn from the whole batch, in place of the marked ones.

    Args:
        evidence: what to edit.
        spoil: which utterances to spoil, bool (B, T); marks on padding are ignored.
        generator: where the draw comes from, on the CPU.
    """
    donors = evidence.real.flatten().nonzero().squeeze(1)
    drawn = torch.randint(len(donors), (int(evidence.real.numel()),), generator=generator)
    source = donors[drawn.to(donors.device)]  # a donor per cell of the batch, marked or not
    marked = spoil & evidence.real
    features, present = {}, {}
    for m, values in evidence.features.items():
        other = values.flatten(0, 1)[source].view_as(values)
        features[m] = torch.where(marked[..., None], other, values)
        other_present = evidence.present[m].flatten()[source].view_as(marked)
        present[m] = torch.where(marked, other_present, evidence.present[m])
    return replace(evidence, features=features, present=present)


def _uniform(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.rand(like.shape, generator=generator).to(like.device)
