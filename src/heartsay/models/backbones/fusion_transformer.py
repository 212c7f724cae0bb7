"""Fusion transformer: a mark looks at tokens of voice, face and words, and attention can be moved.

The host of MoSE and of attention reallocation that trains on a CPU. MoSEAR's own hosts are decoders of
billions of weights; this one is small, so that what the two methods do can be measured over many seeds.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import Backbone, EmotionReading, Filling, InputShape
from heartsay.models.fusion.modality import ModalityTokens, reading
from heartsay.models.fusion.mose import MoSESettings
from heartsay.models.fusion.reallocation import Reallocation
from heartsay.models.fusion.tokens import Tokens, UtteranceTokens
from heartsay.models.fusion.transformer import FusionStack

MOSE = MoSESettings()


class FusionTransformer(Backbone):
    """Self-attention over the tokens of one utterance, two of which are its context.

    Args:
        shape: what to build for.
        width: size of a token; a multiple of `heads`.
        layers: of self-attention.
        heads: attention heads.
        tokens: of each modality.
        dropout: on each modality's input, on attention, and between the parts.
        filling: `zero`: tokens of a missing modality are not there; `learned`: a learned vector stands in.
        fusion: `joint`: all modalities in one pass; `late`: a pass for each, with the same weights, and the
            mean of what they say, in log-probabilities.
        static_weights: whether attention on each modality's tokens is multiplied by a learned weight, the
            same for all utterances.
        adapter: what is added to queries and values: `mose`, `lora` (a plain low-rank map of as many weights,
            the same for every token), or nothing.
        mose: settings of either.

    Raises:
        InputError: `width` cannot be shared out to the heads, no tokens, or the filling `conversation_mean`,
            through which hidden utterances would be felt.
    """

    strict_by_construction = True

    def __init__(
        self,
        shape: InputShape,
        *,
        width: int = 64,
        layers: int = 2,
        heads: int = 4,
        tokens: int = 4,
        dropout: float = 0.2,
        filling: Filling = "zero",
        fusion: Literal["joint", "late"] = "joint",
        static_weights: bool = False,
        adapter: Literal["none", "mose", "lora"] = "none",
        mose: MoSESettings = MOSE,
    ) -> None:
        super().__init__()
        if heads < 1 or width % heads:
            raise InputError(
                expected="a width that the heads can share",
                found=f"width {width} and {heads} heads",
                where="fusion-transformer",
                do="choose a multiple of the heads as width",
            )
        self.fusion = fusion
        self.tokens = Tokens(shape, width, tokens, dropout, filling, static_weights)
        self.stack = FusionStack(width, layers, heads, dropout)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, shape.classes))
        if adapter != "none":  # last, so that all else starts as it would without
            self.stack.adapt(mose, plain=adapter == "lora")

    @property
    def reallocation(self) -> Reallocation | None:
        """How attention is moved while reading; None leaves it as it is."""
        return self.stack.reallocation

    @reallocation.setter
    def reallocation(self, settings: Reallocation | None) -> None:
        self.stack.reallocation = settings

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        """Read a batch."""
        found = self.tokens(evidence)
        logits, representation = self._late(found) if self.fusion == "late" else self._joint(found)
        batch, length = evidence.real.shape
        emotion = logits.new_zeros(batch, length, logits.shape[1])
        vectors = representation.new_zeros(batch, length, representation.shape[1])
        emotion[evidence.real], vectors[evidence.real] = logits, representation
        return EmotionReading(emotion, vectors)

    def _joint(self, found: UtteranceTokens) -> tuple[Tensor, Tensor]:
        with reading(ModalityTokens(found.ids, ~found.hidden)) as what:
            vectors = self.stack(found.values, what, found.hidden, found.bias)  # (N, W)
        return self.head(vectors), vectors

    def _late(self, found: UtteranceTokens) -> tuple[Tensor, Tensor]:
        """Mean log-probabilities over the modalities that are there; of context alone where none is."""
        numbers = torch.arange(len(self.tokens.names), device=found.owner.device)
        foreign = (found.owner[None] >= 0) & (found.owner[None] != numbers[:, None])  # (M, S)
        passes = [found._replace(hidden=found.hidden | other) for other in foreign]
        read = [self._joint(each) for each in passes]
        there = torch.stack([~(p.hidden | (found.owner < 0)).all(1) for p in passes])  # (M, N)
        share = torch.where(there.any(0), there, True).to(found.values.dtype)
        share = (share / share.sum(0))[..., None]  # (M, N, 1)
        logits = torch.stack([logits.log_softmax(-1) for logits, _ in read])
        vectors = torch.stack([vectors for _, vectors in read])
        return (share * logits).sum(0), (share * vectors).sum(0)
