"""The project's own fusion transformer: layers with attention that can be seen and moved.

`torch.nn.MultiheadAttention` has fast paths that never show their weights, so queries, keys and values are
written out here.
"""

from __future__ import annotations

from torch import Tensor, nn

from heartsay.models.fusion.adapters import adapted
from heartsay.models.fusion.modality import ModalityTokens
from heartsay.models.fusion.mose import MoSESettings
from heartsay.models.fusion.reallocation import Reallocation, reallocate, tell_attention


class FusionLayer(nn.Module):
    """Pre-norm self-attention and a pointwise network.

    Args:
        width: size of a token; a multiple of `heads`.
        heads: attention heads.
        dropout: on attention weights and before both sums.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.think = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        tokens: Tensor,
        what: ModalityTokens,
        hidden: Tensor,
        bias: Tensor | None,
        reallocation: Reallocation | None,
    ) -> Tensor:
        """Let every token look at those that are there.

        Args:
            tokens: (N, S, W); the first is the one that answers.
            what: what the tokens are.
            hidden: keys that must not be looked at, bool (N, S).
            bias: added to the scores of each key, (S,), if anything is.
            reallocation: how the answering token's attention is moved, if it is.
        """
        normed = self.norm(tokens)
        query, key, value = (self._split(part(normed)) for part in (self.query, self.key, self.value))
        scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5  # (N, H, S, S)
        if bias is not None:
            scores = scores + bias
        weights = scores.masked_fill(hidden[:, None, None], float("-inf")).softmax(-1)
        answer = weights[:, :, :1]  # (N, H, 1, S)
        tell_attention(answer, what.ids)
        found = self.dropout(weights) @ value  # (N, H, S, W / H)
        if reallocation is not None:
            found[:, :, :1] = reallocate(answer, what.ids, reallocation) @ value
        tokens = tokens + self.dropout(self.out(found.transpose(1, 2).flatten(2)))
        result: Tensor = tokens + self.dropout(self.think(tokens))
        return result

    def _split(self, values: Tensor) -> Tensor:
        apart: Tensor = values.unflatten(2, (self.heads, -1))
        return apart.transpose(1, 2)  # (N, H, S, W / H)


class FusionStack(nn.Module):
    """Several such layers over the tokens of one utterance each.

    Args:
        width: size of a token.
        layers: how many.
        heads: attention heads of each.
        dropout: of each.

    Attributes:
        reallocation: how attention is moved while reading; None, the default, leaves it as it is, and in
            training it is never moved.
    """

    def __init__(self, width: int, layers: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(FusionLayer(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.reallocation: Reallocation | None = None

    def adapt(self, settings: MoSESettings, *, plain: bool) -> None:
        """Add experts to the queries and values of every layer, or plain LoRA of as many weights."""
        for layer in self.layers:
            for name in ("query", "value"):
                setattr(layer, name, adapted(getattr(layer, name), settings, plain=plain))

    def forward(
        self, tokens: Tensor, what: ModalityTokens, hidden: Tensor, bias: Tensor | None = None
    ) -> Tensor:
        """What the first token has come to say, (N, W), of tokens (N, S, W); the rest as of a layer."""
        settings = None if self.training else self.reallocation
        for number, layer in enumerate(self.layers):
            moved = settings is not None and settings.moves(number, len(self.layers))
            tokens = layer(tokens, what, hidden, bias, settings if moved else None)
        result: Tensor = self.norm(tokens[:, 0])
        return result
