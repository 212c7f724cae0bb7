"""M3Net: a hypergraph that averages and a graph that sharpens, side by side (Chen et al., CVPR 2023)."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import Backbone, EmotionReading, Filling, FillMissing, InputShape
from heartsay.models.layers.dense import Dense
from heartsay.models.layers.hypergraph import KindWeights, PositionalWeights, hypergraph_convolution
from heartsay.models.layers.modality_graph import SpeakerEmbedding, sequence_modality
from heartsay.models.layers.recurrent import BidirectionalEncoder, by_conversation
from heartsay.models.layers.shared_encoding import encode_once


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
        hyperedges_ignore_views: join utterances in hyperedges also where one may not draw on the other, as
            the public code does, so that hidden context leaks through them.

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
        hyperedges_ignore_views: bool = False,
    ) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.hyperedges_ignore_views = hyperedges_ignore_views
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
        biases = [nn.Parameter(torch.zeros(graph_width)) for _ in range(hypergraph_layers)]
        self.hypergraph_bias = nn.ParameterList(biases)
        self.gates = nn.ModuleList(nn.Linear(2 * graph_width, 1) for _ in range(high_frequency_layers))
        self.classifier = nn.Linear(len(widths) * 2 * graph_width, shape.classes)

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        """Read a batch; hidden context leaks through the GRU only."""
        by_modality = [encode_once(evidence, (m,), self._nodes, m) for m in evidence.modalities]
        nodes = torch.stack(by_modality, dim=1)  # (B, M, T, graph_width)
        weights = self.hyperedges(evidence.real)
        smooth, joined_by_edges = nodes, evidence.visible
        if self.hyperedges_ignore_views:
            joined_by_edges = evidence.real[:, :, None] & evidence.real[:, None, :]
        for bias in self.hypergraph_bias:
            smooth = functional.leaky_relu(hypergraph_convolution(smooth, joined_by_edges, weights) + bias)
        sharp = nodes
        for gate in self.gates:
            assert isinstance(gate, nn.Linear)
            sharp = sharp + high_frequency_convolution(sharp, evidence.visible, gate)
        joined = torch.cat([smooth, sharp], dim=-1)  # (B, M, T, 2 * graph_width)
        representation = joined.transpose(1, 2).flatten(2)  # (B, T, M * 2 * graph_width)
        return EmotionReading(self.classifier(functional.relu(self.dropout(representation))), representation)

    def _nodes(self, evidence: EvidenceBatch, modality: str) -> Tensor:
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

    def _text_layers_averaged(self, evidence: EvidenceBatch) -> Tensor:
        """The mean of the normalised layers, (B, T, width); 0 where there is no text."""
        values = evidence.features[self.in_sequence]
        present = evidence.present[self.in_sequence] & evidence.real  # (B, T)
        layers = values[present].chunk(len(self.normalise), dim=1)  # (N, width) each
        # One row has no variance to learn from.
        several = len(layers[0]) > 1
        total = torch.zeros_like(layers[0])
        for layer, norm in zip(layers, self.normalise, strict=True):
            assert isinstance(norm, nn.BatchNorm1d)
            if several:
                total = total + norm(layer)
            else:
                total = total + functional.batch_norm(
                    layer, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
                )
        averaged = total / len(self.normalise)
        return values.new_zeros(*present.shape, averaged.shape[1]).index_put((present,), averaged)


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
