"""Evidence attention: a small backbone in which what is hidden has no path at all.

Every utterance is first read by itself, from the modalities that it has. Context layers then refine that
reading by looking at the conversation again and again, but they only ever look at the readings of utterances
by themselves. So whatever an utterance says after any number of layers comes from itself and from what is
visible to it, and no other way of reading is needed for strict views. Cost grows with the square of the
number of utterances.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import Backbone, EmotionReading, Filling, FillMissing, InputShape
from heartsay.models.layers.shared_encoding import encode_once

REACH = 24
"""Utterances before and after up to which the distance is told exactly; farther ones count as this far."""


class EvidenceAttention(Backbone):
    """Attention over what each utterance says by itself, half of it over the speaker's own utterances.

    Positions are plain distances in turns, not distances among what is visible: they tell how many turns lie
    between two utterances that see each other, never what was in them, and a view that hides turns leaves
    those that stay where they were.

    Args:
        shape: what to build for.
        width: size of an utterance's vector; a multiple of `heads`.
        layers: times that the conversation is looked at.
        heads: attention heads; half of them, rounded down, see the speaker's own utterances alone.
        dropout: on each modality's input, on attention, and between the parts.
        filling: `zero`: a missing modality takes no part in its utterance; `learned`: a learned vector stands
            in for it.

    Raises:
        InputError: `width` cannot be shared out to the heads; or `filling` is `conversation_mean`, through
            which hidden utterances would be felt.
    """

    strict_by_construction = True

    def __init__(
        self,
        shape: InputShape,
        *,
        width: int = 128,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.3,
        filling: Filling = "zero",
    ) -> None:
        super().__init__()
        if heads < 1 or width % heads:
            raise InputError(
                expected="a width that the heads can share",
                found=f"width {width} and {heads} heads",
                where="evidence-attention",
                do="choose a multiple of the heads as width",
            )
        if filling == "conversation_mean":
            raise InputError(
                expected="the filling zero or learned",
                found="conversation_mean, which would carry hidden utterances along",
                where="evidence-attention, filling",
                do="choose one of the two",
            )
        self.fuse = Fusion(shape, width, dropout, filling)
        self.context = nn.ModuleList(ContextLayer(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(2 * width)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * width, shape.classes))

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        """Read a batch."""
        alone = self.fuse(evidence)  # (B, T, W)
        # Padding sees itself, so that no row of the attention is empty.
        itself = torch.eye(alone.shape[1], dtype=torch.bool, device=alone.device)
        visible = evidence.visible | itself  # (B, T, T)
        same = evidence.speaker[:, :, None] == evidence.speaker[:, None, :]  # (B, T, T)
        refined = alone
        for layer in self.context:
            refined = layer(refined, alone, visible, same)
        both = self.norm(torch.cat([alone, refined], dim=-1))  # (B, T, 2 W)
        representation = both * evidence.real[..., None]
        return EmotionReading(self.head(representation), representation)


class Fusion(nn.Module):
    """One vector per utterance from the modalities that it has, and from which those are."""

    def __init__(self, shape: InputShape, width: int, dropout: float, filling: Filling) -> None:
        super().__init__()
        self.fill = FillMissing(shape.widths, filling)
        self.stands_in = filling == "learned"
        self.project = nn.ModuleDict(
            {
                m: nn.Sequential(nn.Dropout(dropout), nn.Linear(size, width), nn.LayerNorm(width), nn.GELU())
                for m, size in shape.widths.items()
            }
        )
        count = len(shape.widths)
        self.gate = nn.Linear(count * width, count * width)
        self.mix = nn.Linear(count * width, width)
        self.presence = nn.Linear(count, width, bias=False)
        self.norm = nn.LayerNorm(width)

    def forward(self, evidence: EvidenceBatch) -> Tensor:
        """Vectors, (B, T, W), each from its own utterance alone."""
        present = torch.stack([evidence.present[m] & evidence.real for m in self.project], -1)  # (B, T, M)
        alone = [encode_once(evidence, (m,), self._projected, m) for m in self.project]
        vectors = torch.stack(alone, dim=-2)  # (B, T, M, W)
        if not self.stands_in:
            vectors = vectors * present[..., None]
        joined = vectors.flatten(-2)  # (B, T, M W)
        fused = self.mix(torch.sigmoid(self.gate(joined)) * joined)  # (B, T, W)
        result: Tensor = self.norm(fused + self.presence(present.to(fused.dtype)))
        return result

    def _projected(self, evidence: EvidenceBatch, modality: str) -> Tensor:
        projected: Tensor = self.project[modality](self.fill(evidence)[modality])
        return projected


class ContextLayer(nn.Module):
    """Let each utterance, as understood so far, look at what the visible ones say by themselves.

    Keys and values are made from vectors that know no context: were they made from refined ones, a visible
    utterance would pass on what it has seen of a hidden one.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.own = heads, heads // 2
        self.ask = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width))
        self.offer = nn.Linear(width, 2 * width)
        self.gather = nn.Linear(width, width)
        self.gate = nn.Linear(2 * width, width)
        self.think = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)
        # Near turns weigh more from the start, as one over the distance; how much more is learnt by head,
        # for the past and the future, for the speaker's own turns and for others'.
        near = -torch.log1p(torch.arange(-REACH, REACH + 1).abs().float())
        self.bias = nn.Parameter(near.repeat(2, heads, 1))  # (own or other, heads, distances)

    def forward(self, refined: Tensor, alone: Tensor, visible: Tensor, same: Tensor) -> Tensor:
        """Refine once more.

        Args:
            refined: what each utterance is understood as so far, (B, T, W).
            alone: what each says by itself, (B, T, W).
            visible: i may look at j, with the diagonal, bool (B, T, T).
            same: i and j are one speaker's, bool (B, T, T).
        """
        batch, length, width = refined.shape

        def split(values: Tensor) -> Tensor:
            return values.view(batch, length, self.heads, -1).transpose(1, 2)  # (B, H, T, W / H)

        queries = split(self.ask(refined))
        key, value = map(split, self.offer(alone).chunk(2, dim=-1))
        scores = queries @ key.transpose(-1, -2) / key.shape[-1] ** 0.5  # (B, H, T, T)
        place = torch.arange(length, device=refined.device)
        distance = (place[None, :] - place[:, None]).clamp(-REACH, REACH) + REACH  # (T, T)
        own, other = self.bias[..., distance]  # (H, T, T) each
        scores = scores + torch.where(same[:, None], own, other)
        of_all = visible[:, None].expand(-1, self.heads - self.own, -1, -1)
        of_own = (visible & same)[:, None].expand(-1, self.own, -1, -1)
        scores = scores.masked_fill(~torch.cat([of_all, of_own], dim=1), float("-inf"))
        weights = self.dropout(torch.softmax(scores, dim=-1))
        found = self.gather((weights @ value).transpose(1, 2).reshape(batch, length, width))
        gate = torch.sigmoid(self.gate(torch.cat([refined, found], dim=-1)))
        refined = refined + self.dropout(gate * found)
        result: Tensor = refined + self.dropout(self.think(refined))
        return result
