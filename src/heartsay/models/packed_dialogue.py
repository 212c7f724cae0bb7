"""The packed-dialogue encoder: a pretrained text encoder reads the whole conversation at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from heartsay.labels import EMOTIONS
from heartsay.models.pairs.pair_head import PairHead


class PackedReading(NamedTuple):
    """What the model says of a batch of packs, before calibration.

    Attributes:
        emotion: logits over the emotions, (B, R, C).
        pair: log-odds that row j caused the emotion of row i, (B, R, R), i on the second axis.
    """

    emotion: Tensor
    pair: Tensor


class ContextLayer(nn.Module):
    """One attention layer over utterance vectors; half of its heads see the same speaker only.

    Args:
        width: size of an utterance vector.
        heads: number of attention heads, even.
        dropout: probability of dropping a unit.
    """

    def __init__(self, width: int, heads: int = 4, dropout: float = 0.1) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.before_feedforward = nn.LayerNorm(width)
        self.feedforward = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, vectors: Tensor, speaker: Tensor) -> Tensor:
        """Mix utterance vectors (B, R, width); rows with speaker -1 are padding and are not seen."""
        batch, rows, width = vectors.shape
        mixed = self.query_key_value(self.before_attention(vectors))
        query, key, value = mixed.view(batch, rows, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        real = (speaker >= 0)[:, None, :].expand(batch, rows, rows)  # (B, R, R)
        same = speaker[:, :, None] == speaker[:, None, :]
        half = self.heads // 2
        visible = torch.stack([real] * half + [same] * (self.heads - half), dim=1)  # (B, H, R, R)
        logits = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        weights = logits.masked_fill(~visible, -1e4).softmax(-1)
        attended = (weights @ value).transpose(1, 2).reshape(batch, rows, width)
        vectors = vectors + self.dropout(self.out(attended))
        mixed_forward: Tensor = vectors + self.dropout(self.feedforward(self.before_feedforward(vectors)))
        return mixed_forward


class PackedDialogueModel(nn.Module):
    """Token vectors of a whole conversation, pooled per utterance, one context layer, two heads.

    Honours strict views by construction: what is not in the pack is not seen.

    Args:
        encoder: a Hugging Face encoder that returns `last_hidden_state`.
        dropout: probability of dropping a unit of an utterance vector before a head.
        classes: emotions that it tells apart.
    """

    def __init__(self, encoder: Any, dropout: float = 0.2, classes: int = len(EMOTIONS)) -> None:
        super().__init__()
        self.encoder = encoder
        width = int(encoder.config.hidden_size)
        self.context = ContextLayer(width)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.emotion_head = nn.Linear(width, classes)
        self.pair_head = PairHead(width, dropout=dropout)

    def forward(self, tokens: Tensor, owner: Tensor, speaker: Tensor) -> PackedReading:
        """Read a batch of packs.

        Args:
            tokens: token ids, (B, L).
            owner: row of each token, (B, L); -1 for special leading tokens and padding.
            speaker: speaker index per row, (B, R); -1 for padding.
        """
        return self.fuse(self.utterance_vectors(tokens, owner, speaker.shape[1]), speaker)

    def utterance_vectors(self, tokens: Tensor, owner: Tensor, rows: int) -> Tensor:
        """Means of the token vectors of each row, (B, R, D), from tokens and their owners, (B, L)."""
        attended = owner >= 0
        attended = torch.cat([torch.ones_like(attended[:, :1]), attended[:, 1:]], dim=1)
        states = self.encoder(input_ids=tokens, attention_mask=attended.long()).last_hidden_state
        row = torch.arange(rows, device=tokens.device)
        membership = (owner[:, None, :] == row[None, :, None]).to(states.dtype)  # (B, R, L)
        means: Tensor = membership @ states / membership.sum(-1, keepdim=True).clamp(min=1)
        return means

    def fuse(self, pooled: Tensor, speaker: Tensor) -> PackedReading:
        """Read utterance vectors, (B, R, D), of speakers, (B, R)."""
        vectors = self.dropout(self.norm(self.context(pooled, speaker)))
        return PackedReading(self.emotion_head(vectors), self.pair_head(vectors, speaker))
