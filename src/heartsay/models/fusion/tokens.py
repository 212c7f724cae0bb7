"""Tokens of utterances: a mark that answers, some for each modality, and one for each kind of context."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import Filling, FillMissing, InputShape
from heartsay.models.fusion.modality import FACE, TEXT, VOICE
from heartsay.models.layers.shared_encoding import encode_once

KINDS = {"voice": VOICE, "face": FACE}
"""What tokens of a modality count as; those of any other are text."""

CONTEXTS = 2
"""Tokens of context: the speaker's own other utterances, and the others'."""


class UtteranceTokens(NamedTuple):
    """N utterances as S tokens each.

    Attributes:
        values: (N, S, W); first the mark that answers, then the contexts, then the modalities in order.
        ids: what each token is, long (N, S).
        hidden: tokens that are not there, bool (N, S); never the first.
        owner: number of the modality in the order of the shape, -1 for mark and context, long (S,).
        bias: added to the scores of attention towards each token, (S,), the logarithm of its weight; None
            where all weigh the same.
    """

    values: Tensor
    ids: Tensor
    hidden: Tensor
    owner: Tensor
    bias: Tensor | None = None


class Tokens(nn.Module):
    """From Evidence to tokens, each utterance by itself but for two tokens of context.

    A context token is a mean of what the visible utterances of its kind say by themselves, nearer ones
    weighing more, by one over one plus the turns between. It is made of nothing that has looked at others,
    so what is hidden has no path.

    Args:
        shape: what to build for.
        width: size of a token.
        per_modality: tokens of each modality.
        dropout: on each modality's input.
        filling: `zero`: tokens of a missing modality are not there; `learned`: a learned vector stands in.
        static_weights: whether each modality has a learned weight, the same for all utterances, by which
            attention on its tokens and its part in the tokens of context are multiplied; the weights of M
            modalities sum to M. The values of tokens would not carry it: layers normalise them first.
    """

    def __init__(
        self,
        shape: InputShape,
        width: int,
        per_modality: int,
        dropout: float,
        filling: Filling,
        static_weights: bool = False,
    ) -> None:
        super().__init__()
        if filling == "conversation_mean":
            raise InputError(
                expected="the filling zero or learned",
                found="conversation_mean, which would carry hidden utterances along",
                where="filling",
                do="choose one of the two",
            )
        if per_modality < 1:
            raise InputError(
                expected="one token or more of each modality",
                found=str(per_modality),
                where="tokens",
                do="choose a whole number above 0",
            )
        self.width, self.per_modality, self.names = width, per_modality, tuple(shape.widths)
        self.fill, self.stands_in = FillMissing(shape.widths, filling), filling == "learned"
        self.project = nn.ModuleDict(
            {
                m: nn.Sequential(nn.Dropout(dropout), nn.Linear(size, per_modality * width), nn.GELU())
                for m, size in shape.widths.items()
            }
        )
        self.mark = nn.Parameter(0.1 * torch.randn(width))
        self.context = nn.Parameter(0.1 * torch.randn(CONTEXTS, width))
        self.gather = nn.Linear(width, width)
        self.place = nn.ParameterDict(
            {m: nn.Parameter(0.1 * torch.randn(per_modality, width)) for m in self.names}
        )
        self.norm = nn.LayerNorm(width)
        self.modality_weight = nn.Parameter(torch.zeros(len(self.names))) if static_weights else None

    def forward(self, evidence: EvidenceBatch) -> UtteranceTokens:
        """Tokens of the N real utterances of a batch, conversation after conversation."""
        parts, there = [], []
        for m in self.names:
            parts.append(encode_once(evidence, (m,), self._projected, m))  # (B, T, P, W)
            here = evidence.real if self.stands_in else evidence.present[m] & evidence.real
            there.append(here)
        own = torch.stack(there, dim=-1)  # (B, T, M)
        joined = torch.stack(parts, dim=2)  # (B, T, M, P, W)
        weights, bias = self._weights(joined)
        counts = weights * own  # (B, T, M)
        alone = (joined.mean(3) * counts[..., None]).sum(2)
        alone = alone / counts.sum(-1, keepdim=True).clamp(min=1e-9)  # (B, T, W)
        context, known = self._contexts(evidence, alone, own.any(-1))
        real = evidence.real
        size = int(real.sum())
        mark = self.mark.expand(size, 1, -1)
        values = torch.cat([mark, context[real], joined.flatten(2, 3)[real]], dim=1)  # (N, S, W)
        seen = torch.cat(
            [known[real], own[real].repeat_interleave(self.per_modality, dim=1)], dim=1
        )  # (N, S - 1)
        hidden = torch.cat([seen.new_zeros(size, 1), ~seen], dim=1)
        owner = self.owner(values.device)
        kinds = torch.tensor([KINDS.get(m, TEXT) for m in self.names], device=values.device)
        ids = torch.where(owner < 0, TEXT, kinds[owner])
        return UtteranceTokens(values, ids.expand(size, -1), hidden, owner, bias)

    def _weights(self, like: Tensor) -> tuple[Tensor, Tensor | None]:
        """The weight of each modality, (M,), and what scores of attention gain by it, (S,)."""
        if self.modality_weight is None:
            return like.new_ones(len(self.names)), None
        logarithm = self.modality_weight.log_softmax(0) + math.log(len(self.names))
        of_tokens = logarithm.repeat_interleave(self.per_modality)
        return logarithm.exp(), torch.cat([of_tokens.new_zeros(1 + CONTEXTS), of_tokens])

    def owner(self, device: torch.device) -> Tensor:
        """Number of the modality that each token is of, -1 for mark and context, (S,)."""
        numbers = torch.arange(len(self.names), device=device).repeat_interleave(self.per_modality)
        return torch.cat([numbers.new_full((1 + CONTEXTS,), -1), numbers])

    def _projected(self, evidence: EvidenceBatch, modality: str) -> Tensor:
        mapped = self.project[modality](self.fill(evidence)[modality])
        tokens: Tensor = self.norm(mapped.unflatten(-1, (self.per_modality, self.width)))
        placed: Tensor = tokens + self.place[modality]
        return placed

    def _contexts(self, evidence: EvidenceBatch, alone: Tensor, says: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens of context, (B, T, 2, W), and which are there, (B, T, 2)."""
        place = torch.arange(alone.shape[1], device=alone.device)
        near = 1 / (1 + (place[:, None] - place[None]).abs().to(alone.dtype))  # (T, T)
        others = evidence.visible & ~evidence.itself & says[:, None]
        kinds = torch.stack([others & evidence.same_speaker, others & ~evidence.same_speaker], dim=2)
        weights = near[:, None] * kinds  # (B, T, 2, T)
        total = weights.sum(-1, keepdim=True)
        means = (weights / total.clamp(min=1e-9)).flatten(1, 2) @ self.gather(alone)  # (B, 2 T, W)
        shaped: Tensor = means.unflatten(1, (-1, CONTEXTS))
        return shaped + self.context, total[..., 0] > 0
