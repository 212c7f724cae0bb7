"""Spoiling a batch: cells taken away by chance, and talk of others put in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from heartsay.evidence.tensors import EvidenceBatch


def with_missing_cells(evidence: EvidenceBatch, rate: float, generator: torch.Generator) -> EvidenceBatch:
    """Take away each cell, one modality of one utterance, independently at a rate (CMERC, Table 3)."""
    present = {m: here & (_uniform(here, generator) >= rate) for m, here in evidence.present.items()}
    return replace(evidence, present=present)


@dataclass(frozen=True)
class MissingCells:
    """A view that takes cells away by chance, for one pass over batches in one order.

    A draw takes the same cells away whatever the model, and more of them at a higher rate, so that models and
    rates are compared on equal terms.

    Args:
        rate: probability that a cell is taken away.
        draw: seed of the draw.
    """

    rate: float
    draw: int
    generator: torch.Generator = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "generator", torch.Generator().manual_seed(self.draw))

    @property
    def name(self) -> str:
        """`missing/<rate>/<draw>`."""
        return f"missing/{self.rate:g}/{self.draw}"

    def __call__(self, evidence: EvidenceBatch) -> EvidenceBatch:
        """The next batch of the pass without the cells drawn."""
        return with_missing_cells(evidence, self.rate, self.generator)


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
