"""Spoiling a batch: cells taken away, by chance or by a mark."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from heartsay.evidence.tensors import EvidenceBatch


@dataclass(frozen=True)
class MissingCells:
    """A view that takes cells, one modality of one utterance each, away by chance (CMERC, Table 3).

    It serves one pass over batches in one order.

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
        present = {}
        for modality, cells in evidence.present.items():
            kept = torch.rand(cells.shape, generator=self.generator) >= self.rate
            present[modality] = cells & kept.to(cells.device)
        return replace(evidence, present=present)


def without_cells(evidence: EvidenceBatch, hidden: Tensor) -> EvidenceBatch:
    """Take every modality of the marked utterances away, bool (B, T); who spoke when stays known."""
    return replace(evidence, present={m: cells & ~hidden for m, cells in evidence.present.items()})
