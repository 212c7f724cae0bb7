from __future__ import annotations

import math
from copy import deepcopy

import pytest
import torch
from tests.dummies.backbone import DummyBackbone, dummy_backbone
from tests.dummies.evidence import feature_batch

from heartsay.errors import InputError
from heartsay.objectives.fmfp import Fmfp, literal_rate
from heartsay.objectives.objective import DivergedError
from heartsay.objectives.supervised import Supervised
from heartsay.objectives.task_losses import cross_entropy


def test_a_step_descends_by_the_gradient_at_the_worst_point_nearby() -> None:
    model, batch = dummy_backbone(), feature_batch((6, 4))
    objective = Fmfp(cross_entropy, rho=0.3)
    expected = deepcopy(model)
    at = deepcopy(model)
    objective.losses(at, batch)["task"].backward()
    gradients = [w.grad for w in at.parameters()]
    length = math.sqrt(sum((g**2).sum().item() for g in gradients))
    with torch.no_grad():
        for w, g in zip(at.parameters(), gradients, strict=True):
            w += 0.3 * g / length
    at.zero_grad()
    objective.losses(at, batch)["task"].backward()
    with torch.no_grad():
        for w, moved in zip(expected.parameters(), at.parameters(), strict=True):
            w -= 0.1 * moved.grad
    objective.step(model, batch, torch.optim.SGD(model.parameters(), lr=0.1), None)
    torch.testing.assert_close(model.state_dict(), expected.state_dict())


def test_a_step_comes_back_to_the_weights_to_the_bit() -> None:
    model, batch = dummy_backbone(), feature_batch((6, 4))
    before = deepcopy(model.state_dict())
    still = torch.optim.SGD(model.parameters(), lr=0.0)
    parts = Fmfp(cross_entropy).step(model, batch, still, 1.0)
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)
    # What is reported is the loss at the weights, not at the worst point.
    assert parts["task"] == Supervised(cross_entropy).losses(model, batch)["task"].item()


def test_a_divergence_at_the_worst_point_leaves_the_weights() -> None:
    calls = 0

    def loss(logits: torch.Tensor, gold: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        return cross_entropy(logits, gold) * (math.nan if calls == 2 else 1.0)

    model = dummy_backbone()
    before = deepcopy(model.state_dict())
    with pytest.raises(DivergedError):
        Fmfp(loss).step(model, feature_batch(), torch.optim.SGD(model.parameters(), lr=1.0), None)
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)


def test_the_mean_is_that_of_the_last_epochs() -> None:
    objective, epochs = Fmfp(cross_entropy, averaged=0.4), 5
    models = [dummy_backbone(seed, statistics=True) for seed in range(epochs)]
    for epoch, model in enumerate(models):
        model(feature_batch((epoch + 2,)).evidence)
        objective.end_epoch(model, epoch, epochs)
        if epoch < 3:
            assert objective.evaluated(model) is model
    averaged = objective.evaluated(models[-1])
    assert averaged is not models[-1]
    for name, value in averaged.state_dict().items():
        if value.is_floating_point():
            expected = (models[3].state_dict()[name] + models[4].state_dict()[name]) / 2
            torch.testing.assert_close(value, expected)
    assert objective.mean.count == 2


def test_the_literal_rate() -> None:
    assert literal_rate(0, 200) == pytest.approx(0.1)
    assert literal_rate(50, 200) == pytest.approx(0.05)
    assert literal_rate(100, 200) == pytest.approx(0.0)
    assert literal_rate(120, 200) == pytest.approx(0.05 * (1 + math.cos(1.2 * math.pi)))
    assert literal_rate(130, 200) == pytest.approx(0.05)
    assert literal_rate(9, 10) == pytest.approx(0.05)


@pytest.mark.parametrize("literal", [False, True])
def test_a_resumed_run_gives_the_same_numbers(literal: bool) -> None:
    def trained(kill_after: int | None) -> DummyBackbone:
        torch.manual_seed(0)
        model, objective = dummy_backbone(), Fmfp(cross_entropy, literal=literal)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        batches = [feature_batch((5, 4), seed=1), feature_batch((3, 6), seed=9)]
        for epoch in range(5):
            for batch in batches:
                objective.step(model, batch, optimizer, 1.0)
            objective.end_epoch(model, epoch, 5)
            if epoch == kill_after:
                weights, state = deepcopy(model.state_dict()), deepcopy(objective.state_dict())
                moments = deepcopy(optimizer.state_dict())
                model, objective = dummy_backbone(7), Fmfp(cross_entropy, literal=literal)
                optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
                model.load_state_dict(weights)
                optimizer.load_state_dict(moments)
                objective.load_state_dict(state)
        averaged = objective.evaluated(model)
        assert isinstance(averaged, DummyBackbone)
        return averaged

    whole = trained(None).state_dict()
    for epoch in (0, 3):
        torch.testing.assert_close(trained(epoch).state_dict(), whole, rtol=0, atol=0)


def test_the_literal_recipe_leaves_the_given_optimizer_alone() -> None:
    model = dummy_backbone()
    before = deepcopy(model.state_dict())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    Fmfp(cross_entropy, literal=True).step(model, feature_batch(), optimizer, None)
    assert not optimizer.state
    assert (model.head.weight - before["head.weight"]).abs().max() > 0


@pytest.mark.parametrize("settings", [{"rho": 0.0}, {"averaged": 0.0}, {"averaged": 1.5}])
def test_settings_out_of_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(settings))):
        Fmfp(cross_entropy, **settings)  # type: ignore[arg-type]
