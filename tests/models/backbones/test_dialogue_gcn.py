"""DialogueGCN's graph against its definition, edge by edge, and what a view takes out of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.dummies.evidence import WIDTHS, feature_batch
from torch import Tensor

from heartsay.evidence.tensors import BatchView, EvidenceBatch
from heartsay.evidence.views import ALONE, OTHER_CONTEXT, OWN_CONTEXT
from heartsay.models.backbone import InputShape
from heartsay.models.backbones.dialogue_gcn import DialogueGCN, EdgeWeights, RelationalConvolution

VIEWS: dict[str, BatchView] = {
    "whole": lambda evidence: evidence,
    "own context hidden": OWN_CONTEXT,
    "other context hidden": OTHER_CONTEXT,
}


def small(window: int = 2) -> DialogueGCN:
    torch.manual_seed(1)
    shape = InputShape(WIDTHS, 3, 4)
    return DialogueGCN(shape, encoder=4, graph=5, hidden=6, window=window, bases=3, longest=5).eval()


def edges(evidence: EvidenceBatch, window: int) -> Tensor:
    place = torch.arange(evidence.real.shape[1])
    return evidence.visible & ((place[:, None] - place).abs() <= window)


def test_a_sender_shares_out_its_message_over_the_receivers_it_has() -> None:
    weigh = EdgeWeights(3, 4)
    evidence = OWN_CONTEXT(feature_batch((6, 3), speakers=2).evidence)
    graph, values = edges(evidence, 2), torch.randn(2, 6, 3)
    weights = weigh(values, graph)
    for row, length in enumerate((6, 3)):
        for sender in range(length):
            receivers = graph[row, :, sender].nonzero().flatten()
            # Positions beyond the table share its last scorer.
            score = torch.exp(values[row, receivers] @ weigh.scorer.weight[min(sender, 3)])
            torch.testing.assert_close(weights[row, receivers, sender], score / score.sum())
    assert not weights[~graph].any()


@pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))
def test_each_edge_carries_the_matrix_of_its_relation(view: BatchView) -> None:
    torch.manual_seed(0)
    convolution = RelationalConvolution(3, 4, speakers=3, bases=2)
    evidence = view(feature_batch((7, 4), speakers=3).evidence)
    graph, values = edges(evidence, 3), torch.randn(2, 7, 3)
    weights = torch.rand(2, 7, 7) * graph
    found = convolution(values, weights, evidence.speaker)
    for row, length in enumerate((7, 4)):
        who = evidence.speaker[row].tolist()
        for receiver in range(length):
            wanted = convolution.itself(values[row, receiver])
            for sender in graph[row, receiver].nonzero().flatten().tolist():
                side = 0 if sender < receiver else 1
                mixing = convolution.mixing[who[sender], who[receiver], side]
                matrix = sum(part * base for part, base in zip(mixing, convolution.bases, strict=True))
                wanted = wanted + weights[row, receiver, sender] * (values[row, sender] @ matrix)
            torch.testing.assert_close(found[row, receiver], wanted)


def graph_part(model: DialogueGCN, encoded: Tensor, evidence: EvidenceBatch) -> Tensor:
    """The reading as a function of what the encoder made, (B, T, 8)."""
    hook = model.encode.register_forward_hook(lambda *_: encoded)
    with torch.no_grad():
        read = model(evidence).emotion
    hook.remove()
    return read


def test_alone_no_message_passes() -> None:
    evidence = ALONE(feature_batch((6, 2), speakers=2).evidence)
    encoded = torch.randn(2, 6, 8)
    model, others = small(), encoded.clone()
    others[:, 1:] = torch.randn(2, 5, 8)
    before, after = (graph_part(model, e, evidence) for e in (encoded, others))
    torch.testing.assert_close(after[:, 0], before[:, 0])
    assert (after[0, 1:] - before[0, 1:]).abs().max() > 1e-3


def test_what_no_visible_path_leads_to_is_not_felt() -> None:
    # The two halves see only themselves, so nothing of the second is in the first.
    evidence = feature_batch((6,), speakers=2).evidence
    half = torch.arange(6) < 3
    split = replace(evidence, visible=evidence.visible & (half[:, None] == half))
    encoded = torch.randn(1, 6, 8)
    others = torch.where(half[:, None], encoded, encoded + 1)
    model = small()
    torch.testing.assert_close(
        graph_part(model, others, split)[:, :3], graph_part(model, encoded, split)[:, :3]
    )
    whole = graph_part(model, others, evidence) - graph_part(model, encoded, evidence)
    assert whole[:, :3].abs().max() > 1e-3


def test_shapes_and_what_the_logits_are_read_from() -> None:
    model = small()
    reading = model(feature_batch((7, 1, 3), speakers=3).evidence)
    assert reading.representation.shape == (3, 7, 6)
    torch.testing.assert_close(reading.emotion, model.classifier(reading.representation))
