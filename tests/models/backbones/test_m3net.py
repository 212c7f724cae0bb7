"""M3Net's two graphs against loops over nodes, and its options."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch
from torch import nn
from torch.nn import functional

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.evidence.views import OTHER_CONTEXT, OWN_CONTEXT
from heartsay.models.backbone import InputShape
from heartsay.models.backbones.m3net import M3Net, high_frequency_convolution
from heartsay.models.layers.hypergraph import KindWeights, PositionalWeights, hypergraph_convolution

M, H = 3, 4


def small(widths: dict[str, int] | None = None, **settings: object) -> M3Net:
    torch.manual_seed(0)
    shape = InputShape(widths or WIDTHS, 3, len(EMOTIONS))
    return M3Net(shape, hidden=8, graph_width=6, **settings).eval()  # type: ignore[arg-type]


def sample(*lengths: int) -> EvidenceBatch:
    return feature_batch(lengths or (4, 2), speakers=2).evidence


@pytest.mark.parametrize("kind", [KindWeights, PositionalWeights])
def test_hypergraph_is_a_walk_over_an_incidence_list(kind: type[nn.Module]) -> None:
    torch.manual_seed(0)
    evidence, weights = sample(), kind(M)
    with torch.no_grad():
        for parameter in weights.parameters():
            parameter.add_(torch.rand_like(parameter))
    nodes = torch.randn(2, M, 4, H) * evidence.real[:, None, :, None]
    found = hypergraph_convolution(nodes, evidence.visible, weights(evidence.real))
    edge_count = node_count = 0
    for b, length in enumerate((4, 2)):
        edges = [[(m, t) for t in range(length)] for m in range(M)]
        edges += [[(m, t) for m in range(M)] for t in range(length)]
        summed = {(m, t): torch.zeros(H) for m in range(M) for t in range(length)}
        divisor = dict.fromkeys(summed, torch.tensor(0.0))
        for number, members in enumerate(edges):
            of_modality = number < M
            if isinstance(weights, PositionalWeights):
                own = weights.edges[edge_count]
                # By node: modality after modality, the same in both hyperedges that hold the node.
                inside = [weights.nodes[node_count + m * length + t] for m, t in members]
            else:
                assert isinstance(weights, KindWeights)
                own = (weights.modality_edge[number] if of_modality else weights.utterance_edge).exp()
                table = weights.modality_node if of_modality else weights.utterance_node
                inside = [table[m].exp() for m, _ in members]
            edge_count += 1
            mean = torch.stack([nodes[b, m, t] for m, t in members]).sum(0) / torch.stack(inside).sum()
            for member in members:
                summed[member] = summed[member] + mean
                divisor[member] = divisor[member] + own
        for (m, t), total in summed.items():
            torch.testing.assert_close(found[b, m, t], total / divisor[m, t])
        node_count += M * length


def test_positional_weights_by_hand() -> None:
    """Two conversations, of two utterances and of one, with two modalities: 7 hyperedges, 6 nodes."""
    weights = PositionalWeights(2)
    with torch.no_grad():
        weights.nodes[:6] = torch.tensor([1.0, 2.0, 3.0, 5.0, 7.0, 11.0])
        weights.edges[:7] = torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
    real = torch.tensor([[True, True], [True, False]])
    nodes = torch.tensor([[[1.0, 2.0], [10.0, 20.0]], [[4.0, 0.0], [6.0, 0.0]]])[..., None]
    found = hypergraph_convolution(nodes, real[:, :, None] & real[:, None, :], weights(real))[..., 0]
    # First conversation, first modality: hyperedge (1 + 2) / (1 + 2); utterances: 11 / (1 + 3), 22 / (2 + 5).
    first = [(1 + 11 / 4) / (1 + 4), (1 + 22 / 7) / (1 + 8)]
    second = [(30 / 8 + 11 / 4) / (2 + 4), (30 / 8 + 22 / 7) / (2 + 8)]
    torch.testing.assert_close(found[0], torch.tensor([first, second]))
    # Second conversation: nodes 4 and 5 of the batch; its hyperedges are 4, 5 and, for the utterance, 6.
    alone = [(4 / 7 + 10 / 18) / (16 + 64), (6 / 11 + 10 / 18) / (32 + 64)]
    torch.testing.assert_close(found[1, :, 0], torch.tensor(alone))


def test_a_node_gets_of_its_modality_what_it_may_see() -> None:
    evidence = OTHER_CONTEXT(sample(5))
    nodes = torch.randn(1, M, 5, H)
    found = hypergraph_convolution(nodes, evidence.visible, KindWeights(M)(evidence.real))
    for t in range(5):
        own = evidence.speaker[0] == evidence.speaker[0, t]
        wanted = (nodes[0, :, own].mean(1) + nodes[0, :, t].mean(0)) / 2
        torch.testing.assert_close(found[0, :, t], wanted)


@pytest.mark.parametrize("modalities", [1, 3])
def test_high_frequency_messages_are_those_of_an_edge_list(modalities: int) -> None:
    torch.manual_seed(0)
    evidence, gate = OWN_CONTEXT(sample()), nn.Linear(2 * H, 1)
    nodes = torch.randn(2, modalities, 4, H)
    found = high_frequency_convolution(nodes, evidence.visible, gate)
    for b, length in enumerate((4, 2)):
        places = [(m, t) for m in range(modalities) for t in range(length)]
        sources = {
            (m, t): [
                (n, u)
                for n, u in places
                if (m == n and t != u and evidence.visible[b, t, u]) or (m != n and t == u)
            ]
            for m, t in places
        }
        for m, t in places:
            wanted = torch.zeros(H)
            for n, u in sources[m, t]:
                norm = (len(sources[m, t]) * len(sources[n, u])) ** -0.5
                pair = torch.cat([nodes[b, m, t], nodes[b, n, u]])
                wanted = wanted + norm * torch.tanh(gate(pair)) * nodes[b, n, u]
            torch.testing.assert_close(found[b, m, t], wanted, atol=1e-5, rtol=1e-5)


def test_shapes_and_any_modalities() -> None:
    for widths in ({"text": 12}, {"voice": 7, "face": 5}, dict(WIDTHS)):
        evidence = feature_batch((4, 1), 2, widths).evidence
        reading = small(widths)(evidence)
        assert reading.emotion.shape == (2, 4, len(EMOTIONS))
        assert reading.representation.shape == (2, 4, len(widths) * 12)
        assert torch.isfinite(reading.emotion).all()


def test_inputs_stay_as_they_were() -> None:
    evidence = sample()
    before = {m: x.clone() for m, x in evidence.features.items()}
    small(text_layers=4).train()(evidence)
    assert all(torch.equal(before[m], x) for m, x in evidence.features.items())


def test_positional_weights_make_a_reading_depend_on_batch_mates() -> None:
    model, evidence = small(positional_weights=True), sample(3, 3)
    assert isinstance(model.hyperedges, PositionalWeights)
    with torch.no_grad():
        model.hyperedges.nodes.mul_(torch.linspace(0.5, 2, 5200))
    second = EvidenceBatch(
        {m: x[1:] for m, x in evidence.features.items()},
        {m: x[1:] for m, x in evidence.present.items()},
        evidence.speaker[1:],
        evidence.real[1:],
        evidence.visible[1:],
    )
    assert not torch.allclose(model(evidence).emotion[1:], model(second).emotion, atol=1e-6)
    with pytest.raises(InputError, match="1000 hyperedges"):
        model(sample(1001))


def test_text_layers_are_normalised_over_what_has_text() -> None:
    model, evidence = small(text_layers=4, dropout=0.0), sample()
    with_gap = evidence.present["text"].clone()
    with_gap[0, 1] = False
    evidence = replace(evidence, present={**evidence.present, "text": with_gap})
    rows = evidence.features["text"][with_gap & evidence.real].unflatten(1, (4, 3))  # (N, 4, 3)
    wanted = ((rows - rows.mean(0)) / (rows.var(0, unbiased=False) + 1e-5).sqrt()).mean(1)
    found = model.train()._text_layers_averaged(evidence)
    torch.testing.assert_close(found[with_gap & evidence.real], wanted, atol=1e-4, rtol=1e-4)
    assert (found[0, 1] == 0).all()
    assert (found[1, 2:] == 0).all()
    assert torch.isfinite(model(sample(1)).emotion).all(), "one utterance has no variance"
    with pytest.raises(InputError, match="multiple of text_layers"):
        small(text_layers=5)


def test_it_learns() -> None:
    batch = feature_batch((6, 5, 4), speakers=2)
    model = small(dropout=0.0).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        logits = model(batch.evidence).emotion[batch.evidence.real]
        loss = functional.cross_entropy(logits, batch.emotion[batch.evidence.real])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 4


def test_hyperedges_that_ignore_views_leak_what_is_hidden() -> None:
    evidence = sample(4)
    alone = replace(evidence, visible=torch.eye(4, dtype=torch.bool)[None])
    honest, leaking = (
        small(high_frequency_layers=0),
        small(high_frequency_layers=0, hyperedges_ignore_views=True),
    )
    with torch.no_grad():
        whole = honest(evidence).representation
        torch.testing.assert_close(leaking(evidence).representation, whole)
        torch.testing.assert_close(leaking(alone).representation, whole)
        assert not torch.allclose(honest(alone).representation, whole)
