"""The pair scorer over utterance features: a light context encoder, then a score for every pair."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import InputShape
from heartsay.models.packed_dialogue import ContextLayer
from heartsay.models.pairs.pair_head import PairHead

SPEAKER_SLOTS = 8
"""Speakers with a vector of their own; all further ones share another, so that any number can be read."""


class CauseReading(NamedTuple):
    """What a pair scorer says of a batch, before calibration.

    Attributes:
        emotion: logits over the emotions, (B, T, C).
        cause: log-odds that the utterance causes any emotion, (B, T).
        pair: log-odds that j (third axis) caused the emotion of i (second axis), (B, T, T).
    """

    emotion: Tensor
    cause: Tensor
    pair: Tensor


class PairScorer(nn.Module):
    """The matched base of RPCL: everything that its variants share, in training and after.

    Per modality a projection, summed over those that are present, with the speaker's vector; a bidirectional
    GRU and one attention layer as context; heads for emotion, cause and pair. An utterance of which nothing
    is present enters as 0. One log-odds per pair stands for the two logits of a softmax, which say the same.

    It reads the whole conversation and does not honour `visible`: pairs need both ends in sight.

    Args:
        shape: feature sizes and number of classes.
        width: size of an utterance vector, even.
        pair_width: size of an utterance's projections as bearer of an emotion and as a cause.
        heads: attention heads, of which half see the same speaker only.
        dropout: probability of dropping a unit.
        modality_dropout: probability, while training, of hiding a cell, one modality of one utterance; has no
            effect where there is but one modality.
    """

    def __init__(
        self,
        shape: InputShape,
        *,
        width: int = 256,
        pair_width: int = 128,
        heads: int = 4,
        dropout: float = 0.3,
        modality_dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.modality_dropout = modality_dropout
        self.project = nn.ModuleDict(
            {
                m: nn.Sequential(nn.LayerNorm(size), nn.Linear(size, width), nn.GELU(), nn.Dropout(dropout))
                for m, size in shape.widths.items()
            }
        )
        self.speaker = nn.Embedding(SPEAKER_SLOTS + 1, width)
        self.recurrent = nn.GRU(width, width // 2, batch_first=True, bidirectional=True)
        self.context = ContextLayer(width, heads, dropout)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.emotion_head = nn.Linear(width, shape.classes)
        self.cause_head = nn.Linear(width, 1)
        self.pair_head = PairHead(width, pair_width, dropout=dropout)

    def forward(self, evidence: EvidenceBatch) -> CauseReading:
        """Score a batch."""
        present = self._present(evidence)
        fused = torch.zeros(())
        for modality, values in evidence.features.items():
            known = torch.where(present[modality][..., None], values, 0.0)
            fused = fused + self.project[modality](known) * present[modality][..., None]
        any_present = torch.stack(list(present.values())).any(0)  # (B, T)
        slot = torch.where(evidence.speaker < 0, SPEAKER_SLOTS, evidence.speaker.clamp(max=SPEAKER_SLOTS))
        fused = fused + self.speaker(slot) * any_present[..., None]
        packed = pack_padded_sequence(
            fused, evidence.real.sum(1).cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = pad_packed_sequence(
            self.recurrent(packed)[0], batch_first=True, total_length=fused.shape[1]
        )
        vectors = self.dropout(self.norm(self.context(fused + states, evidence.speaker)))  # (B, T, width)
        return CauseReading(
            self.emotion_head(vectors),
            self.cause_head(vectors).squeeze(-1),
            self.pair_head(vectors, evidence.speaker),
        )

    def _present(self, evidence: EvidenceBatch) -> dict[str, Tensor]:
        """Cells that are there and not dropped."""
        present = {m: here & evidence.real for m, here in evidence.present.items()}
        if not self.training or len(present) < 2 or self.modality_dropout == 0.0:
            return present
        return {
            m: here & (torch.rand(here.shape, device=here.device) >= self.modality_dropout)
            for m, here in present.items()
        }
