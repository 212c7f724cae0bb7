"""Recurrence and attention: their derivatives, their oracles, and what padding may do."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heartsay.models.layers.sequence import (
    BidirectionalLSTM,
    ContextAttention,
    dropout_factors,
    from_directions,
    gated_recurrence,
    reversal,
    to_directions,
)

REAL = torch.tensor([[True, True, True, True], [True, True, False, False], [True, False, False, False]])


def test_reversal_stays_within_each_length() -> None:
    assert reversal(REAL).tolist() == [[3, 2, 1, 0], [1, 0, 2, 3], [0, 1, 2, 3]]


def test_directions_there_and_back() -> None:
    values = torch.randn(3, 4, 2, 5)
    order = reversal(REAL)
    read = to_directions(values, order)
    assert torch.equal(read[:, 0, 1], values[1, :, 0])
    assert torch.equal(read[0, 1], values[torch.arange(3), torch.tensor([3, 1, 0]), 1])
    assert torch.equal(from_directions(read, order), values.flatten(2))


def test_gated_recurrence_is_torchs_gru() -> None:
    gru = nn.GRU(3, 4)
    values = torch.randn(6, 2, 3)
    reset, update, candidate = gru.weight_hh_l0.chunk(3)  # type: ignore[operator]
    weight = torch.cat([candidate, reset, update]).T
    bias_r, bias_z, bias_n = gru.bias_hh_l0.chunk(3)  # type: ignore[operator]
    inputs = values @ gru.weight_ih_l0.T + gru.bias_ih_l0 + torch.cat([bias_r, bias_z, 0 * bias_n])
    both = torch.stack([inputs, inputs.flip(0)], dim=1).unflatten(3, (3, 4))
    states = gated_recurrence(both, torch.stack([weight, weight]), torch.stack([bias_n, bias_n]))
    torch.testing.assert_close(states[:, 0], gru(values)[0])
    torch.testing.assert_close(states[:, 1], gru(values.flip(0))[0])


def test_gated_recurrence_has_the_derivatives_of_what_it_computes() -> None:
    torch.manual_seed(0)
    given = [torch.randn(4, 2, 3, 3, 2), torch.randn(2, 2, 6), torch.randn(2, 2)]
    given = [x.double().requires_grad_() for x in given]
    keep = torch.rand(4, 2, 3, 2).double()
    assert torch.autograd.gradcheck(lambda *x: gated_recurrence(*x, None), given)
    assert torch.autograd.gradcheck(lambda *x: gated_recurrence(*x, keep), given)


def test_dropout_keeps_the_mean_and_rests_outside_training() -> None:
    like = torch.zeros(100, 100)
    assert dropout_factors(like, 0.5, False) is None
    factors = dropout_factors(like, 0.5, True)
    assert factors is not None
    assert set(factors.unique().tolist()) == {0.0, 2.0}


def test_lstm_is_torchs_bidirectional_one() -> None:
    ours, theirs = BidirectionalLSTM(4, 2, 0.0), nn.LSTM(3, 4, 2, bidirectional=True, batch_first=True)
    copied(ours.first_ahead.weight, theirs.weight_hh_l0)
    copied(ours.first_back.weight, theirs.weight_hh_l0_reverse)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        copied(getattr(ours.ahead[0], f"{name}_l0"), getattr(theirs, f"{name}_l1"))
        copied(getattr(ours.back[0], f"{name}_l0"), getattr(theirs, f"{name}_l1_reverse"))
    values = torch.randn(3, 4, 3)
    ahead = values @ theirs.weight_ih_l0.T + theirs.bias_ih_l0 + theirs.bias_hh_l0
    back = values @ theirs.weight_ih_l0_reverse.T + theirs.bias_ih_l0_reverse + theirs.bias_hh_l0_reverse
    read = ours(torch.stack([ahead, back], dim=2), REAL)  # (B, T, 2, 4 H) in
    for row, length in enumerate(REAL.sum(1).tolist()):
        torch.testing.assert_close(read[row, :length], theirs(values[row, None, :length])[0][0])
        assert not read[row, length:].any()


def copied(target: Tensor, source: Tensor) -> None:
    with torch.no_grad():
        target.copy_(source)


def test_attention_weighs_what_is_visible_and_nothing_else() -> None:
    values = torch.randn(1, 4, 3)
    visible = torch.tensor([[[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0]]]).bool()
    for tanh in (True, False):
        attention = ContextAttention(3, tanh=tanh)
        mean = attention(values, visible)
        match = attention.query(values[0]) @ values[0].T
        weight = torch.exp(torch.tanh(match) if tanh else match)[0, [0, 2]]
        torch.testing.assert_close(mean[0, 0], weight / weight.sum() @ values[0, [0, 2]])
        torch.testing.assert_close(mean[0, 1], values[0, 1])
        assert torch.isfinite(mean).all()
