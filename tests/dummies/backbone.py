"""A small backbone that honours everything: the mean of what is visible, beside the utterance itself."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS
from torch import nn

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import Backbone, EmotionReading, FillMissing


class DummyBackbone(Backbone):
    """Reads strictly by construction.

    Args:
        statistics: normalise the features by running statistics.
    """

    strict_by_construction = True

    def __init__(
        self,
        widths: Mapping[str, int] = WIDTHS,
        classes: int = len(EMOTIONS),
        dropout: float = 0.0,
        *,
        statistics: bool = False,
    ) -> None:
        super().__init__()
        self.fill = FillMissing(widths)
        self.normalise = nn.BatchNorm1d(sum(widths.values())) if statistics else nn.Identity()
        self.mix = nn.Linear(2 * sum(widths.values()), 16)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(16, classes)

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        values = torch.cat(list(self.fill(evidence).values()), -1)  # (B, T, D)
        values = self.normalise(values.flatten(0, 1)).view_as(values)
        weight = evidence.visible / evidence.visible.sum(-1, keepdim=True).clamp(min=1)  # (B, T, T)
        hidden = torch.tanh(self.mix(torch.cat([values, weight @ values], -1)))  # (B, T, 16)
        return EmotionReading(self.head(self.dropout(hidden)), hidden)


def dummy_backbone(seed: int = 0, dropout: float = 0.0, *, statistics: bool = False) -> DummyBackbone:
    """One with weights drawn from a seed, which leaves the random state as it was."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return DummyBackbone(dropout=dropout, statistics=statistics)
