"""Bidirectional recurrent encoders over utterances that never run into padding.

Sequences are packed: only real utterances are multiplied with weights, and a backward state starts at the
last real utterance, not in the padding behind it. On a CPU the GRU has a gradient of its own, because the
weight gradient of one step is as large as the weights: summing it step by step costs more than the
recurrence, and here it is one product at the end.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.layers.dense import dense, product

Cell = Literal["gru", "lstm"]


class Packing(NamedTuple):
    """P utterances of G sequences, first steps first; within a step the longest sequence stands first.

    Attributes:
        place: where in the flattened input each packed utterance is, long (P,).
        mirror: packed place of the utterance as far from its sequence's end as this one is from its start,
            long (P,); applying it twice changes nothing.
        earlier: packed place of the step before, for the packed utterances after the first step, long
            (P - G,).
        sizes: how many sequences reach each step, falling.
    """

    place: Tensor
    mirror: Tensor
    earlier: Tensor
    sizes: list[int]


def by_conversation(evidence: EvidenceBatch) -> Tensor:
    """Number of each utterance's sequence where a conversation is one, long (B, T); -1 for padding."""
    batch, length = evidence.real.shape
    number = torch.arange(batch, device=evidence.real.device)[:, None].expand(batch, length)  # (B, T)
    return torch.where(evidence.real, number, -1)


def by_speaker(evidence: EvidenceBatch) -> Tensor:
    """Number of each utterance's sequence where one speaker's turns are one, long (B, T); -1 for padding."""
    speakers = int(evidence.speaker.max()) + 1
    return torch.where(evidence.real, by_conversation(evidence) * speakers + evidence.speaker, -1)


def packing(sequence: Tensor) -> Packing:
    """Sort utterances by step.

    Args:
        sequence: number of the sequence each utterance belongs to, long, any shape; -1 for none. Within a
            sequence the order is that of the flattened input.
    """
    flat = sequence.flatten()
    place = (flat >= 0).nonzero().squeeze(1)  # (P,)
    _, number, length = flat[place].unique(return_inverse=True, return_counts=True)  # (P,), (G,)
    together = torch.argsort(number, stable=True)
    start = length.cumsum(0) - length
    step = torch.empty_like(number)
    step[together] = torch.arange(len(number), device=flat.device) - start[number[together]]
    row = torch.empty_like(length)  # place of each sequence within a step
    row[torch.argsort(length, descending=True, stable=True)] = torch.arange(len(length), device=flat.device)
    sizes = torch.bincount(step)
    offset = sizes.cumsum(0) - sizes
    order = torch.argsort(offset[step] + row[number])
    step, number = step[order], number[order]
    later = step > 0
    return Packing(
        place[order],
        offset[length[number] - 1 - step] + row[number],
        offset[step[later] - 1] + row[number[later]],
        sizes.tolist(),
    )


class BidirectionalEncoder(nn.Module):
    """Two layers that read every sequence forwards and backwards.

    Args:
        width: size of an input vector.
        hidden: size of one direction's state; the output is twice as wide.
        cell: GRU or LSTM.
        dropout: probability of dropping a unit between the layers.
    """

    def __init__(self, width: int, hidden: int, *, cell: Cell = "gru", dropout: float = 0.0) -> None:
        super().__init__()
        self.hidden, self.dropout = hidden, dropout
        kind = nn.GRU if cell == "gru" else nn.LSTM
        self.layers = nn.ModuleList(kind(w, hidden, bidirectional=True) for w in (width, 2 * hidden))

    def forward(self, values: Tensor, sequence: Tensor) -> Tensor:
        """Read sequences.

        Args:
            values: one vector per utterance, (..., D).
            sequence: number of the sequence of each, long (...); -1 for those that belong to none.

        Returns:
            Both directions' states, (..., 2 * hidden); 0 where there is no sequence.
        """
        packed = packing(sequence)
        data = values.flatten(0, -2)[packed.place]  # (P, D)
        for number, layer in enumerate(self.layers):
            if number and self.training and self.dropout:
                # Drawn in the input's order: in the packed one the views of a stack are mixed up.
                kept = functional.dropout(data.new_ones(*sequence.shape, 2 * self.hidden), self.dropout)
                data = data * kept.flatten(0, -2)[packed.place]
            if isinstance(layer, nn.GRU) and not data.is_cuda:
                data = _gru(layer, data, packed)
            else:
                data = layer(PackedSequence(data, torch.tensor(packed.sizes)))[0].data  # (P, 2 * hidden)
        output = data.new_zeros(sequence.numel(), 2 * self.hidden).index_copy(0, packed.place, data)
        shaped: Tensor = output.unflatten(0, sequence.shape)
        return shaped


