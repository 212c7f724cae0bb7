from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from heartsay.errors import InputError
from heartsay.objectives.task_losses import cross_entropy, defective_focal_loss, focal_loss, task_loss

CLASSES = tuple("abcdefg")


def example() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(9, 7, generator=generator), torch.randint(7, (9,), generator=generator)


def probability(logits: Tensor, row: int, k: int) -> float:
    exponents = [math.exp(x) for x in logits[row].tolist()]
    return exponents[k] / sum(exponents)


def test_weighted_losses_are_weighted_means() -> None:
    logits, gold = example()
    weights = torch.tensor([1.0, 2.0, 3.0, 0.5, 1.5, 2.5, 0.7])
    total = entropy = focal = 0.0
    for row, k in enumerate(gold.tolist()):
        p, w = probability(logits, row, k), weights[k].item()
        total += w
        entropy += -w * math.log(p)
        focal += -w * (1 - p) ** 0.5 * math.log(p)
    assert cross_entropy(logits, gold, weights).item() == pytest.approx(entropy / total, rel=1e-5)
    assert focal_loss(logits, gold, 0.5, weights).item() == pytest.approx(focal / total, rel=1e-5)
    assert focal_loss(logits, gold, 0.0, weights).item() == pytest.approx(entropy / total, rel=1e-5)


def test_the_focal_factor_carries_no_gradient() -> None:
    logits, gold = example()
    logits.requires_grad_()
    focal_loss(logits[:1], gold[:1], 1.0).backward()
    p = torch.softmax(logits[0].detach(), -1)
    pull = p - torch.nn.functional.one_hot(gold[0], 7)
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad[0], (1 - p[gold[0]]) * pull)


def test_the_defective_loss_counts_every_class() -> None:
    logits, gold = example()
    total = 0.0
    for row, k in enumerate(gold.tolist()):
        for c in range(7):
            log_p = math.log(probability(logits, row, c))
            total += -((1 - (log_p if c == k else 0.0)) ** 2.5) * log_p
    assert defective_focal_loss(logits, gold).item() == pytest.approx(total / (9 * 7), rel=1e-5)


def optimum(certainty: float, name: str) -> float:
    """Probability of the likeliest of seven classes at which the expected loss is least."""
    loss = task_loss(name, CLASSES)
    share = torch.tensor([certainty, *[(1 - certainty) / 6] * 6], dtype=torch.float64)
    logits = torch.zeros(7, dtype=torch.float64, requires_grad=True)
    descent = torch.optim.LBFGS([logits], max_iter=300, line_search_fn="strong_wolfe", tolerance_grad=1e-10)

    def expected() -> Tensor:
        descent.zero_grad()
        each = torch.stack([loss(logits[None], torch.tensor([k])) for k in range(7)])
        value = (share * each).sum()
        value.backward()
        return value

    descent.step(expected)
    return torch.softmax(logits.detach(), -1)[0].item()


def test_the_defective_loss_is_unsure_by_construction() -> None:
    assert optimum(1.0, "defective_focal") == pytest.approx(0.53, abs=0.005)
    assert optimum(0.7, "defective_focal") == pytest.approx(0.34, abs=0.005)
    assert optimum(0.7, "cross_entropy") == pytest.approx(0.7, abs=0.005)


def test_the_factory_hands_its_options_on() -> None:
    logits, gold = example()
    weights = [1.0, 2.0, 3.0, 0.5, 1.5, 2.5, 0.7]
    built = task_loss("focal", CLASSES, weights, gamma=2.0)
    assert built(logits, gold) == focal_loss(logits, gold, 2.0, torch.tensor(weights))
    assert task_loss("defective_focal", CLASSES)(logits, gold) == defective_focal_loss(logits, gold, 2.5)


@pytest.mark.parametrize(
    ("name", "weights", "gamma", "names"),
    [
        ("hinge", None, None, "cross_entropy, focal, defective_focal"),
        ("focal", [1.0], None, "7 weights"),
        ("cross_entropy", [0.0] * 7, None, "positive weights"),
        ("defective_focal", [1.0] * 7, None, "no class weights"),
        ("focal", None, -1.0, "exponent of 0 or more"),
    ],
)
def test_what_does_not_fit_is_refused(
    name: str, weights: list[float] | None, gamma: float | None, names: str
) -> None:
    with pytest.raises(InputError, match=names):
        task_loss(name, CLASSES, weights, gamma)
