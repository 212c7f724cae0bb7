"""MMGCN: one deep graph convolution over all modalities of all utterances (Hu et al., ACL 2021)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import Backbone, EmotionReading, Filling, FillMissing, InputShape
from heartsay.models.layers.dense import Dense
from heartsay.models.layers.modality_graph import (
    DeepGraphConvolution,
    SpeakerEmbedding,
    angular_adjacency,
    node_edges,
    sequence_modality,
)
from heartsay.models.layers.recurrent import BidirectionalEncoder, by_conversation
from heartsay.models.layers.shared_encoding import encode_once


class MMGCN(Backbone):
    """A node per utterance and modality; joined within a modality, and across modalities within an utterance.

    Text runs through a bidirectional LSTM and carries the speaker embedding. The graph obeys `visible`; the
    LSTM before it does not.

    Args:
        shape: what to build it for.
        hidden: size of a node, as encoded.
        graph_width: size of a node within the graph.
        depth: number of graph convolutions. The paper's tables speak of 4; the public code fixes 64 and
            ignores its setting, so 64 is what its numbers were made with.
        alpha: share of the first layer's input in every layer.
        dropout: probability of dropping a unit (IEMOCAP and MELD: 0.4).
        filling: what stands where a modality is missing.
    """

    def __init__(
        self,
        shape: InputShape,
        *,
        hidden: int = 200,
        graph_width: int = 100,
        depth: int = 64,
        alpha: float = 0.1,
        dropout: float = 0.4,
        filling: Filling = "zero",
    ) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.in_sequence = sequence_modality(shape.widths)
        self.fill = FillMissing(shape.widths, filling)
        self.project = nn.ModuleDict({m: Dense(width, hidden) for m, width in shape.widths.items()})
        self.encoder = BidirectionalEncoder(hidden, hidden // 2, cell="lstm", dropout=dropout)
        self.speaker = SpeakerEmbedding(shape.speakers, hidden)
        self.enter = Dense(hidden, graph_width)
        self.graph = DeepGraphConvolution(graph_width, depth, alpha=alpha)
        self.classifier = nn.Linear(len(shape.widths) * (hidden + graph_width), shape.classes)

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        """Read a batch; hidden context leaks through the LSTM only."""
        by_modality = [encode_once(evidence, (m,), self._nodes, m) for m in evidence.modalities]
        nodes = torch.stack(by_modality, dim=1).flatten(1, 2)  # (B, M * T, hidden)
        modalities, length = len(evidence.modalities), evidence.real.shape[1]
        adjacency = angular_adjacency(nodes, node_edges(evidence.visible, modalities))
        initial = functional.relu(self.enter(self.dropout(nodes)))  # (B, M * T, graph_width)
        state = initial
        for maps in self.graph.maps():
            state = functional.relu(self.graph(adjacency, self.dropout(state), initial, maps))
        joined = torch.cat([nodes, self.dropout(state)], dim=-1).unflatten(1, (modalities, length))
        representation = joined.transpose(1, 2).flatten(2)  # (B, T, M * (hidden + graph_width))
        return EmotionReading(self.classifier(functional.relu(self.dropout(representation))), representation)

    def _nodes(self, evidence: EvidenceBatch, modality: str) -> Tensor:
        """One modality's nodes, (B, T, hidden)."""
        projected = self.fill.mapped(evidence, modality, self.project[modality])
        if modality != self.in_sequence:
            return projected
        encoded: Tensor = self.encoder(projected, by_conversation(evidence)) + self.speaker(evidence)
        return encoded
