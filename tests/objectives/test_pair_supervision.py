from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from tests.dummies.pair_batches import pair_batch, pair_scorer

from heartsay.errors import InputError
from heartsay.evidence.reading import UNLABELLED
from heartsay.objectives.pair_losses import candidates, gold_pairs, pair_cross_entropy
from heartsay.objectives.rpcl import BASE, supervision

TALKS = [(4, [(1, 0), (3, 3), (0, 2)]), (1, []), (6, [(5, 1), (5, 4)])]


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def test_candidates_are_real_and_not_later_unless_the_future_counts() -> None:
    evidence = pair_batch(TALKS).evidence
    past, every = candidates(evidence), candidates(evidence, future=True)
    for b, length in enumerate((4, 1, 6)):
        for i in range(6):
            for j in range(6):
                inside = i < length and j < length
                assert bool(past[b, i, j]) is (inside and j <= i)
                assert bool(every[b, i, j]) is inside


@pytest.mark.parametrize("weight", [0.25, 1.0, 3.0])
def test_pair_loss_is_the_weighted_mean_over_candidates(weight: float) -> None:
    batch = pair_batch(TALKS)
    log_odds = torch.randn(3, 6, 6, generator=torch.Generator().manual_seed(0))
    valid, gold = candidates(batch.evidence), gold_pairs(batch)
    total = mass = 0.0
    for b, i, j in valid.nonzero().tolist():
        z, hit = log_odds[b, i, j].item(), bool(gold[b, i, j])
        total += weight * softplus(-z) if hit else softplus(z)
        mass += weight if hit else 1.0
    assert pair_cross_entropy(log_odds, gold, valid, weight).item() == pytest.approx(total / mass, rel=1e-5)


def test_a_conversation_of_one_utterance_weighs_what_it_should() -> None:
    batch = pair_batch([(1, [(0, 0)])])
    loss = pair_cross_entropy(torch.zeros(1, 1, 1), gold_pairs(batch), candidates(batch.evidence), 0.5)
    assert loss.item() == pytest.approx(math.log(2))


def test_no_candidates_cost_nothing() -> None:
    none = torch.zeros(1, 2, 2, dtype=torch.bool)
    z = torch.randn(1, 2, 2, requires_grad=True)
    loss = pair_cross_entropy(z, none, none, 2.0)
    loss.backward()
    assert loss.item() == 0.0
    assert z.grad is not None
    assert not z.grad.any()


def test_emotions_and_causes_are_supervised_on_real_utterances_only() -> None:
    batch, model = pair_batch(TALKS), pair_scorer()
    batch.emotion[0, 1] = UNLABELLED
    reading = model(batch.evidence)
    settings = replace(BASE, emotion_weight=0.5, cause_weight=2.0)
    parts = supervision(settings, reading, batch, candidates(batch.evidence))
    emotion, cause = [], []
    # Utterance 2 of the first talk causes an emotion before it: a cause all the same.
    causes = {(0, 0), (0, 3), (0, 2), (2, 1), (2, 4)}
    for b, length in enumerate((4, 1, 6)):
        for t in range(length):
            label = int(batch.emotion[b, t])
            if label != UNLABELLED:
                emotion.append(-torch.log_softmax(reading.emotion[b, t], -1)[label].item())
            z = reading.cause[b, t].item()
            cause.append(softplus(-z) if (b, t) in causes else softplus(z))
    assert len(emotion) == len(cause) - 1
    assert parts["emotion"].item() == pytest.approx(0.5 * sum(emotion) / len(emotion), rel=1e-5)
    assert parts["cause"].item() == pytest.approx(2.0 * sum(cause) / len(cause), rel=1e-5)


def test_without_a_label_there_is_no_emotion_loss() -> None:
    batch = pair_batch([(2, [(1, 0)])])
    batch.emotion[:] = UNLABELLED
    parts = supervision(BASE, pair_scorer()(batch.evidence), batch, candidates(batch.evidence))
    assert parts["emotion"].item() == 0.0


def test_talk_without_annotated_pairs_is_refused() -> None:
    batch = pair_batch(TALKS)._replace(pair=None)
    with pytest.raises(InputError, match="annotated causes"):
        gold_pairs(batch)
