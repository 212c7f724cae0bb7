"""DialogueGCN: a sequence encoder, then graph convolutions between neighbours by who speaks to whom.

After Ghosal et al., "DialogueGCN: A Graph Convolutional Neural Network for Emotion Recognition in
Conversation" (EMNLP 2019), as its published code runs it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import (
    Backbone,
    EmotionReading,
    Filling,
    FillMissing,
    InputShape,
    JointLinear,
)
from heartsay.models.layers.sequence import BidirectionalLSTM, ContextAttention
from heartsay.models.layers.shared_encoding import encode_once


class DialogueGCN(Backbone):
    """Reads a conversation as a graph of utterances in which each reaches its neighbours.

    Defaults are those of the published IEMOCAP script; there is none for MELD. `visible` removes edges of the
    graph, with edge weights taken anew over what is left, and bounds the last attention; the sequence encoder
    reads the whole conversation regardless: that is the leak of the `edges` mode.

    A batch costs a few tensors of (B, T, T) and one product of (T, T) by (T, 100 speakers in use) per
    conversation and side, and keeps 30 vectors per utterance, none per pair.

    Args:
        shape: what to build for.
        encoder: size of the encoder's state, per direction.
        encoder_layers: how many layers it has.
        graph: size of a node after a convolution.
        hidden: size of the representation.
        window: how many utterances before and after one it exchanges messages with.
        bases: how many matrices the relations' matrices are mixed from.
        longest: positions with an edge scorer of their own; later ones share the last.
        dropout: between the encoder's layers and before the classifier.
        filling: what stands where a modality is missing.
    """

    def __init__(
        self,
        shape: InputShape,
        *,
        encoder: int = 100,
        encoder_layers: int = 2,
        graph: int = 100,
        hidden: int = 100,
        window: int = 10,
        bases: int = 30,
        longest: int = 110,
        dropout: float = 0.4,
        filling: Filling = "zero",
    ) -> None:
        super().__init__()
        self.window = window
        self.fill = FillMissing(shape.widths, filling)
        self.gates = JointLinear(shape.widths, 2 * 4 * encoder)
        for parameter in self.gates.parameters():
            nn.init.uniform_(parameter, -(encoder**-0.5), encoder**-0.5)
        self.encode = BidirectionalLSTM(encoder, encoder_layers, dropout)
        self.edges = EdgeWeights(2 * encoder, longest)
        self.relational = RelationalConvolution(2 * encoder, graph, shape.speakers, bases)
        self.neighbours = nn.Linear(graph, graph, bias=False)
        self.itself = nn.Linear(graph, graph)
        self.attention = ContextAttention(2 * encoder + graph, tanh=True)
        self.linear = nn.Linear(2 * encoder + graph, hidden)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, shape.classes)

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        """Read a batch."""
        encoded = encode_once(evidence, evidence.modalities, self._encoded)  # (B, T, 2 encoder)
        place = torch.arange(evidence.real.shape[1], device=evidence.real.device)
        near = (place[:, None] - place).abs() <= self.window  # (T, T)
        graph = evidence.visible & near  # (B, T, T): utterance i is sent a message by j
        mixed = self.relational(encoded, self.edges(encoded, graph), evidence.speaker)
        mixed = graph.to(mixed.dtype) @ self.neighbours(mixed) + self.itself(mixed)  # (B, T, graph)
        nodes = torch.cat([encoded, mixed], dim=2)
        attended = self.attention(nodes, evidence.visible)
        representation = torch.relu(self.linear(attended))  # (B, T, hidden)
        return EmotionReading(self.classifier(self.dropout(representation)), representation)

    def _encoded(self, evidence: EvidenceBatch) -> Tensor:
        gates: Tensor = self.gates(evidence, self.fill)  # (B, T, 2 * 4 encoder)
        encoded: Tensor = self.encode(gates.unflatten(2, (2, -1)), evidence.real)
        return encoded


class EdgeWeights(nn.Module):
    """How much of an utterance's message each receiver gets.

    As in published code, a sender's scorer is a learned vector for its position, and its weights add up to 1
    over the receivers.

    Args:
        width: size of the vectors.
        longest: positions with a vector of their own.
    """

    def __init__(self, width: int, longest: int) -> None:
        super().__init__()
        self.scorer = nn.Linear(width, longest, bias=False)

    def forward(self, values: Tensor, graph: Tensor) -> Tensor:
        """Weights (B, T, T), receivers before senders, from (B, T, D) and the graph's edges (B, T, T)."""
        length, longest = values.shape[1], self.scorer.out_features
        position = torch.arange(length, device=values.device).clamp(max=longest - 1)
        scores = values @ self.scorer.weight[position].T  # (B, receiver, sender)
        # A finite floor: padding, which sends nothing, stays free of NaN.
        weights = scores.masked_fill(~graph, torch.finfo(scores.dtype).min).softmax(1)
        return weights * graph


class RelationalConvolution(nn.Module):
    """A graph convolution with a matrix per relation, mixed from a few bases.

    A relation is who sends, who receives, and whether the sender stands before the receiver.

    Args:
        width: size of the input vectors.
        out: size of the output vectors.
        speakers: the largest number of speakers in one conversation.
        bases: how many matrices are mixed.
    """

    def __init__(self, width: int, out: int, speakers: int, bases: int) -> None:
        super().__init__()
        self.bases = nn.Parameter(torch.empty(bases, width, out))
        self.mixing = nn.Parameter(torch.empty(speakers, speakers, 2, bases))
        self.itself = nn.Linear(width, out)
        for parameter in (self.bases, self.mixing):
            nn.init.uniform_(parameter, -((bases * width) ** -0.5), (bases * width) ** -0.5)

    def forward(self, values: Tensor, weights: Tensor, speaker: Tensor) -> Tensor:
        """One message per edge, added up by its receiver.

        The sender's speaker is fixed for each utterance, so what it would say to each possible receiver is
        worked out per utterance; receivers then add up, for every speaker that they might be, and keep the
        sum that is theirs. Nothing is ever as large as a vector per edge.

        Args:
            values: (B, T, D).
            weights: of edges, receivers before senders, (B, T, T).
            speaker: conversation-local index, -1 for padding, (B, T).
        """
        who = speaker.clamp(min=0)
        present = int(who.max()) + 1
        mixing = self.mixing[:present, :present].transpose(1, 2)[who]  # (B, T, side, receiver, bases)
        based = torch.einsum("btd,ndo->btno", values, self.bases)  # (B, T, bases, out)
        messages = torch.einsum("btsrn,btno->sbtro", mixing, based).flatten(3)  # (side, B, T, receiver * out)
        received = weights.tril(-1) @ messages[0] + weights.triu() @ messages[1]  # (B, T, receiver * out)
        sums = received.unflatten(2, (present, -1))
        own = who[..., None, None].expand(-1, -1, 1, sums.shape[3])
        nodes: Tensor = sums.gather(2, own).squeeze(2) + self.itself(values)  # (B, T, out)
        return nodes
