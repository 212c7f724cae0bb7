"""Convolution over a hypergraph of utterances and modalities, for M3Net (Chen et al., CVPR 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heartsay.errors import InputError

POSITIONAL_HYPEREDGES = 1000
POSITIONAL_NODES = 5200
"""Sizes of the public code's weight tables; a batch with more hyperedges or nodes does not fit."""

Weights = tuple[Tensor, Tensor, Tensor, Tensor]
"""Of nodes in modality hyperedges (B, M, T) and in utterance hyperedges (B, M, T), of modality hyperedges
(B, M) and of utterance hyperedges (B, T).

An utterance lies in M + 1 hyperedges: that of each modality, which connects the conversation, holds one of
its nodes; its own holds all of them.
"""


class KindWeights(nn.Module):
    """One positive weight per kind of hyperedge and of membership.

    Args:
        modalities: M of them.
    """

    def __init__(self, modalities: int) -> None:
        super().__init__()
        # Logarithms, since a weight divides: it must not cross 0.
        self.modality_edge = nn.Parameter(torch.zeros(modalities))
        self.utterance_edge = nn.Parameter(torch.zeros(()))
        self.modality_node = nn.Parameter(torch.zeros(modalities))
        self.utterance_node = nn.Parameter(torch.zeros(modalities))

    def forward(self, real: Tensor) -> Weights:
        """The same for every conversation and utterance."""
        batch, length = real.shape
        shape = batch, len(self.modality_edge), length
        return (
            self.modality_node.exp()[None, :, None].expand(shape),
            self.utterance_node.exp()[None, :, None].expand(shape),
            self.modality_edge.exp()[None].expand(shape[:2]),
            self.utterance_edge.exp().expand(batch, length),
        )


class PositionalWeights(nn.Module):
    """Weights looked up by position in the batch, as in the public code.

    Conversation after conversation, hyperedges count from 0: those of the modalities, then those of the
    utterances; and so do nodes, modality after modality. A node has one weight in all its hyperedges: the
    table `EW_weight` of the public code is read by node.

    Args:
        modalities: M of them.
    """

    def __init__(self, modalities: int) -> None:
        super().__init__()
        self.modalities = modalities
        self.edges = nn.Parameter(torch.ones(POSITIONAL_HYPEREDGES))
        self.nodes = nn.Parameter(torch.ones(POSITIONAL_NODES))

    def forward(self, real: Tensor) -> Weights:
        """Taken from the tables; padding has the weight 1.

        Raises:
            InputError: the batch has more hyperedges or nodes than the tables.
        """
        length, modalities = real.sum(1), self.modalities  # (B,)
        edge = (length + modalities).cumsum(0) - length - modalities  # (B,), the conversation's first
        node = modalities * (length.cumsum(0) - length)  # (B,), the conversation's first
        edges, nodes = int(length.sum()) + len(length) * modalities, int(length.sum()) * modalities
        if edges > len(self.edges) or nodes > len(self.nodes):
            raise InputError(
                expected=f"{len(self.edges)} hyperedges and {len(self.nodes)} nodes at most",
                found=f"{edges} and {nodes}",
                where="a batch for M3Net with positional weights",
                do="use smaller batches, or leave positional_weights off",
            )
        place = (real.cumsum(1) - 1).clamp(min=0)  # (B, T), the utterance's number in its conversation
        which = torch.arange(modalities, device=real.device)
        number = node[:, None, None] + which[:, None] * length[:, None, None] + place[:, None]  # (B, M, T)
        of_node = _looked_up(self.nodes, number, real[:, None].expand_as(number))
        of_utterance = _looked_up(self.edges, edge[:, None] + modalities + place, real)
        return of_node, of_node, self.edges[edge[:, None] + which], of_utterance


def _looked_up(table: Tensor, number: Tensor, real: Tensor) -> Tensor:
    """Entries of a table, 1 for padding."""
    return torch.where(real, table[torch.where(real, number, 0)], 1.0)


def hypergraph_convolution(nodes: Tensor, visible: Tensor, weights: Weights) -> Tensor:
    """From nodes to hyperedges and back, without a map.

    A hyperedge is the sum of its nodes over the sum of their weights; a node becomes the sum of its two
    hyperedges over the sum of theirs. Of its modality's hyperedge a node gets the part it may see.

    Args:
        nodes: (B, M, T, H).
        visible: utterance i may draw on utterance j, bool (B, T, T).
        weights: what `KindWeights` or `PositionalWeights` yields.

    Returns:
        (B, M, T, H).
    """
    modality_node, utterance_node, modality_edge, utterance_edge = weights
    drawn = visible.to(nodes.dtype)  # (B, T, T)
    divisor = drawn @ modality_node.transpose(1, 2)  # (B, T, M), sums over what i sees
    divisor = torch.where(divisor != 0, divisor, 1.0).transpose(1, 2)[..., None]  # (B, M, T, 1)
    conversation = drawn[:, None] @ nodes / divisor  # (B, M, T, H)
    utterance = (nodes.sum(1) / utterance_node.sum(1)[..., None])[:, None]  # (B, 1, T, H)
    both = modality_edge[:, :, None] + utterance_edge[:, None]  # (B, M, T)
    return (conversation + utterance) / both[..., None]
