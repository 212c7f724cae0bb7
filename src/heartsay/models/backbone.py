"""What every backbone over utterance features shares: shape, reading, what fills missing cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import torch
from torch import Tensor, nn

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.layers.dense import dense
from heartsay.models.layers.shared_encoding import encode_once

Filling = Literal["zero", "learned", "conversation_mean"]
"""What a backbone puts where a modality is missing."""


@dataclass(frozen=True)
class InputShape:
    """What a backbone has to be built for.

    Args:
        widths: size of a feature vector by modality, in the order of concatenation.
        speakers: the largest number of speakers in one conversation.
        classes: number of emotions.
    """

    widths: Mapping[str, int]
    speakers: int
    classes: int


class EmotionReading(NamedTuple):
    """What a backbone says of a batch, before calibration.

    Attributes:
        emotion: logits, (B, T, C).
        representation: vectors that the logits are read from, before dropout, (B, T, H).
    """

    emotion: Tensor
    representation: Tensor


class Backbone(nn.Module, ABC):
    """From Evidence to Reading.

    A subclass honours `present` through `FillMissing`, `visible` at least in its attention and message
    passing, and gives conversations the same reading whatever their padding and batch mates.
    """

    strict_by_construction: ClassVar[bool] = False
    """Whether hidden utterances have no path at all, so that no other way of reading is needed for that."""

    @abstractmethod
    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        """Read a batch."""

    def __call__(self, evidence: EvidenceBatch) -> EmotionReading:
        """Read a batch."""
        reading: EmotionReading = super().__call__(evidence)
        return reading


class FillMissing(nn.Module):
    """Put something in place of the cells that are not present, and 0 in padding.

    Args:
        widths: size of a feature vector by modality.
        by: `zero`, which for standardised features is the corpus mean; `learned`, one vector per modality;
            `conversation_mean`, the mean of the conversation's present cells, 0 where it has none.
    """

    def __init__(self, widths: Mapping[str, int], by: Filling = "zero") -> None:
        super().__init__()
        self.by = by
        filled = widths if by == "learned" else {}
        self.learned = nn.ParameterDict({m: nn.Parameter(torch.zeros(width)) for m, width in filled.items()})

    def forward(self, evidence: EvidenceBatch) -> dict[str, Tensor]:
        """Filled features by modality, (B, T, D_m)."""
        filled = {}
        for modality, values in evidence.features.items():
            present = (evidence.present[modality] & evidence.real)[..., None]  # (B, T, 1)
            known = torch.where(present, values, self._stand_in(modality, evidence))
            filled[modality] = known * evidence.real[..., None]
        return filled

    def mapped(self, evidence: EvidenceBatch, modality: str, layer: Callable[[Tensor], Tensor]) -> Tensor:
        """What a layer makes of one modality's filled cells; only those that are there cost anything.

        The same as `layer(self(evidence)[modality])`, but all cells that are filled alike are mapped once.

        Args:
            evidence: B conversations of up to T utterances.
            modality: which one.
            layer: from (N, D) to (N, H), every row by itself and without chance.

        Returns:
            (B, T, H).
        """
        values, real = evidence.features[modality], evidence.real
        present = evidence.present[modality] & real  # (B, T)
        stand_in = self._stand_in(modality, evidence).flatten(0, 1)  # (1 or B, D)
        padding = stand_in.new_zeros(1, stand_in.shape[1])
        rows = torch.cat([padding, stand_in, values[present]])
        # Which row each cell is: padding is the first, then come what stands in and what is there.
        per_conversation = len(stand_in) > 1
        filled = 1 + torch.arange(len(real), device=real.device)[:, None] * per_conversation  # (B, 1)
        number = torch.where(real, filled, 0).masked_scatter(
            present, torch.arange(1 + len(stand_in), len(rows), device=real.device)
        )
        found = layer(rows).index_select(0, number.flatten())
        shaped: Tensor = found.unflatten(0, real.shape)
        return shaped

    def _stand_in(self, modality: str, evidence: EvidenceBatch) -> Tensor:
        """What fills missing cells: one for all, (1, 1, D), or one per conversation, (B, 1, D)."""
        values = evidence.features[modality]
        if self.by == "learned":
            learned: Tensor = self.learned[modality].to(values.dtype)
            return learned[None, None]
        if self.by == "zero":
            return torch.zeros(1, 1, values.shape[2], dtype=values.dtype, device=values.device)
        present = (evidence.present[modality] & evidence.real)[..., None]  # (B, T, 1)
        total: Tensor = torch.where(present, values, 0.0).sum(1, keepdim=True)
        return total / present.sum(1, keepdim=True).clamp(min=1)


class JointLinear(nn.Module):
    """A linear map of all modalities' filled features beside each other, worked out modality by modality.

    Args:
        widths: size of a feature vector by modality.
        out: size of the result.
        bias: whether there is one.
    """

    def __init__(self, widths: Mapping[str, int], out: int, bias: bool = True) -> None:
        super().__init__()
        bound = sum(widths.values()) ** -0.5
        self.weights = nn.ParameterDict(
            {m: nn.Parameter(torch.empty(out, width).uniform_(-bound, bound)) for m, width in widths.items()}
        )
        self.bias = nn.Parameter(torch.empty(out).uniform_(-bound, bound)) if bias else None

    def forward(self, evidence: EvidenceBatch, fill: FillMissing) -> Tensor:
        """From B conversations of up to T utterances to (B, T, out)."""
        parts = [encode_once(evidence, (m,), self._part, fill, m) for m in self.weights]
        total = torch.stack(parts).sum(0)
        return total if self.bias is None else total + self.bias

    def _part(self, evidence: EvidenceBatch, fill: FillMissing, modality: str) -> Tensor:
        return fill.mapped(evidence, modality, lambda rows: dense(rows, self.weights[modality]))
