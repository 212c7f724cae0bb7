"""M3Net: a hypergraph that averages and a graph that sharpens, side by side (Chen et al., CVPR 2023)."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from undertone.errors import InputError
from undertone.evidence.tensors import Evidence
from undertone.recognition.backbone import Backbone, EmotionReading, Filling, FillMissing, InputShape
from undertone.recognition.dense import Dense
from undertone.recognition.modality_graph import SpeakerEmbedding, sequence_modality
from undertone.recognition.recurrent import BidirectionalEncoder, by_conversation
from undertone.recognition.shared_encoding import encode_once

POSITIONAL_HYPEREDGES = 1000
POSITIONAL_NODES = 5200
"""Sizes of the public code's weight tables; a batch with more hyperedges or memberships does not fit."""


class M3Net(Backbone):
    """Hypergraph convolutions without maps beside high-frequency convolutions, both over modality nodes.

    Text runs through a bidirectional GRU and carries the speaker embedding. Defaults are those for MELD.
    Both graphs obey `visible`; the GRU does not.

    Args:
        shape: what to build it for.
        hidden: size of an encoded utterance and modality (MELD: 1024, IEMOCAP: 512).
        text_projection: size of a linear map before the GRU (IEMOCAP: 512); none for MELD.
        graph_width: size of a node within the graphs.
        hypergraph_layers: number of hypergraph convolutions (3 for both corpora).
        high_frequency_layers: number of high-frequency convolutions (MELD: 3, IEMOCAP: 4).
        dropout: probability of dropping a unit (MELD: 0.4, IEMOCAP: 0.5).
        filling: what stands where a modality is missing.
        text_layers: how many layers of a text encoder, of equal width, a text vector concatenates; with more
            than one (4 layers of RoBERTa in the paper) each is batch-normalised over the utterances that
            have text, and they are averaged. Off by default, for features of one layer.
        positional_weights: weigh hyperedges and nodes by their position in the batch, as the public code
            does, rather than by their kind. Off by default: a reading then depends on its batch mates.
        hypergraph_ignores_views: hyperedges join the whole conversation whatever a view hides, as in the
            public code. Off by default: hidden context leaks.

    Raises:
        InputError: the width of text is not a multiple of `text_layers`.
    """

    def __init__(
        self,
        shape: InputShape,
        *,
        hidden: int = 1024,
        text_projection: int | None = None,
        graph_width: int = 512,
        hypergraph_layers: int = 3,
        high_frequency_layers: int = 3,
        dropout: float = 0.4,
        filling: Filling = "zero",
        text_layers: int = 1,
        positional_weights: bool = False,
        hypergraph_ignores_views: bool = False,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.in_sequence = sequence_modality(shape.widths)
        widths = dict(shape.widths)
        if widths[self.in_sequence] % text_layers:
            raise InputError(
                expected=f"a multiple of text_layers ({text_layers})",
                found=str(widths[self.in_sequence]),
                where=f"width of {self.in_sequence}",
                do="give the features of all layers, concatenated, or text_layers=1",
            )
        width = widths[self.in_sequence] = widths[self.in_sequence] // text_layers
        normalised = range(text_layers if text_layers > 1 else 0)
        self.normalise = nn.ModuleList(nn.BatchNorm1d(width) for _ in normalised)
        self.fill = FillMissing(widths, filling)
        project = {m: Dense(width, hidden) for m, width in widths.items() if m != self.in_sequence}
        if text_projection is not None:
            project[self.in_sequence] = Dense(width, text_projection)
            width = text_projection
        self.project = nn.ModuleDict(project)
        self.encoder = BidirectionalEncoder(width, hidden // 2, dropout=dropout)
        self.speaker = SpeakerEmbedding(shape.speakers, hidden)
        self.enter = Dense(hidden, graph_width)
        self.hyperedges = (PositionalWeights if positional_weights else KindWeights)(len(widths))
        self.hypergraph_ignores_views = hypergraph_ignores_views
        biases = [nn.Parameter(torch.zeros(graph_width)) for _ in range(hypergraph_layers)]
        self.hypergraph_bias = nn.ParameterList(biases)
        self.gates = nn.ModuleList(nn.Linear(2 * graph_width, 1) for _ in range(high_frequency_layers))
        self.classifier = nn.Linear(len(widths) * 2 * graph_width, shape.classes)

    def forward(self, evidence: Evidence) -> EmotionReading:
        """Read a batch; hidden context leaks through the GRU only, unless the hypergraph ignores views."""
        by_modality = [encode_once(evidence, (m,), self._nodes, m) for m in evidence.modalities]
        nodes = torch.stack(by_modality, dim=1)  # (B, M, T, graph_width)
        everything = evidence.real[:, :, None] & evidence.real[:, None, :]
        seen = everything if self.hypergraph_ignores_views else evidence.visible
        weights = self.hyperedges(evidence.real)
        smooth = nodes
        for bias in self.hypergraph_bias:
            smooth = functional.leaky_relu(hypergraph_convolution(smooth, seen, weights) + bias)
        sharp = nodes
        for gate in self.gates:
            assert isinstance(gate, nn.Linear)
            sharp = sharp + high_frequency_convolution(sharp, evidence.visible, gate)
        joined = torch.cat([smooth, sharp], dim=-1)  # (B, M, T, 2 * graph_width)
        representation = joined.transpose(1, 2).flatten(2)  # (B, T, M * 2 * graph_width)
        dropped = functional.dropout(representation, self.dropout, self.training)
        return EmotionReading(self.classifier(functional.relu(dropped)), representation)

    def _nodes(self, evidence: Evidence, modality: str) -> Tensor:
        """One modality's nodes, (B, T, graph_width)."""
        if modality != self.in_sequence:
            project = self.project[modality]
            return self.fill.mapped(evidence, modality, lambda rows: self.enter(project(rows)))
        if len(self.normalise):
            evidence = replace(evidence, features={modality: self._text_layers_averaged(evidence)})
        if modality in self.project:
            values = self.fill.mapped(evidence, modality, self.project[modality])
        else:
            values = self.fill(evidence)[modality]
        text = self.encoder(values, by_conversation(evidence)) + self.speaker(evidence)  # (B, T, hidden)
        nodes: Tensor = self.enter(text)
        return nodes

    def _text_layers_averaged(self, evidence: Evidence) -> Tensor:
        """The mean of the normalised layers, (B, T, width); 0 where there is no text."""
        values = evidence.features[self.in_sequence]
        here = evidence.present[self.in_sequence] & evidence.real  # (B, T)
        layers = values[here].chunk(len(self.normalise), dim=1)  # (N, width) each
        # One row has no variance to learn from.
        enough = len(layers[0]) > 1
        total = torch.zeros_like(layers[0])
        for layer, norm in zip(layers, self.normalise, strict=True):
            assert isinstance(norm, nn.BatchNorm1d)
            if enough:
                total = total + norm(layer)
            else:
                total = total + functional.batch_norm(
                    layer, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
                )
        averaged = total / len(self.normalise)
        return values.new_zeros(*here.shape, averaged.shape[1]).index_put((here,), averaged)


class HyperedgeWeights(nn.Module):
    """Positive weights around 1 of hyperedges and of nodes within them.

    An utterance lies in M + 1 hyperedges: that of each modality, which joins the conversation, holds one of
    its nodes; its own holds all of them.
    """

    def forward(self, real: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """For a batch: the weights of nodes in modality hyperedges (B, M, T) and in utterance hyperedges
        (B, M, T), of modality hyperedges (B, M) and of utterance hyperedges (B, T).
        """
        raise NotImplementedError


class KindWeights(HyperedgeWeights):
    """One weight per kind of hyperedge and of membership.

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

    def forward(self, real: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The same for every conversation and utterance."""
        batch, length = real.shape
        shape = batch, len(self.modality_edge), length
        return (
            self.modality_node.exp()[None, :, None].expand(shape),
            self.utterance_node.exp()[None, :, None].expand(shape),
            self.modality_edge.exp()[None].expand(shape[:2]),
            self.utterance_edge.exp().expand(batch, length),
        )


class PositionalWeights(HyperedgeWeights):
    """Weights looked up by position in the batch, as in the public code.

    Conversation after conversation, hyperedges count from 0: those of the modalities, then those of the
    utterances; and so do memberships, hyperedge after hyperedge.

    Args:
        modalities: M of them.
    """

    def __init__(self, modalities: int) -> None:
        super().__init__()
        self.modalities = modalities
        self.edges = nn.Parameter(torch.ones(POSITIONAL_HYPEREDGES))
        self.nodes = nn.Parameter(torch.ones(POSITIONAL_NODES))

    def forward(self, real: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Taken from the tables; padding has the weight 1.

        Raises:
            InputError: the batch has more hyperedges or memberships than the tables.
        """
        length, modalities = real.sum(1), self.modalities  # (B,)
        edge = (length + modalities).cumsum(0) - length - modalities  # (B,), the conversation's first
        node = (2 * modalities * length).cumsum(0) - 2 * modalities * length
        found = int(length.sum()), int(length.sum()) * 2 * modalities
        if found[0] + len(length) * modalities > len(self.edges) or found[1] > len(self.nodes):
            raise InputError(
                expected=f"{len(self.edges)} hyperedges and {len(self.nodes)} memberships at most",
                found=f"{found[0] + len(length) * modalities} and {found[1]}",
                where="a batch for M3Net with positional weights",
                do="use smaller batches, or leave positional_weights off",
            )
        place = (real.cumsum(1) - 1).clamp(min=0)  # (B, T), the utterance's number in its conversation
        which = torch.arange(modalities, device=real.device)
        in_modality = node[:, None, None] + which[:, None] * length[:, None, None] + place[:, None]
        own = (node + modalities * length)[:, None, None] + place[:, None] * modalities + which[:, None]

        def looked_up(table: Tensor, at: Tensor, valid: Tensor) -> Tensor:
            return torch.where(valid, table[torch.where(valid, at, 0)], 1.0)

        return (
            looked_up(self.nodes, in_modality, real[:, None].expand_as(in_modality)),
            looked_up(self.nodes, own, real[:, None].expand_as(own)),
            self.edges[edge[:, None] + which],
            looked_up(self.edges, edge[:, None] + modalities + place, real),
        )


def hypergraph_convolution(
    nodes: Tensor, seen: Tensor, weights: tuple[Tensor, Tensor, Tensor, Tensor]
) -> Tensor:
    """From nodes to hyperedges and back, without a map.

    A hyperedge is the sum of its nodes over the sum of their weights; a node becomes the sum of its two
    hyperedges over the sum of theirs. Of its modality's hyperedge a node gets the part it may see.

    Args:
        nodes: (B, M, T, H).
        seen: utterance i may draw on utterance j, bool (B, T, T).
        weights: what `HyperedgeWeights` yields.

    Returns:
        (B, M, T, H).
    """
    modality_node, utterance_node, modality_edge, utterance_edge = weights
    drawn = seen.to(nodes.dtype)  # (B, T, T)
    divisor = drawn @ modality_node.transpose(1, 2)  # (B, T, M), sums over what i sees
    divisor = torch.where(divisor != 0, divisor, 1.0).transpose(1, 2)[..., None]  # (B, M, T, 1)
    conversation = drawn[:, None] @ nodes / divisor  # (B, M, T, H)
    utterance = (nodes.sum(1) / utterance_node.sum(1)[..., None])[:, None]  # (B, 1, T, H)
    both = modality_edge[:, :, None] + utterance_edge[:, None]  # (B, M, T)
    return (conversation + utterance) / both[..., None]


def high_frequency_convolution(nodes: Tensor, visible: Tensor, gate: nn.Linear) -> Tensor:
    """What neighbours say, each weighted by a gate between -1 and 1.

    A node's neighbours are the same modality of the other utterances it may draw on, and the other
    modalities of its own utterance. Since the gate is linear in the pair [x_i; x_j], it is a_i + b_j.

    Args:
        nodes: (B, M, T, H).
        visible: utterance i may draw on utterance j, bool (B, T, T).
        gate: from 2H to 1.

    Returns:
        (B, M, T, H), to be added to the nodes.
    """
    modalities, length, width = nodes.shape[1:]
    receives = functional.linear(nodes, gate.weight[:, :width], gate.bias)  # (B, M, T, 1)
    sends = functional.linear(nodes, gate.weight[:, width:])  # (B, M, T, 1)
    others = visible & ~torch.eye(length, dtype=torch.bool, device=visible.device)  # (B, T, T)
    degree = others.sum(-1) + modalities - 1  # (B, T)
    scale = torch.where(degree > 0, degree.clamp(min=1).to(nodes.dtype).rsqrt(), 0.0)  # (B, T)
    norm = scale[:, :, None] * scale[:, None, :] * others  # (B, T, T)
    within = torch.tanh(receives + sends.transpose(2, 3)) * norm[:, None]  # (B, M, T, T)
    messages = within @ nodes  # (B, M, T, H)
    if modalities == 1:
        return messages
    receives, sends = receives.transpose(1, 2), sends.transpose(1, 2)  # (B, T, M, 1)
    between = torch.tanh(receives + sends.transpose(2, 3)) * scale.square()[:, :, None, None]  # (B, T, M, M)
    between = between * ~torch.eye(modalities, dtype=torch.bool, device=nodes.device)
    return messages + (between @ nodes.transpose(1, 2)).transpose(1, 2)
