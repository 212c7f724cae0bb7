from __future__ import annotations

import math
from typing import Literal

import pytest
import torch
from torch import Tensor

from heartsay.objectives.contrast import hybrid_contrast, pseudo_labels


def slowly(representation: Tensor, marked: Tensor, temperature: float) -> list[float]:
    """The loss as a person would write it down."""
    vectors = representation.tolist()
    losses = []
    for kinds in marked.tolist():
        n, total = len(kinds), 0.0
        for i in range(n):
            own = every = 0.0
            for j in range(n):
                if j == i:
                    continue
                dot = sum(a * b for a, b in zip(vectors[i], vectors[j], strict=True))
                term = math.exp(dot / math.hypot(*vectors[i]) / math.hypot(*vectors[j]) / temperature)
                every += term
                own += term if kinds[j] == kinds[i] else 0.0
            if own > 0:
                weight = n / kinds.count(kinds[i])
                total += -math.log(own / every) * weight / n
        losses.append(total)
    return losses


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_the_loss_is_the_one_written_down(temperature: float) -> None:
    generator = torch.Generator().manual_seed(4)
    representation = torch.randn(11, 5, generator=generator)
    marked = torch.rand(3, 11, generator=generator) < 0.4
    marked[2] = False
    marked[2, 6] = True  # alone in its kind: no anchor
    expected = slowly(representation, marked, temperature)
    found = hybrid_contrast(representation.double(), marked, temperature)
    assert found.tolist() == pytest.approx(expected, rel=1e-6)
    assert hybrid_contrast(representation, marked, temperature).tolist() == pytest.approx(expected, rel=1e-4)


def test_the_loss_puts_every_anchor_nearest_its_own_kind() -> None:
    representation = torch.randn(8, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    marked = torch.tensor([[True] * 4 + [False] * 4])
    descent = torch.optim.Adam([representation], lr=0.05)
    for _ in range(200):
        descent.zero_grad()
        hybrid_contrast(representation, marked).sum().backward()
        descent.step()
    unit = torch.nn.functional.normalize(representation.detach(), dim=-1)
    cosine = (unit @ unit.T).fill_diagonal_(-1.0)
    same = marked[0][:, None] == marked[0]
    nearest = cosine.masked_fill(~same, -1.0).max(1).values, cosine.masked_fill(same, -1.0).max(1).values
    assert (nearest[0] > nearest[1] + 0.3).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_utterances_and_one_kind_give_nothing_to_contrast(count: int) -> None:
    representation = torch.zeros(count, 4, requires_grad=True)
    marked = torch.zeros(2, count, dtype=torch.bool)
    marked[1, :1] = count == 2  # two kinds, each with one member
    loss = hybrid_contrast(representation, marked)
    loss.sum().backward()
    assert loss.tolist() == [0.0, 0.0]
    assert representation.grad is not None
    assert torch.isfinite(representation.grad).all()


def test_no_views_are_fine() -> None:
    assert hybrid_contrast(torch.randn(4, 3), torch.zeros(0, 4, dtype=torch.bool)).shape == (0,)


RIGHT_SURER, RIGHT_UNSURE = [3.0, 0.0, 0.0], [1.0, 0.0, 0.0]
WRONG, WRONG_WORSE = [0.0, 1.0, 0.0], [0.0, 3.0, 0.0]


@pytest.mark.parametrize(
    ("clean", "removed", "paper", "code"),
    [
        (RIGHT_UNSURE, RIGHT_SURER, True, False),
        (RIGHT_SURER, RIGHT_UNSURE, False, True),
        (RIGHT_SURER, WRONG, False, True),
        (RIGHT_SURER, RIGHT_SURER, False, False),
        (WRONG, RIGHT_SURER, True, False),
        (WRONG_WORSE, WRONG, True, False),
        # The rules part: neither marks it, yet only for the paper is it the same kind as a good reading.
        (WRONG, WRONG_WORSE, False, False),
    ],
)
def test_both_rules(clean: list[float], removed: list[float], paper: bool, code: bool) -> None:
    expected: dict[Literal["paper", "code"], bool] = {"paper": paper, "code": code}
    for rule, marked in expected.items():
        found = pseudo_labels(torch.tensor([clean]), torch.tensor([[removed]]), torch.tensor([0]), rule)
        assert found.tolist() == [[marked]]
