from __future__ import annotations

import pytest
import torch
from tests.dummies.backbone import dummy_backbone
from tests.dummies.evidence import WIDTHS, feature_batch

from undertone.errors import InputError
from undertone.evidence.labels import UNLABELLED
from undertone.evidence.views import removals
from undertone.objectives.removal_supervision import RemovalSupervision
from undertone.objectives.task_losses import cross_entropy

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


def test_the_mean_of_the_last_half_is_what_counts() -> None:
    objective = RemovalSupervision(cross_entropy, MODALITIES, averaged=0.5)
    models = [dummy_backbone(seed) for seed in range(4)]
    for epoch, model in enumerate(models):
        objective.end_epoch(model, epoch, 4)
    averaged = objective.evaluated(models[-1]).state_dict()
    for name, value in averaged.items():
        expected = (models[2].state_dict()[name] + models[3].state_dict()[name]) / 2
        torch.testing.assert_close(value, expected)


def test_without_labels_there_is_no_loss_but_a_gradient_of_zero() -> None:
    batch, model = feature_batch((4,)), dummy_backbone()
    blank = batch._replace(emotion=torch.full_like(batch.emotion, UNLABELLED))
    parts = RemovalSupervision(cross_entropy, MODALITIES).losses(model, blank)
    total = torch.stack(list(parts.values())).sum()
    assert total.item() == 0.0
    total.backward()


@pytest.mark.parametrize(
    "setting", [{"removed": -1.0}, {"ranking": float("nan")}, {"drawn": 0}, {"averaged": 0.0}]
)
def test_settings_out_of_range_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(setting))):
        RemovalSupervision(cross_entropy, MODALITIES, **setting)
