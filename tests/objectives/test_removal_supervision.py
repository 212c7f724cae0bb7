from __future__ import annotations

import math
from copy import deepcopy

import pytest
import torch
from tests.dummies.backbone import dummy_backbone
from tests.dummies.evidence import WIDTHS, feature_batch

from heartsay.errors import InputError
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.views import removals
from heartsay.objectives.removal_supervision import RemovalSupervision
from heartsay.objectives.task_losses import cross_entropy

MODALITIES = tuple(WIDTHS)
ALL = len(removals(MODALITIES))


def test_the_parts_are_those_of_every_removal_written_out() -> None:
    batch, model = feature_batch((5, 3)), dummy_backbone(dropout=0.0)
    objective = RemovalSupervision(cross_entropy, MODALITIES, removed=0.5, ranking=2.0, drawn=ALL)
    parts = objective.losses(model, batch)
    known = (batch.emotion != UNLABELLED) & batch.evidence.real
    gold = batch.emotion[known]
    whole = model(batch.evidence).emotion[known]
    losses, change = [], torch.zeros(())
    for view in removals(MODALITIES).values():
        logits = model(view(batch.evidence)).emotion[known]
        losses.append(cross_entropy(logits, gold))
        for n, label in enumerate(gold.tolist()):
            change = change + (logits.softmax(-1)[n, label] - whole.softmax(-1)[n, label]).clamp(min=0)
    torch.testing.assert_close(parts["task"], cross_entropy(whole, gold))
    torch.testing.assert_close(parts["removed"], 0.5 * torch.stack(losses).mean())
    torch.testing.assert_close(parts["ranking"], 2.0 * change / len(gold))
    assert parts["ranking"].item() > 0


def test_a_step_reads_as_many_removals_as_asked_for_and_others_the_next_time() -> None:
    batch, model = feature_batch((5, 3)), dummy_backbone(dropout=0.0)
    one = RemovalSupervision(cross_entropy, MODALITIES, drawn=1)
    torch.manual_seed(0)
    found = {round(one.losses(model, batch)["removed"].item(), 6) for _ in range(40)}
    assert len(found) == ALL


def test_what_counts_is_a_mean_that_fades() -> None:
    objective = RemovalSupervision(cross_entropy, MODALITIES, memory=0.5)
    models = [dummy_backbone(seed) for seed in range(3)]
    for epoch, model in enumerate(models):
        objective.end_epoch(model, epoch, 8)
    averaged = objective.evaluated(models[-1]).state_dict()
    for name, value in averaged.items():
        first, second, third = (model.state_dict()[name] for model in models)
        torch.testing.assert_close(value, (first + 2 * second + 4 * third) / 7)


def test_without_memory_the_last_epoch_counts_alone() -> None:
    objective = RemovalSupervision(cross_entropy, MODALITIES, memory=0.0)
    models = [dummy_backbone(seed) for seed in range(2)]
    for epoch, model in enumerate(models):
        objective.end_epoch(model, epoch, 8)
    torch.testing.assert_close(objective.evaluated(models[-1]).state_dict(), models[-1].state_dict())


def test_a_step_descends_by_the_gradient_at_the_worst_point_for_the_same_removals_and_dropout() -> None:
    model, batch = dummy_backbone(dropout=0.5), feature_batch((6, 4))
    model.train()
    objective = RemovalSupervision(cross_entropy, MODALITIES, rho=0.3, drawn=1)
    expected, at = deepcopy(model), deepcopy(model)

    def gradients() -> list[torch.Tensor]:
        torch.manual_seed(7)
        at.zero_grad()
        torch.stack(list(objective.losses(at, batch).values())).sum().backward()
        return [torch.zeros_like(w) if w.grad is None else w.grad.clone() for w in at.parameters()]

    up = gradients()
    length = math.sqrt(sum((g**2).sum().item() for g in up))
    with torch.no_grad():
        for w, g in zip(at.parameters(), up, strict=True):
            w += 0.3 * g / length
    down = gradients()
    with torch.no_grad():
        for w, g in zip(expected.parameters(), down, strict=True):
            w -= 0.1 * g
    torch.manual_seed(7)
    objective.step(model, batch, torch.optim.SGD(model.parameters(), lr=0.1), None)
    torch.testing.assert_close(model.state_dict(), expected.state_dict())


def test_without_rho_it_is_an_ordinary_step() -> None:
    batch = feature_batch((6, 4))
    first, second = (dummy_backbone(dropout=0.0) for _ in range(2))
    objective = RemovalSupervision(cross_entropy, MODALITIES, rho=0.0, drawn=ALL)
    objective.step(first, batch, torch.optim.SGD(first.parameters(), lr=0.1), None)
    torch.stack(list(objective.losses(second, batch).values())).sum().backward()
    torch.optim.SGD(second.parameters(), lr=0.1).step()
    torch.testing.assert_close(first.state_dict(), second.state_dict())


def test_without_labels_there_is_no_loss_but_a_gradient_of_zero() -> None:
    batch, model = feature_batch((4,)), dummy_backbone()
    blank = batch._replace(emotion=torch.full_like(batch.emotion, UNLABELLED))
    parts = RemovalSupervision(cross_entropy, MODALITIES).losses(model, blank)
    total = torch.stack(list(parts.values())).sum()
    assert total.item() == 0.0
    total.backward()


@pytest.mark.parametrize(
    "setting", [{"removed": -1.0}, {"ranking": float("nan")}, {"drawn": 0}, {"rho": -0.1}, {"memory": 1.0}]
)
def test_settings_out_of_range_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(setting))):
        RemovalSupervision(cross_entropy, MODALITIES, **setting)
