from __future__ import annotations

import torch

from heartsay.objectives.recognise_and_cause import disagreement


def test_equals_both_divergences_written_out() -> None:
    first, second = torch.randn(2, 3, 7), torch.randn(2, 3, 7)
    counted = torch.tensor([[True, False, True], [False, True, False]])
    expected = []
    for b, r in counted.nonzero().tolist():
        p, q = first[b, r].softmax(-1), second[b, r].softmax(-1)
        expected.append(0.5 * (sum(p * (p / q).log()) + sum(q * (q / p).log())))
    torch.testing.assert_close(disagreement(first, second, counted), torch.stack(expected).mean())


def test_readings_that_agree_cost_nothing_and_others_pull_on_both_sides() -> None:
    first = torch.randn(1, 4, 7, requires_grad=True)
    second = torch.randn(1, 4, 7, requires_grad=True)
    counted = torch.ones(1, 4, dtype=torch.bool)
    assert disagreement(first, first, counted).item() == 0.0
    disagreement(first, second, counted).backward()
    assert first.grad is not None
    assert second.grad is not None
    torch.testing.assert_close(disagreement(first, second, counted), disagreement(second, first, counted))
    assert first.grad.abs().min() > 0
    assert second.grad.abs().min() > 0


def test_what_is_not_counted_changes_nothing() -> None:
    first, second = torch.randn(1, 3, 7), torch.randn(1, 3, 7)
    counted = torch.tensor([[True, True, False]])
    other = second.clone()
    other[0, 2] = 100.0
    torch.testing.assert_close(disagreement(first, second, counted), disagreement(first, other, counted))
    assert disagreement(first, second, torch.zeros_like(counted)).item() == 0.0
