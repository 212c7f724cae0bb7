from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from heartsay.evidence.view_stack import ReadingMemory
from heartsay.objectives.shared_dropout import SharedDropout


@pytest.mark.parametrize("shape", [(6, 5, 4), (5, 6, 4), (2, 3, 6)])
def test_every_view_loses_what_the_batch_lost(shape: tuple[int, ...]) -> None:
    axis, views = shape.index(6), 3
    one, stacked = torch.ones(shape), torch.ones([s * views if k == axis else s for k, s in enumerate(shape)])
    dropout, layer = SharedDropout(ReadingMemory()), nn.Dropout(0.4)
    with dropout:
        first = [layer(one), functional.dropout(one, 0.4)]
    assert not torch.equal(first[0], first[1])
    for _ in range(2):
        with dropout.repeated():
            again = [layer(stacked), functional.dropout(stacked, p=0.4)]
        for drawn, found in zip(first, again, strict=True):
            torch.testing.assert_close(found, torch.cat([drawn] * views, axis))


def test_what_views_share_may_be_read_once() -> None:
    dropout, layer = SharedDropout(ReadingMemory()), nn.Dropout(0.4)
    with dropout:
        first = layer(torch.ones(3, 5))
    with dropout.repeated():
        assert torch.equal(layer(torch.ones(3, 5)), first)


def test_units_are_dropped_at_the_rate_and_the_rest_scaled() -> None:
    with SharedDropout(ReadingMemory()):
        found = nn.Dropout(0.3)(torch.ones(200, 200))
    assert found.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert (found == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)


def test_gradients_pass_where_units_were_kept() -> None:
    values = torch.randn(8, 8, requires_grad=True)
    with SharedDropout(ReadingMemory()):
        nn.Dropout(0.5)(values).sum().backward()
    assert values.grad is not None
    assert set(values.grad.unique().tolist()) == {0.0, 2.0}


def test_evaluation_and_what_has_no_counterpart() -> None:
    dropout, layer = SharedDropout(ReadingMemory()), nn.Dropout(0.5)
    with dropout:
        layer(torch.ones(4, 4))
    with dropout.repeated():
        assert (layer(torch.ones(7, 7)) == 0).any()  # another shape
        assert (layer(torch.ones(8, 4)) == 0).any()  # one more than was drawn
        assert torch.equal(layer.eval()(torch.ones(8, 4)), torch.ones(8, 4))
    assert torch.equal(layer(torch.ones(3)), torch.ones(3))
