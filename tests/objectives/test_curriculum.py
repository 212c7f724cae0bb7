from __future__ import annotations

import math

import pytest
import torch
from tests.dummies.backbone import dummy_backbone
from tests.dummies.evidence import WIDTHS, feature_conversation

from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tensors import Batch, collate
from heartsay.evidence.views import removals
from heartsay.objectives.curriculum import baby_steps, conversation_difficulty

TALKS = [feature_conversation(n, speakers, seed=n) for n, speakers in ((5, 2), (1, 1), (8, 3), (4, 1))]
VIEWS = list(removals(tuple(WIDTHS)).values())


def batches(*sizes: int) -> list[Batch]:
    made, start = [], 0
    for size in sizes:
        made.append(collate(TALKS[start : start + size], tuple(WIDTHS)))
        start += size
    return made


def test_difficulty_is_the_equation() -> None:
    baseline = dummy_backbone(1, dropout=0.5)
    found = conversation_difficulty(baseline, batches(2, 2), VIEWS)
    assert baseline.training
    baseline.eval()
    for row, talk in enumerate(TALKS):
        evidence = collate([talk], tuple(WIDTHS)).evidence
        total = 0.0
        for view in VIEWS:
            before = torch.softmax(baseline(evidence).emotion[0], -1)
            after = torch.softmax(baseline(view(evidence)).emotion[0], -1)
            for t, gold in enumerate(talk.emotion.tolist()):
                total += max(0.0, math.log(after[t, gold].item()) - math.log(before[t, gold].item()))
        speakers = len(set(talk.evidence.speaker.tolist()))
        assert found[row].item() == pytest.approx((total + speakers) / (len(talk) + speakers), rel=1e-4)


def test_difficulty_does_not_depend_on_batch_mates() -> None:
    baseline = dummy_backbone(1)
    together = conversation_difficulty(baseline, batches(4), VIEWS)
    torch.testing.assert_close(conversation_difficulty(baseline, batches(1, 1, 1, 1), VIEWS), together)


def test_a_conversation_without_labels_has_a_difficulty() -> None:
    (batch,) = batches(4)
    blank = batch._replace(emotion=torch.full_like(batch.emotion, UNLABELLED))
    found = conversation_difficulty(dummy_backbone(), [blank], VIEWS)
    torch.testing.assert_close(found, torch.tensor([2 / 7, 1 / 2, 3 / 11, 1 / 5]))


def test_the_easy_come_first_and_stay() -> None:
    difficulty = torch.tensor([0.5, 0.1, 0.4, 0.1, 0.9, 0.2, 0.3, 0.8, 0.7, 0.6])
    first, second = baby_steps(difficulty, 0.4, 0), baby_steps(difficulty, 0.4, 1)
    assert first is not None
    assert second is not None
    assert first.tolist() == [1, 3, 5, 6]
    assert second.tolist() == [1, 3, 5, 6, 2, 0, 9, 8]
    assert baby_steps(difficulty, 0.4, 2) is None


@pytest.mark.parametrize(("ratio", "epochs"), [(0.15, 7), (0.4, 3), (1.0, 1), (0.1, 10)])
def test_everything_is_in_after_the_published_number_of_epochs(ratio: float, epochs: int) -> None:
    difficulty = torch.rand(50)
    assert epochs == 1 or baby_steps(difficulty, ratio, epochs - 2) is not None
    assert baby_steps(difficulty, ratio, epochs - 1) is None


def test_there_is_always_something_to_train_on() -> None:
    chosen = baby_steps(torch.tensor([0.2, 0.1]), 0.01, 0)
    assert chosen is not None
    assert chosen.tolist() == [1]
