"""HCT-DMG: one modality is primary, the others are led to it in two steps.

Wang, Li, Liang, Morency, Bell and Lai (2023) choose the primary modality in each training batch and fuse by a
learned hierarchy of cross-modal attention. Only their abstract was read here: the gate and the hierarchy
below are inferred.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import Backbone, EmotionReading, Filling, InputShape
from heartsay.models.fusion.tokens import Tokens


class HctDmg(Backbone):
    """Two auxiliary modalities look at each other, then the primary one at what they found.

    Each modality has a gate, a number that is learned. The one with the highest is primary; gradients reach
    the gates because every modality's tokens are scaled by the share of its gate. The choice is one for all
    utterances of a batch, as published, and hangs on nothing in it, so that batch mates change nothing.

    Args:
        shape: what to build for.
        width: size of a token; a multiple of `heads`.
        heads: of every cross-modal attention.
        tokens: of each modality.
        dropout: on each modality's input, on attention, and between the parts.
        filling: `zero`: tokens of a missing modality are not there; `learned`: a learned vector stands in.

    Raises:
        InputError: `width` cannot be shared out to the heads, or the filling `conversation_mean`.
    """

    strict_by_construction = True

    def __init__(
        self,
        shape: InputShape,
        *,
        width: int = 96,
        heads: int = 4,
        tokens: int = 4,
        dropout: float = 0.2,
        filling: Filling = "zero",
    ) -> None:
        super().__init__()
        if heads < 1 or width % heads:
            raise InputError(
                expected="a width that the heads can share",
                found=f"width {width} and {heads} heads",
                where="hct-dmg",
                do="choose a multiple of the heads as width",
            )
        self.tokens = Tokens(shape, width, tokens, dropout, filling)
        self.gate = nn.Parameter(torch.zeros(len(shape.widths)))
        self.alone = CrossModal(width, heads, dropout)
        self.auxiliary = CrossModal(width, heads, dropout)
        self.primary = CrossModal(width, heads, dropout)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, shape.classes))

    @property
    def hierarchy(self) -> list[int]:
        """Numbers of the modalities, the primary one first; of equals the one that stands first."""
        order: list[int] = torch.argsort(self.gate.detach(), descending=True, stable=True).tolist()
        return order

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        """Read a batch."""
        found = self.tokens(evidence)
        shares = len(self.gate) * self.gate.softmax(0)
        scale = torch.cat([shares.new_ones(1), shares])[found.owner + 1]  # (S,)
        values = found.values * scale[:, None]
        primary, *others = self.hierarchy
        # Mark and context stay in sight all along: a modality may be missing altogether.
        always = found.owner < 0
        seen = [always | (found.owner == number) for number in range(len(self.gate))]
        values = values + self._where(
            found.owner == primary, self.alone(values, found.hidden | ~seen[primary])
        )
        for other in others:
            rest = torch.stack([seen[o] for o in others if o != other] or [always]).any(0)
            looks = self.auxiliary(values, found.hidden | ~rest)
            values = values + self._where(found.owner == other, looks)
        led = torch.stack([seen[o] for o in others] or [always]).any(0)
        looks = self.primary(values, found.hidden | ~led)
        values = values + self._where(always | (found.owner == primary), looks)
        kept = (~found.hidden & (always | (found.owner == primary)))[..., None].to(values.dtype)
        vectors = self.norm((values * kept).sum(1) / kept.sum(1))  # (N, W)
        logits = self.head(vectors)
        batch, length = evidence.real.shape
        emotion = logits.new_zeros(batch, length, logits.shape[1])
        spread = vectors.new_zeros(batch, length, vectors.shape[1])
        emotion[evidence.real], spread[evidence.real] = logits, vectors
        return EmotionReading(emotion, spread)

    def _where(self, own: Tensor, values: Tensor) -> Tensor:
        return values * own[:, None]


class CrossModal(nn.Module):
    """What every token finds among the tokens that it may look at; the mark is always one of them."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.ask = nn.Linear(width, width)
        self.offer = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.think = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, hidden: Tensor) -> Tensor:
        """What is to be added to tokens (N, S, W), with hidden keys, bool (N, S)."""
        normed = self.norm(tokens)
        query, key, value = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in (self.ask(normed), *self.offer(normed).chunk(2, dim=-1))
        )
        scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
        weights = self.dropout(scores.masked_fill(hidden[:, None, None], float("-inf")).softmax(-1))
        found = self.dropout(self.out((weights @ value).transpose(1, 2).flatten(2)))
        result: Tensor = found + self.dropout(self.think(tokens + found))
        return result
