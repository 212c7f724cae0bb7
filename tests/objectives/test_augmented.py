"""What is taken away and what is made to disagree in training, and what never is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.dummies.backbone import dummy_backbone
from tests.dummies.evidence import WIDTHS, feature_batch

from heartsay.errors import InputError
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tensors import Batch
from heartsay.objectives.augmented import ConflictAugmentation, ModalityDropout, drop, with_false_sides
from heartsay.objectives.supervised import Supervised
from heartsay.objectives.task_losses import cross_entropy


def talk() -> Batch:
    return feature_batch((40, 30), missing=0.3)


def test_one_modality_is_lost_so_often_and_never_the_last() -> None:
    torch.manual_seed(0)
    whole = talk().evidence
    before = torch.stack([whole.present[m] for m in WIDTHS], -1)
    lost = []
    for _ in range(40):
        edited = drop(whole, 0.3)
        after = torch.stack([edited.present[m] for m in WIDTHS], -1)
        assert not (after & ~before).any()
        gone = before.sum(-1) - after.sum(-1)
        assert gone.max() == 1
        assert (after.sum(-1)[before.any(-1)] > 0).all()
        lost.append(before & ~after)
    several = before.sum(-1) > 1
    rate = torch.stack(lost).any(-1)[:, several].float().mean()
    assert rate == pytest.approx(0.3, abs=0.05)
    full = before.all(-1)
    shares = torch.stack(lost)[:, full].float().sum((0, 1))
    assert (shares / shares.sum() - 1 / 3).abs().max() < 0.1


def test_a_false_side_is_that_of_another_label_weakened() -> None:
    torch.manual_seed(1)
    batch = talk()
    batch.emotion[0, :3] = UNLABELLED
    edited = with_false_sides(batch, ("voice", "face"), 0.4, 0.5)
    real, labels = batch.evidence.real, batch.emotion
    assert edited.present is batch.evidence.present
    assert edited.features["text"] is batch.evidence.features["text"]
    changed = {m: (edited.features[m] != batch.evidence.features[m]).any(-1) for m in ("voice", "face")}
    assert not (changed["voice"] & changed["face"]).any()
    assert not (changed["voice"] | changed["face"])[~real].any()
    assert not changed["voice"][0, :3].any()
    share = (changed["voice"] | changed["face"])[real].float().mean()
    assert 0.15 < share < 0.45
    for m, moved in changed.items():
        assert moved.any()
        assert batch.evidence.present[m][moved].all()
        known = batch.evidence.present[m] & real & (labels != UNLABELLED)
        donors = {
            tuple((0.5 * x).tolist()): int(y)
            for x, y in zip(batch.evidence.features[m][known], labels[known], strict=True)
        }
        for row, place in moved.nonzero().tolist():
            assert donors[tuple(edited.features[m][row, place].tolist())] != int(labels[row, place])


def test_where_all_are_alike_nothing_can_be_false() -> None:
    batch = feature_batch((4,))
    batch.emotion[:] = 1
    edited = with_false_sides(batch, ("voice",), 1.0, 1.0)
    assert torch.equal(edited.features["voice"], batch.evidence.features["voice"])
    batch.emotion[:] = UNLABELLED
    with_false_sides(batch, ("voice",), 1.0, 1.0)


def test_a_rate_of_0_is_plain_supervision() -> None:
    model, batch = dummy_backbone(), feature_batch((5, 4))
    wanted = Supervised(cross_entropy).losses(model, batch)["task"]
    for objective in (
        ModalityDropout(cross_entropy, rate=0.0),
        ConflictAugmentation(cross_entropy, tuple(WIDTHS), rate=0.0),
    ):
        assert torch.equal(objective.losses(model, batch)["task"], wanted)


def test_the_label_of_a_false_utterance_stays_and_the_batch_too() -> None:
    model, batch = dummy_backbone(), feature_batch((9, 8))
    before = {m: x.clone() for m, x in batch.evidence.features.items()}
    labels = batch.emotion.clone()
    torch.manual_seed(0)
    found = ConflictAugmentation(cross_entropy, tuple(WIDTHS), rate=1.0).losses(model, batch)["task"]
    assert not torch.equal(found, Supervised(cross_entropy).losses(model, batch)["task"])
    assert torch.equal(batch.emotion, labels)
    assert all(torch.equal(batch.evidence.features[m], x) for m, x in before.items())
    gone = replace(batch.evidence, present={m: x & False for m, x in batch.evidence.present.items()})
    alone = with_false_sides(batch._replace(evidence=gone), ("voice", "face"), 1.0, 1.0)
    assert torch.equal(alone.features["voice"], before["voice"])


@pytest.mark.parametrize(
    "make",
    [
        lambda: ModalityDropout(cross_entropy, rate=1.5),
        lambda: ConflictAugmentation(cross_entropy, ("text", "voice"), rate=-0.1),
        lambda: ConflictAugmentation(cross_entropy, ("text", "voice"), strength=2),
        lambda: ConflictAugmentation(cross_entropy, ("text",)),
        lambda: ConflictAugmentation(cross_entropy, ("voice",)),
    ],
)
def test_what_cannot_be_is_refused(make: Any) -> None:
    with pytest.raises(InputError):
        make()
