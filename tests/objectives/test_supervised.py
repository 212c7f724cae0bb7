from __future__ import annotations

import pytest
import torch
from tests.dummies.backbone import dummy_backbone
from tests.dummies.evidence import feature_batch

from heartsay.evidence.reading import UNLABELLED
from heartsay.objectives.objective import DivergedError
from heartsay.objectives.supervised import Supervised
from heartsay.objectives.task_losses import cross_entropy


def test_only_labelled_utterances_count() -> None:
    model, batch = dummy_backbone(), feature_batch((4, 2))
    batch.emotion[0, 1] = UNLABELLED
    logits = model(batch.evidence).emotion
    rows = [(0, 0), (0, 2), (0, 3), (1, 0), (1, 1)]
    each = [-torch.log_softmax(logits[b, t], -1)[batch.emotion[b, t]].item() for b, t in rows]
    found = Supervised(cross_entropy).losses(model, batch)
    assert found["task"].item() == pytest.approx(sum(each) / 5, rel=1e-5)


def test_steps_learn() -> None:
    torch.manual_seed(0)
    model, batch = dummy_backbone(), feature_batch((9, 8, 7))
    objective, optimizer = Supervised(cross_entropy), torch.optim.Adam(model.parameters(), lr=0.01)
    losses = [objective.step(model, batch, optimizer, 1.0)["task"] for _ in range(60)]
    assert losses[-1] < 0.5 * losses[0]


def test_a_loss_that_is_no_number_stops_before_the_weights_move() -> None:
    model, batch = dummy_backbone(), feature_batch()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    objective = Supervised(lambda logits, gold: logits.sum() * float("nan"))
    with pytest.raises(DivergedError, match="task nan"):
        objective.step(model, batch, optimizer, None)
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)
