"""The pair head: a score for every ordered pair of utterances in a conversation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

FARTHEST = 12
"""Distances are told apart up to this many utterances; 99.98% of ECF's pairs lie within it."""


class PairHead(nn.Module):
    """Scores "utterance j caused the emotion of utterance i" for all i, j.

    An utterance is projected once as a bearer of emotion and once as a cause; a small network scores
    their combination together with how far apart they stand and whether one speaker said both.

    Args:
        width: size of an utterance vector.
        inner: size of the two projections.
        hidden: size of the scoring network's hidden layer.
        dropout: probability of dropping a hidden unit.
    """

    def __init__(self, width: int, inner: int = 128, hidden: int = 128, dropout: float = 0.2) -> None:
        super().__init__()
        self.as_emotion = nn.Linear(width, inner)
        self.as_cause = nn.Linear(width, inner)
        self.product = nn.Linear(inner, hidden, bias=False)
        self.from_emotion = nn.Linear(inner, hidden, bias=False)
        self.from_cause = nn.Linear(inner, hidden, bias=False)
        self.distance = nn.Embedding(2 * FARTHEST + 1, hidden)
        self.same_speaker = nn.Embedding(2, hidden)
        self.dropout = nn.Dropout(dropout)
        self.score = nn.Linear(hidden, 1)

    def forward(self, vectors: Tensor, speaker: Tensor) -> Tensor:
        """Score all pairs.

        Args:
            vectors: utterance vectors, (B, T, width).
            speaker: conversation-local speaker index, (B, T).

        Returns:
            Log-odds that j caused i's emotion, (B, T, T) with i on the second axis.
        """
        emotion, cause = self.as_emotion(vectors), self.as_cause(vectors)  # (B, T, inner)
        place = torch.arange(vectors.shape[1], device=vectors.device)
        distance = (place[:, None] - place[None, :]).clamp(-FARTHEST, FARTHEST) + FARTHEST  # (T, T)
        same = (speaker[:, :, None] == speaker[:, None, :]).long()  # (B, T, T)
        hidden = (
            self.product(emotion[:, :, None, :] * cause[:, None, :, :])
            + self.from_emotion(emotion)[:, :, None, :]
            + self.from_cause(cause)[:, None, :, :]
            + self.distance(distance)[None]
            + self.same_speaker(same)
        )
        scores: Tensor = self.score(self.dropout(nn.functional.gelu(hidden))).squeeze(-1)
        return scores
