"""The shared graph against loops over nodes."""

from __future__ import annotations

import math

import pytest
import torch
from tests.dummies.evidence import feature_batch

from heartsay.errors import InputError
from heartsay.evidence.views import OWN_CONTEXT
from heartsay.models.layers.modality_graph import (
    DeepGraphConvolution,
    SpeakerEmbedding,
    angular_adjacency,
    node_edges,
    sequence_modality,
)

MODALITIES = 3


def test_edges_and_weights_are_those_of_a_loop() -> None:
    torch.manual_seed(0)
    evidence = OWN_CONTEXT(feature_batch((4, 2), speakers=2).evidence)
    length, visible = 4, evidence.visible
    nodes = torch.randn(2, MODALITIES * length, 6)
    found = angular_adjacency(nodes, node_edges(visible, MODALITIES))
    for b in range(2):
        weight = torch.zeros(MODALITIES * length, MODALITIES * length)
        for i in range(MODALITIES * length):
            for j in range(MODALITIES * length):
                (m, t), (n, u) = divmod(i, length), divmod(j, length)
                joined = visible[b, t, u] if m == n else t == u and evidence.real[b, t]
                if joined:
                    cosine = torch.cosine_similarity(nodes[b, i], nodes[b, j], dim=0).item()
                    weight[i, j] = 1 - math.acos(0.99999 * min(1.0, cosine)) / math.pi
        degree = weight.sum(1)
        for i in range(MODALITIES * length):
            for j in range(MODALITIES * length):
                wanted = weight[i, j] / (degree[i] * degree[j]).sqrt() if weight[i, j] else 0.0
                assert found[b, i, j].item() == pytest.approx(float(wanted), abs=1e-5)


def test_a_vector_of_zeros_has_finite_gradients() -> None:
    nodes = torch.zeros(1, 3, 4, requires_grad=True)
    angular_adjacency(nodes, torch.ones(1, 3, 3, dtype=torch.bool)).square().sum().backward()
    assert nodes.grad is not None
    assert torch.isfinite(nodes.grad).all()


def test_a_deep_layer_is_the_published_formula() -> None:
    torch.manual_seed(0)
    graph = DeepGraphConvolution(5, 4, alpha=0.2)
    adjacency, hidden, initial = torch.rand(2, 3, 3), torch.randn(2, 3, 5), torch.randn(2, 3, 5)
    for number, maps in enumerate(graph.maps(), start=1):
        share = math.log(0.5 / number + 1)
        propagated = adjacency @ hidden
        mapped = torch.cat([propagated, initial], dim=-1) @ graph.weight[number - 1]
        wanted = share * mapped + (1 - share) * (0.8 * propagated + 0.2 * initial)
        torch.testing.assert_close(graph(adjacency, hidden, initial, maps), wanted, atol=1e-5, rtol=1e-5)


def test_speakers_have_vectors_and_padding_has_none() -> None:
    evidence = feature_batch((4, 2), speakers=2).evidence
    embedding = SpeakerEmbedding(2, 3)
    vectors = embedding(evidence)
    assert (vectors[1, 2:] == 0).all()
    assert torch.equal(vectors[0, 1], embedding.vectors.weight[evidence.speaker[0, 1]])
    with pytest.raises(InputError, match="1 speakers per conversation at most, found 2"):
        SpeakerEmbedding(1, 3)(evidence)


def test_text_is_read_as_a_sequence_or_else_what_comes_first() -> None:
    assert sequence_modality({"voice": 2, "text": 3}) == "text"
    assert sequence_modality({"voice": 2, "face": 3}) == "voice"