def _gru(layer: nn.GRU, data: Tensor, packed: Packing) -> Tensor:
    """One layer, from (P, D) to (P, 2 * hidden)."""
    forwards = [getattr(layer, f"{name}_l0") for name in _PARAMETERS]
    backwards = [getattr(layer, f"{name}_l0_reverse") for name in _PARAMETERS]
    gates = torch.stack(
        [
            dense(data, forwards[0], forwards[1]),
            dense(data, backwards[0], backwards[1])[packed.mirror],
        ]
    )  # (2, P, 3 * hidden)
    states: Tensor = _Recurrence.apply(gates, *forwards[2:], *backwards[2:], packed)  # type: ignore[no-untyped-call]
    return torch.cat([states[0], states[1][packed.mirror]], dim=1)


_PARAMETERS = ("weight_ih", "bias_ih", "weight_hh", "bias_hh")


class _Recurrence(torch.autograd.Function):
    """The recurrent half of a GRU layer in both directions, as torch.nn.GRU defines it."""

    @staticmethod
    def forward(
        ctx: Any,
        gates: Tensor,
        weight: Tensor,
        bias: Tensor,
        weight_back: Tensor,
        bias_back: Tensor,
        packed: Packing,
    ) -> Tensor:
        """From what the input adds to the gates, (2, P, 3H), to the states, (2, P, H)."""
        hidden = weight.shape[1]
        states = gates.new_empty(*gates.shape[:2], hidden)
        opening = torch.empty_like(gates)  # reset gate, update gate, candidate: (2, P, 3H)
        candidate_term = torch.empty_like(states)  # what the reset gate scales, (2, P, H)
        start, state = 0, gates.new_zeros(2, packed.sizes[0] if packed.sizes else 0, hidden)
        for size in packed.sizes:
            now = slice(start, start + size)
            state = state[:, :size]
            term = torch.stack(
                [product(state[0], weight, bias), product(state[1], weight_back, bias_back)]
            )  # (2, size, 3H)
            both = opening[:, now, : 2 * hidden]
            torch.add(gates[:, now, : 2 * hidden], term[..., : 2 * hidden], out=both).sigmoid_()
            reset, update = both.chunk(2, dim=-1)
            candidate = opening[:, now, 2 * hidden :]
            candidate_term[:, now] = term[..., 2 * hidden :]
            torch.addcmul(gates[:, now, 2 * hidden :], reset, term[..., 2 * hidden :], out=candidate).tanh_()
            state = torch.lerp(candidate, state, update, out=states[:, now])
            start += size
        ctx.save_for_backward(weight, weight_back, states, opening, candidate_term)
        ctx.packed = packed
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Backwards through the steps; both weight gradients are one product each."""
        weight, weight_back, states, opening, candidate_term = ctx.saved_tensors
        packed: Packing = ctx.packed
        hidden, total = states.shape[2], states.shape[1]
        first = packed.sizes[0] if packed.sizes else 0
        reset, update, candidate = opening.chunk(3, dim=-1)  # (2, P, H) each
        previous = torch.zeros_like(states)
        previous[:, first:] = states[:, packed.earlier]
        # The factors that need no recurrence, for all steps at once.
        to_candidate = (1 - update) * (1 - candidate.square())
        to_update = (previous - candidate) * update * (1 - update)
        to_reset = to_candidate * candidate_term * reset * (1 - reset)
        scale = torch.cat([to_reset, to_update, to_candidate * reset], dim=-1)  # (2, P, 3H)
        carried = states.new_zeros(2, 0, hidden)
        state_grad = grads[0].clone()
        stop = total
        for size in reversed(packed.sizes):
            now = slice(stop - size, stop)
            arriving = state_grad[:, now]
            arriving[:, : carried.shape[1]] += carried
            term = scale[:, now]
            term.unflatten(-1, (3, hidden)).mul_(arriving[:, :, None])
            carried = arriving * update[:, now]
            if stop > first:
                carried[0] += product(term[0], weight.T)
                carried[1] += product(term[1], weight_back.T)
            stop -= size
        later = scale[:, first:]  # the first step has no state before it
        products = [product(later[side].T, previous[side, first:].T) for side in (0, 1)]
        biases = scale.sum(1)
        gate_grad = torch.cat([scale[..., : 2 * hidden], state_grad * to_candidate], dim=-1)
        return gate_grad, products[0], biases[0], products[1], biases[1], None
