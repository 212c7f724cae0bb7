from __future__ import annotations

import pytest
import torch
from torch import nn

from heartsay.objectives.objective import DivergedError
from heartsay.training.optimisation import Decay, Optimisation, learning_rate


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        ("none", [0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("linear", [0.5, 1.0, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]),
        ("cosine", [0.5, 1.0, 1.0, 0.962, 0.854, 0.691, 0.5, 0.309, 0.146, 0.038]),
    ],
)
def test_learning_rates_rise_and_fall(decay: Decay, expected: list[float]) -> None:
    rate = learning_rate(10, 0.2, decay)
    assert [rate(step) for step in range(10)] == pytest.approx(expected, abs=5e-4)


def test_each_group_has_its_own_highest_rate_and_weights_stay_where_the_loss_is_no_number() -> None:
    model = nn.Linear(1, 1)
    groups = [{"params": [model.weight], "lr": 0.1}, {"params": [model.bias], "lr": 0.01}]
    optimisation = Optimisation(torch.optim.SGD(groups), lambda step: 1 / (1 + step))
    optimisation.begin_step(1)
    optimisation.begin_step(3)
    assert [group["lr"] for group in optimisation.optimizer.param_groups] == [0.025, 0.0025]
    before = model.weight.item()
    bad = model.weight.sum() * float("nan")
    with pytest.raises(DivergedError, match="task nan, other 1"):
        optimisation.descend(model, bad, {"task": bad, "other": torch.tensor(1.0)})
    assert model.weight.item() == before
    loss = model.weight.sum()
    assert optimisation.descend(model, loss, {"task": loss}) == {"task": pytest.approx(before)}
    assert model.weight.item() == pytest.approx(before - 0.025)
