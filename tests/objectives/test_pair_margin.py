from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from heartsay.objectives.pair_losses import margin_ranking

T = 6


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def draw(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    log_odds = torch.randn(3, T, T, generator=generator)
    gold = torch.rand(3, T, T, generator=generator) < 0.25  # some of it in the future, thus no candidate
    valid = torch.ones(3, T, T, dtype=torch.bool).tril()
    valid[1, 4:] = False
    return log_odds, gold, valid


def naive(
    log_odds: torch.Tensor,
    gold: torch.Tensor,
    valid: torch.Tensor,
    *,
    margin: float,
    adaptive: bool,
    rivals: int,
    confidence: str,
) -> float:
    terms = []
    for b in range(len(log_odds)):
        for i in range(T):
            z = [log_odds[b, i, j].item() for j in range(T)]
            s = [sigmoid(x) for x in z] if confidence == "probability" else z
            wrong = [j for j in range(T) if valid[b, i, j] and not gold[b, i, j]]
            hard = sorted(wrong, key=lambda j: -s[j])[:rivals]
            for g in range(T):
                if gold[b, i, g] and valid[b, i, g] and hard:
                    asked = [margin * (0.5 + sigmoid(z[h])) if adaptive else margin for h in hard]
                    hinge = [max(0.0, m - (s[g] - s[h])) for m, h in zip(asked, hard, strict=True)]
                    terms.append(sum(hinge) / len(hinge))
    return sum(terms) / len(terms)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("confidence", ["probability", "log_odds"])
@pytest.mark.parametrize("rivals", [1, 3, 20])
def test_is_the_mean_hinge_per_gold_pair(seed: int, adaptive: bool, confidence: Any, rivals: int) -> None:
    data = draw(seed)
    expected = naive(*data, margin=0.3, adaptive=adaptive, rivals=rivals, confidence=confidence)
    found = margin_ranking(*data, margin=0.3, adaptive=adaptive, rivals=rivals, confidence=confidence)
    assert found.item() == pytest.approx(expected, rel=1e-5)


def one_row(scores: list[float], gold: list[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The last row of a conversation; all other rows have no gold."""
    size = len(scores)
    log_odds = torch.zeros(1, size, size)
    log_odds[0, -1] = torch.tensor(scores)
    flags = torch.zeros(1, size, size, dtype=torch.bool)
    flags[0, -1, gold] = True
    return log_odds.requires_grad_(), flags, torch.ones(1, size, size, dtype=torch.bool).tril()


def gradient(*data: torch.Tensor, **settings: Any) -> torch.Tensor:
    margin_ranking(*data, **settings).backward()
    assert data[0].grad is not None
    return data[0].grad


@pytest.mark.parametrize("gold", [[], [0, 1, 2]])
@pytest.mark.parametrize("adaptive", [False, True])
def test_rows_without_gold_or_without_rivals_give_nothing(gold: list[int], adaptive: bool) -> None:
    data = one_row([5.0, -5.0, 0.0], gold)
    assert margin_ranking(*data, adaptive=adaptive).item() == 0.0
    assert not gradient(*data, adaptive=adaptive).any()


def test_another_gold_cause_is_never_a_rival() -> None:
    # The second gold cause towers above the first; only the weak third cell is a rival.
    data = one_row([0.0, 9.0, -9.0], [0, 1])
    assert margin_ranking(*data, margin=0.3, rivals=3).item() == 0.0
    assert not gradient(*data, margin=0.3, rivals=3).any()


def test_both_sides_of_the_difference_are_trained_and_nothing_else() -> None:
    grad = gradient(*one_row([0.2, 0.4, -0.5, 0.1], [0]), margin=0.3, rivals=1)
    assert grad[0, -1, 0] < 0 < grad[0, -1, 1]
    assert grad.count_nonzero() == 2


def test_the_adaptive_margin_itself_gets_no_gradient() -> None:
    # In log-odds the difference has slope 1 whatever the rival; a margin that were trained would add to it.
    grad = gradient(*one_row([0.2, 0.4], [0]), margin=0.3, rivals=1, adaptive=True, confidence="log_odds")
    assert grad[0, -1].tolist() == pytest.approx([-1.0, 1.0])


def test_a_margin_that_is_kept_costs_nothing() -> None:
    assert margin_ranking(*one_row([5.0, -5.0], [0]), margin=0.3).item() == 0.0


def test_random_rivals_are_rivals_and_all_of_them_are_drawn() -> None:
    torch.manual_seed(0)
    drawn = set()
    for _ in range(60):
        data = one_row([0.0, 3.0, 0.1, -0.1, 0.2], [0, 1])
        grad = gradient(*data, margin=5.0, rivals=1, negatives="random", confidence="log_odds")
        (rival,) = (grad[0, -1] > 0).nonzero().flatten().tolist()
        drawn.add(rival)
    assert drawn == {2, 3, 4}


def test_random_and_hard_agree_when_all_rivals_are_taken() -> None:
    data = draw(5)
    hard, chance = (margin_ranking(*data, rivals=T, negatives=n) for n in ("hard", "random"))
    torch.testing.assert_close(hard, chance)


def test_one_utterance() -> None:
    data = one_row([1.0], [0])
    assert margin_ranking(*data).item() == 0.0
    assert torch.isfinite(gradient(*data)).all()
