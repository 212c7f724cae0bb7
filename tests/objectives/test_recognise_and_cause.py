from __future__ import annotations

import math

import pytest
import torch

from heartsay.evidence.reading import UNLABELLED
from heartsay.models.packed_dialogue import PackedReading
from heartsay.objectives.recognise_and_cause import Gold, recognise_and_cause


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def example() -> tuple[PackedReading, Gold]:
    """A conversation with pairs and one without; the second has an utterance without a label."""
    emotion = torch.zeros(2, 2, 7)
    emotion[0, 0, 0], emotion[0, 1, 4], emotion[1, 0, 6] = 2.0, 1.0, -3.0
    pair = torch.tensor([[[1.0, -2.0], [0.5, 0.0]], [[9.0, 9.0], [9.0, 9.0]]])
    gold = Gold(
        emotion=torch.tensor([[0, 4], [6, UNLABELLED]]),
        pair=torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]),
        pair_known=torch.tensor([[[1.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]]),
    )
    return PackedReading(emotion, pair), gold


def test_the_losses_are_those_worked_out_by_hand() -> None:
    losses = recognise_and_cause(*example())
    first = math.log(math.exp(2) + 6) - 2
    second = math.log(math.exp(1) + 6) - 1
    third = math.log(math.exp(-3) + 6) + 3
    assert losses.emotion.item() == pytest.approx((first + second + third) / 3, rel=1e-6)
    # Summed over the candidate causes of an utterance, averaged over the two annotated utterances.
    cells = softplus(-1.0) + softplus(-2.0) + softplus(-0.5) + softplus(0.0)
    assert losses.pair.item() == pytest.approx(cells / 2, rel=1e-6)


def test_shares_that_are_all_on_one_label_give_the_numbers_of_hard_labels() -> None:
    reading, gold = example()
    shares = torch.nn.functional.one_hot(gold.emotion.clamp(min=0), 7) * (gold.emotion >= 0)[..., None]
    hard, soft = gradients(reading, gold), gradients(reading, gold._replace(shares=shares.float()))
    assert soft[:2] == pytest.approx(hard[:2], rel=1e-6)
    torch.testing.assert_close(soft[2], hard[2])
    torch.testing.assert_close(soft[3], hard[3])


def test_shares_pull_to_each_label_by_its_share() -> None:
    reading, gold = example()
    shares = torch.zeros(2, 2, 7)
    shares[0, 0, 0], shares[0, 0, 3] = 0.75, 0.25
    losses = recognise_and_cause(reading, gold._replace(shares=shares))
    total = math.log(math.exp(2) + 6)
    assert losses.emotion.item() == pytest.approx(0.75 * (total - 2) + 0.25 * total, rel=1e-6)


def leaves(reading: PackedReading) -> PackedReading:
    return PackedReading(reading.emotion.clone().requires_grad_(), reading.pair.clone().requires_grad_())


def gradients(reading: PackedReading, gold: Gold) -> tuple[float, float, torch.Tensor, torch.Tensor]:
    """Both losses, and the gradient of their sum."""
    traced = leaves(reading)
    losses = recognise_and_cause(traced, gold)
    (losses.emotion + losses.pair).backward()
    assert traced.emotion.grad is not None
    assert traced.pair.grad is not None
    return losses.emotion.item(), losses.pair.item(), traced.emotion.grad, traced.pair.grad


def test_what_has_no_label_pulls_at_nothing() -> None:
    _, _, emotion, pair = gradients(*example())
    assert emotion[1, 1].abs().max() == 0
    assert pair[1].abs().max() == 0
    assert emotion[0].abs().min() > 0
    assert pair[0].abs().min() > 0


def test_a_batch_without_any_label_has_no_loss_and_no_gradient() -> None:
    reading, gold = example()
    blank = Gold(
        torch.full_like(gold.emotion, UNLABELLED),
        torch.zeros_like(gold.pair),
        torch.zeros_like(gold.pair_known),
    )
    emotion_loss, pair_loss, emotion, pair = gradients(reading, blank)
    assert (emotion_loss, pair_loss) == (0.0, 0.0)
    assert emotion.abs().max() == pair.abs().max() == 0


def test_padding_changes_nothing() -> None:
    reading, gold = example()
    wide_reading = PackedReading(torch.full((2, 5, 7), 50.0), torch.full((2, 5, 5), -50.0))
    wide_gold = Gold(torch.full((2, 5), UNLABELLED), torch.zeros(2, 5, 5), torch.zeros(2, 5, 5))
    for wide, narrow in zip((*wide_reading, *wide_gold[:3]), (*reading, *gold[:3]), strict=True):
        wide[tuple(slice(n) if axis else slice(None) for axis, n in enumerate(narrow.shape[:3]))][
            ..., : narrow.shape[-1]
        ] = narrow
    *narrow_losses, narrow_emotion, narrow_pair = gradients(reading, gold)
    *wide_losses, wide_emotion, wide_pair = gradients(wide_reading, wide_gold)
    assert wide_losses == pytest.approx(narrow_losses, rel=1e-6)
    torch.testing.assert_close(wide_emotion[:, :2], narrow_emotion)
    torch.testing.assert_close(wide_pair[:, :2, :2], narrow_pair)
    assert wide_emotion[:, 2:].abs().max() == 0
    assert wide_pair[:, 2:].abs().max() == wide_pair[:, :, 2:].abs().max() == 0
