from __future__ import annotations

import pytest
import torch
from tests.dummies.backbone import dummy_backbone
from tests.dummies.evidence import WIDTHS, feature_conversation

from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tensors import Batch, collate
from heartsay.objectives.crl import Crl, correctness_ranking
from heartsay.objectives.task_losses import cross_entropy


def test_the_ranking_is_the_published_margin_loss() -> None:
    generator = torch.Generator().manual_seed(2)
    confidence = torch.rand(12, generator=generator)
    correctness = torch.randint(0, 4, (12,), generator=generator) / 3
    target = torch.sign(correctness - correctness.roll(-1))
    divisor = torch.where(target == 0, 1.0, target)
    shifted = confidence.roll(-1) + (correctness - correctness.roll(-1)).abs() / divisor
    expected = torch.nn.functional.margin_ranking_loss(confidence, shifted, target)
    assert (target == 0).any()
    torch.testing.assert_close(correctness_ranking(confidence, correctness), expected)


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_to_rank_against(count: int) -> None:
    confidence = torch.rand(count, requires_grad=True)
    loss = correctness_ranking(confidence, torch.rand(count))
    loss.backward()
    assert loss.item() == 0


def batches() -> list[Batch]:
    talks = [feature_conversation(n, 2, seed=n) for n in (4, 3, 5)]
    return [collate(talks[:2], tuple(WIDTHS), [0, 4]), collate(talks[2:], tuple(WIDTHS), [7])]


def test_the_history_counts_right_readings_by_utterance() -> None:
    first, second = batches()
    first.emotion[0, 1] = UNLABELLED
    model, objective = dummy_backbone(), Crl(cross_entropy)
    objective.begin([first, second], None)
    still = torch.optim.SGD(model.parameters(), lr=0.0)
    expected = torch.zeros(12)
    for batch in (first, second):
        right = (model(batch.evidence).emotion.argmax(-1) == batch.emotion) & batch.evidence.real
        expected[batch.number[right]] += 1
    for epoch in range(3):
        for batch in (second, first):
            objective.step(model, batch, still, None)
        objective.end_epoch(model, epoch, 5)
        assert objective.right.tolist() == ((epoch + 1) * expected).tolist()
    assert objective.right.sum() > 0
    assert objective.right[1] == 0
    # With every share 0 or 1, what a wrong neighbour costs is 1 minus how much surer the right one is.
    logits = model(second.evidence).emotion[0]
    expected_loss = correctness_ranking(logits.softmax(-1).max(-1).values, expected[second.number[0]])
    found = objective.losses(model, second)["ranking"]
    assert found.item() == pytest.approx(expected_loss.item(), rel=1e-5)
    assert found.item() > 0


def test_confidence_carries_gradient_and_the_first_epoch_has_no_ranking() -> None:
    (batch, _), model, objective = batches(), dummy_backbone(), Crl(cross_entropy)
    objective.begin(batches(), None)
    assert objective.losses(model, batch)["ranking"].item() == 0
    objective.right[::2], objective.epochs = 1.0, 1
    loss = objective.losses(model, batch)["ranking"]
    loss.backward()
    assert model.head.weight.grad is not None
    assert model.head.weight.grad.abs().max() > 0


def test_a_resumed_history_gives_the_same_numbers() -> None:
    model, objective = dummy_backbone(), Crl(cross_entropy)
    objective.begin(batches(), None)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    objective.step(model, batches()[0], optimizer, None)
    objective.end_epoch(model, 0, 2)
    resumed = Crl(cross_entropy)
    resumed.begin(batches(), None)
    resumed.load_state_dict(objective.state_dict())
    for batch in batches():
        assert resumed.losses(model, batch)["ranking"] == objective.losses(model, batch)["ranking"]
