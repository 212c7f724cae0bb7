"""What every backbone over utterance features shares: shape, reading, what fills missing cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import torch
from torch import Tensor, nn

from undertone.evidence.tensors import Evidence

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
    def forward(self, evidence: Evidence) -> EmotionReading:
        """Read a batch."""

    def __call__(self, evidence: Evidence) -> EmotionReading:
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

    def forward(self, evidence: Evidence) -> dict[str, Tensor]:
        """Filled features by modality, (B, T, D_m)."""
        filled = {}
        for modality, values in evidence.features.items():
            here = (evidence.present[modality] & evidence.real)[..., None]  # (B, T, 1)
            known = torch.where(here, values, 0.0)
            if self.by == "learned":
                known = torch.where(here, values, self.learned[modality].to(values.dtype))
            elif self.by == "conversation_mean":
                mean = known.sum(1, keepdim=True) / here.sum(1, keepdim=True).clamp(min=1)
                known = torch.where(here, values, mean)
            filled[modality] = known * evidence.real[..., None]
        return filled
