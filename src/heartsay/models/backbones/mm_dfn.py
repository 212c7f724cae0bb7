"""MM-DFN: a deep modality graph with memory from layer to layer (Hu et al., ICASSP 2022)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import Backbone, EmotionReading, Filling, FillMissing, InputShape
from heartsay.models.layers.dense import Dense, dense
from heartsay.models.layers.modality_graph import (
    DeepGraphConvolution,
    angular_adjacency,
    node_edges,
    sequence_modality,
)
from heartsay.models.layers.recurrent import BidirectionalEncoder, by_conversation, by_speaker
from heartsay.models.layers.shared_encoding import encode_once

PARTY_WEIGHTS = {"text": 1.5, "voice": 0.5, "face": 0.5}


class MMDFN(Backbone):
    """MMGCN's graph, entered with each speaker's own thread and walked by an LSTM over depth.

    Text runs through a bidirectional GRU. A second one, shared by all speakers and modalities, reads every
    speaker's own turns and is added to the nodes. Each graph layer's input passes through one LSTM cell,
    shared by all layers, whose state goes from layer to layer. The graph obeys `visible`, and an utterance
    from which any own other turn is hidden goes without its speaker's thread; the text GRU leaks.

    Args:
        shape: what to build it for.
        hidden: size of a node, as encoded.
        graph_width: size of a node within the graph.
        depth: number of graph layers (IEMOCAP: 16 or 32, MELD: 16, 32 or 64, chosen on development data).
        alpha: share of the first layer's input in every layer.
        dropout: probability of dropping a unit (0.2 or 0.4).
        party_weights: weight of the speaker's own thread by modality; those for MELD unless given, 0.5 for a
            modality the paper does not know (IEMOCAP: text 1, voice 3, face 0).
        filling: what stands where a modality is missing.

    Raises:
        InputError: `party_weights` lacks a modality.
    """

    def __init__(
        self,
        shape: InputShape,
        *,
        hidden: int = 200,
        graph_width: int = 100,
        depth: int = 32,
        alpha: float = 0.2,
        dropout: float = 0.4,
        party_weights: Mapping[str, float] | None = None,
        filling: Filling = "zero",
    ) -> None:
        super().__init__()
        if party_weights is None:
            party_weights = {m: PARTY_WEIGHTS.get(m, 0.5) for m in shape.widths}
        lacking = [m for m in shape.widths if m not in party_weights]
        if lacking:
            raise InputError(
                expected=f"a weight for each of {', '.join(shape.widths)}",
                found=f"none for {', '.join(lacking)}",
                where="party_weights",
                do="add what is lacking",
            )
        self.dropout = nn.Dropout(dropout)
        self.in_sequence = sequence_modality(shape.widths)
        self.party_weights = {m: party_weights[m] for m in shape.widths}
        self.fill = FillMissing(shape.widths, filling)
        self.project = nn.ModuleDict({m: Dense(width, hidden) for m, width in shape.widths.items()})
        self.encoder = BidirectionalEncoder(hidden, hidden // 2, dropout=dropout)
        self.party = BidirectionalEncoder(hidden, hidden // 2, dropout=dropout)
        self.enter = Dense(hidden, graph_width)
        self.memory = nn.LSTMCell(graph_width, graph_width)
        self.graph = DeepGraphConvolution(graph_width, depth, alpha=alpha)
        self.classifier = nn.Linear(len(shape.widths) * (hidden + graph_width), shape.classes)

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        """Read a batch; hidden context leaks through the text GRU only."""
        modalities, length = len(evidence.modalities), evidence.real.shape[1]
        encoded, threads = self._encoded(evidence)  # (B, T, M, hidden) each
        nodes = (encoded + threads).transpose(1, 2).flatten(1, 2)  # (B, M * T, hidden)
        adjacency = angular_adjacency(nodes, node_edges(evidence.visible, modalities))
        initial = functional.relu(self.enter(self.dropout(nodes)))  # (B, M * T, graph_width)
        layer_input = initial
        carried: tuple[Tensor, Tensor] | None = None
        for maps in self.graph.maps():
            carried = self._remembered(layer_input, carried)
            gated = self.dropout(carried[0])
            layer_input = functional.relu(self.graph(adjacency, gated, initial, maps)) + layer_input
        joined = torch.cat([nodes, self.dropout(layer_input)], dim=-1).unflatten(1, (modalities, length))
        representation = joined.transpose(1, 2).flatten(2)  # (B, T, M * (hidden + graph_width))
        return EmotionReading(self.classifier(functional.relu(self.dropout(representation))), representation)

    def _remembered(
        self, layer_input: Tensor, carried: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, Tensor]:
        """One step of the LSTM over depth: its output and its cell, (B, M * T, graph_width) each."""
        cell = self.memory
        gates = dense(layer_input, cell.weight_ih, cell.bias_ih)  # (B, M * T, 4 * graph_width)
        if carried is None:
            gates = gates + cell.bias_hh
        else:
            gates = gates + dense(carried[0], cell.weight_hh, cell.bias_hh)
        enter, keep, candidate, show = gates.chunk(4, dim=-1)
        inside = torch.sigmoid(enter) * torch.tanh(candidate)
        if carried is not None:
            inside = inside + torch.sigmoid(keep) * carried[1]
        return torch.sigmoid(show) * torch.tanh(inside), inside

    def _encoded(self, evidence: EvidenceBatch) -> tuple[Tensor, Tensor]:
        """Nodes without and what their speaker's own thread adds to them, (B, T, M, hidden) each."""
        by_modality = [encode_once(evidence, (m,), self._in_sequence, m) for m in evidence.modalities]
        encoded, threads = torch.stack(by_modality, dim=2).unbind(3)
        cut = (evidence.same_speaker & ~evidence.visible).any(-1)  # (B, T)
        return encoded, threads * ~cut[..., None, None]

    def _in_sequence(self, evidence: EvidenceBatch, modality: str) -> Tensor:
        """One modality within the conversation, and its weighted speaker's own thread, (B, T, 2, hidden)."""
        weight = self.party_weights[modality]
        encoded = projected = self.fill.mapped(evidence, modality, self.project[modality])
        if modality == self.in_sequence:
            encoded = self.encoder(projected, by_conversation(evidence))
        thread = torch.zeros_like(projected)
        if weight:
            thread = weight * self.party(projected, by_speaker(evidence))
        return torch.stack([encoded, thread], dim=2)
