"""Recurrence and attention over the utterances of a conversation that padding and batch mates cannot reach.

Padding stands behind the utterances, so a recurrence that runs forward never meets it before it is done. To
run backward each conversation is reversed within its own length, so the same holds there. Both directions
are one computation: tensors of the form (T, 2, B, ...) hold at step t the t-th utterance and the t-th last.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import dropout


def reversal(real: Tensor) -> Tensor:
    """Where each place's utterance stands in the reversed conversation, (B, T); padding stays.

    It is its own inverse.

    Args:
        real: utterance, not padding, (B, T), utterances first.
    """
    place = torch.arange(real.shape[1], device=real.device)
    return torch.where(real, real.sum(1, keepdim=True) - 1 - place, place)


def to_directions(values: Tensor, order: Tensor) -> Tensor:
    """Put values for both directions in the order in which they are read.

    Args:
        values: (B, T, 2, F), for each utterance what the forward and what the backward direction gets.
        order: what `reversal` answers, (B, T).

    Returns:
        (T, 2, B, F).
    """
    batch, length = order.shape
    rows = torch.arange(batch, device=order.device) * length
    ahead = rows + torch.arange(length, device=order.device)[:, None]  # (T, B)
    places = torch.stack([2 * ahead, 2 * (rows + order.T) + 1], dim=1)  # (T, 2, B), into (B, T, 2) flattened
    return values.flatten(0, 2).index_select(0, places.flatten()).view(length, 2, batch, -1)


def from_directions(values: Tensor, order: Tensor) -> Tensor:
    """Bring what was read in both directions back to its utterances.

    Args:
        values: (T, 2, B, F).
        order: what `reversal` answers, (B, T).

    Returns:
        Forward and backward beside each other, (B, T, 2 F).
    """
    batch, length = order.shape
    column = torch.arange(batch, device=order.device)[:, None]
    ahead = 2 * torch.arange(length, device=order.device) * batch + column  # (B, T)
    places = torch.stack([ahead, (2 * order + 1) * batch + column], dim=2)  # (B, T, 2)
    return values.flatten(0, 2).index_select(0, places.flatten()).view(batch, length, -1)


# A gated recurrent unit keeps, per state, four slots in a row: the hidden part of the candidate (which the
# reset gate multiplies), reset gate, update gate, and the input part of the candidate. In this order the
# previous state feeds the first three and the input the last three, both without gaps. The functions below
# replace autograd's bookkeeping of each small step, which would cost more than the steps themselves.


def gated_step(gates: Tensor, state: Tensor, out: Tensor) -> None:
    """One step of gated recurrent units, in place.

    Args:
        gates: sums that go into the slots, (..., 4, H); afterwards the last three hold the values of reset
            gate, update gate and candidate.
        state: previous states, (..., H).
        out: where the new states are written, (..., H).
    """
    hidden, reset, update, candidate = gates.unbind(-2)
    gates[..., 1:3, :].sigmoid_()
    torch.addcmul(candidate, reset, hidden, out=candidate).tanh_()
    torch.lerp(candidate, state, update, out=out)


def gated_slopes(gates: Tensor, state: Tensor, keep: Tensor | None) -> tuple[Tensor, Tensor]:
    """How the new states depend on the slots and, directly, on the previous states, for all steps at once.

    Args:
        gates: as `gated_step` leaves them, (..., 4, H).
        state: previous states, (..., H).
        keep: factor on the new states, (..., H), if any.

    Returns:
        Derivatives of a new state by its four slots, (..., 4, H), and by the previous state, (..., H).
    """
    hidden, reset, update, candidate = gates.unbind(-2)
    by_candidate = (1 - update) * (1 - candidate * candidate)
    by_hidden = by_candidate * reset
    by_reset = by_hidden * hidden * (1 - reset)
    by_update = (state - candidate) * update * (1 - update)
    slopes = torch.stack([by_hidden, by_reset, by_update, by_candidate], dim=-2)
    if keep is None:
        return slopes, update
    return slopes.mul_(keep.unsqueeze(-2)), update * keep


def filled_gates(inputs: Tensor, bias: Tensor) -> Tensor:
    """Slots that hold what is known before the recurrence runs.

    Args:
        inputs: the inputs' part of the last three slots, (..., 3, H).
        bias: of the hidden part of the candidate, broadcast to (..., H).

    Returns:
        (..., 4, H).
    """
    gates = inputs.new_empty(*inputs.shape[:-2], 4, inputs.shape[-1])
    gates[..., 0, :] = bias
    gates[..., 1:, :] = inputs
    return gates


class _GatedRecurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor, keep: Tensor | None) -> Tensor:
        length, directions, batch, _, width = inputs.shape
        gates = filled_gates(inputs, bias[:, None])  # (T, 2, B, 4, H)
        states = inputs.new_zeros(length + 1, directions, batch, width)
        for t in range(length):
            gates[t].flatten(2)[..., : 3 * width].baddbmm_(states[t], weight)
            gated_step(gates[t], states[t], states[t + 1])
            if keep is not None:
                states[t + 1].mul_(keep[t])
        ctx.save_for_backward(weight, states, gates, keep)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        weight, states, gates, keep = ctx.saved_tensors
        length, _, _, _, width = gates.shape
        slopes, carried = gated_slopes(gates, states[:-1], keep)
        by_state = torch.cat([torch.zeros_like(grad[:1]), grad])  # (T + 1, 2, B, H)
        by_gates = torch.empty_like(slopes)
        back = weight.transpose(1, 2)
        for t in reversed(range(length)):
            torch.mul(by_state[t + 1].unsqueeze(-2), slopes[t], out=by_gates[t])
            by_state[t].addcmul_(by_state[t + 1], carried[t])
            by_state[t].baddbmm_(by_gates[t].flatten(2)[..., : 3 * width], back)
        by_weight = torch.einsum("tdbi,tdbj->dij", states[:-1], by_gates.flatten(3)[..., : 3 * width])
        return by_gates[..., 1:, :], by_weight, by_gates[..., 0, :].sum((0, 2)), None


def gated_recurrence(inputs: Tensor, weight: Tensor, bias: Tensor, keep: Tensor | None = None) -> Tensor:
    """Gated recurrent units in both directions, starting from 0.

    Args:
        inputs: the inputs' part of reset gate, update gate and candidate, biases included, (T, 2, B, 3, H).
        weight: from a previous state to the hidden part of the candidate, reset gate and update gate,
            (2, H, 3 H).
        bias: of the hidden part of the candidate, (2, H).
        keep: factor on each new state before it is handed out and carried on, as dropout draws it,
            (T, 2, B, H).

    Returns:
        The states, (T, 2, B, H).
    """
    states: Tensor = _GatedRecurrence.apply(inputs, weight, bias, keep)  # type: ignore[no-untyped-call]
    return states


def dropout_factors(like: Tensor, rate: float, training: bool) -> Tensor | None:
    """Factors of dropout in the shape of a tensor, drawn at once; None where nothing is dropped."""
    if not training or rate == 0.0:
        return None
    return dropout(torch.ones_like(like), rate)


class BidirectionalLSTM(nn.Module):
    """Layers of long short-term memory in both directions.

    Single-direction networks over whole tensors: on the CPU these run as fused kernels, which packed
    sequences do not. What the input adds to the first layer's gates is worked out before, by whoever knows
    how to do that cheaply.

    Args:
        hidden: size of a state, per direction.
        layers: how many.
        dropout: between layers.
    """

    def __init__(self, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.first_ahead, self.first_back = FilledLSTM(hidden), FilledLSTM(hidden)
        further = range(layers - 1)
        self.ahead = nn.ModuleList(nn.LSTM(2 * hidden, hidden, batch_first=True) for _ in further)
        self.back = nn.ModuleList(nn.LSTM(2 * hidden, hidden, batch_first=True) for _ in further)
        self.dropout = nn.Dropout(dropout)

    def forward(self, gates: Tensor, real: Tensor) -> Tensor:
        """From the input's part of both sides' gates, (B, T, 2, 4 H), to (B, T, 2 H); padding becomes 0."""
        order = reversal(real)
        forward, backward = gates.unbind(2)
        forward, backward = self.first_ahead(forward), self.first_back(_reordered(backward, order))
        values = torch.cat([forward, _reordered(backward, order)], dim=2) * real[..., None]
        for ahead, back in zip(self.ahead, self.back, strict=True):
            values = self.dropout(values)
            forward, _ = ahead(values)
            backward, _ = back(_reordered(values, order))
            values = torch.cat([forward, _reordered(backward, order)], dim=2) * real[..., None]
        return values


class FilledLSTM(nn.Module):
    """A layer of long short-term memory to whose gates the input's part is known.

    Torch's own, with the identity in place of its map of the input: that costs little, and its kernels stay.

    Args:
        hidden: size of a state.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        bound = hidden**-0.5
        self.weight = nn.Parameter(torch.empty(4 * hidden, hidden).uniform_(-bound, bound))
        self.register_buffer("unmapped", torch.eye(4 * hidden), persistent=False)
        self.register_buffer("unmoved", torch.zeros(4 * hidden), persistent=False)

    def forward(self, gates: Tensor) -> Tensor:
        """From input, forget, candidate and output gates, (B, T, 4 H), to the states, (B, T, H)."""
        start = gates.new_zeros(1, len(gates), self.weight.shape[1])
        unmapped, unmoved = self.get_buffer("unmapped"), self.get_buffer("unmoved")
        weights = [unmapped, self.weight, unmoved, unmoved]
        states, _, _ = torch.lstm(gates, [start, start], weights, True, 1, 0.0, self.training, False, True)
        return states


def _reordered(values: Tensor, order: Tensor) -> Tensor:
    batch, length = order.shape
    places = order + torch.arange(batch, device=order.device)[:, None] * length
    return values.flatten(0, 1).index_select(0, places.flatten()).view_as(values)


class ContextAttention(nn.Module):
    """Each utterance as a mean of those it may see, weighted by a bilinear match.

    Known as "general2" in published code, where the sum of weights includes padding before it is divided
    out again; the result is the same. DialogueGCN's code takes the tanh of a match, DialogueRNN's does not.

    Args:
        width: size of the vectors.
        tanh: whether a match is squashed before the softmax.
    """

    def __init__(self, width: int, *, tanh: bool) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.tanh = tanh

    def forward(self, values: Tensor, visible: Tensor) -> Tensor:
        """From (B, T, D) and what each may see, (B, T, T), to (B, T, D)."""
        match: Tensor = self.query(values) @ values.transpose(1, 2)  # (B, T, T)
        if self.tanh:
            match = torch.tanh(match)
        # A finite floor: rows of padding, which see nothing, stay free of NaN.
        weights = match.masked_fill(~visible, torch.finfo(match.dtype).min).softmax(-1)
        return weights @ values
