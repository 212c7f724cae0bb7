"""DialogueRNN: a state of the conversation, a state per speaker and a state of emotion, in both directions.

After Majumder et al., "DialogueRNN: An Attentive RNN for Emotion Detection in Conversations" (AAAI 2019),
without listener states, with bilinear attention over the past, as its published scripts run it.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import (
    Backbone,
    EmotionReading,
    Filling,
    FillMissing,
    InputShape,
    JointLinear,
)
from heartsay.models.layers.sequence import (
    ContextAttention,
    dropout_factors,
    filled_gates,
    from_directions,
    gated_recurrence,
    gated_slopes,
    gated_step,
    reversal,
    to_directions,
)


class DialogueRNN(Backbone):
    """Reads a conversation turn by turn, keeping a global state, one state per party and an emotion state.

    Defaults are those of the published MELD script; for IEMOCAP it has `state` 500, `emotion` and `hidden`
    300.

    What `visible` does: a turn takes the party state from its speaker's latest own turn that it may see and
    the global state from the latest turn of anybody that it may see, each its initial value if there is
    none; attention over past global states and over the emotion states reaches visible turns only. The
    emotion state itself is carried from turn to turn regardless: that is the leak of the `edges` mode.

    Args:
        shape: what to build for.
        state: size of the global and of the party states.
        emotion: size of the emotion state, per direction.
        hidden: half the size of the representation.
        dropout: before the classifier.
        state_dropout: on every new state, within the recurrence.
        emotion_dropout: on the emotion states that leave the recurrence; published code adds .15 to dropout.
        filling: what stands where a modality is missing.
    """

    def __init__(
        self,
        shape: InputShape,
        *,
        state: int = 150,
        emotion: int = 100,
        hidden: int = 100,
        dropout: float = 0.1,
        state_dropout: float = 0.1,
        emotion_dropout: float = 0.25,
        filling: Filling = "zero",
    ) -> None:
        super().__init__()
        self.state, self.emotion = state, emotion
        self.state_dropout = state_dropout
        self.fill = FillMissing(shape.widths, filling)
        # For both directions: what an utterance adds to the gates of the global and of the party unit, and
        # what it asks of the past.
        self.gates = JointLinear(shape.widths, 2 * 6 * state)
        self.query = JointLinear(shape.widths, 2 * state, bias=False)
        self.from_global = nn.Parameter(torch.empty(2, state, 3 * state))
        self.from_party = nn.Parameter(torch.empty(2, state, 6 * state))
        self.from_context = nn.Parameter(torch.empty(2, state, 3 * state))
        self.candidate_bias = nn.Parameter(torch.empty(2, 2, state))
        self.emotion_input = nn.Parameter(torch.empty(2, state, 3 * emotion))
        self.emotion_input_bias = nn.Parameter(torch.empty(2, 1, 3 * emotion))
        self.emotion_hidden = nn.Parameter(torch.empty(2, emotion, 3 * emotion))
        self.emotion_candidate_bias = nn.Parameter(torch.empty(2, emotion))
        self.emotion_dropout = nn.Dropout(emotion_dropout)
        self.attention = ContextAttention(2 * emotion, tanh=False)
        self.linear = nn.Linear(2 * emotion, 2 * hidden)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(2 * hidden, shape.classes)
        self._initialise()

    def _initialise(self) -> None:
        """As recurrent units start by convention: uniform, within one over the root of the state's size."""
        units = [*self.gates.parameters(), self.from_global, self.from_party, self.from_context]
        for parameter in [*units, self.candidate_bias]:
            nn.init.uniform_(parameter, -1 / math.sqrt(self.state), 1 / math.sqrt(self.state))
        of_emotion = [self.emotion_input, self.emotion_input_bias]
        for parameter in [*of_emotion, self.emotion_hidden, self.emotion_candidate_bias]:
            nn.init.uniform_(parameter, -1 / math.sqrt(self.emotion), 1 / math.sqrt(self.emotion))

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        """Read a batch."""
        order = reversal(evidence.real)
        parties = self._parties(order, evidence)  # (T, 2, B, state)
        inputs = torch.einsum("tdbi,dij->tdbj", parties, self.emotion_input) + self.emotion_input_bias
        inputs = inputs.unflatten(3, (3, self.emotion))
        keep = dropout_factors(inputs[..., 0, :], self.state_dropout, self.training)
        emotions = gated_recurrence(inputs, self.emotion_hidden, self.emotion_candidate_bias, keep)
        emotions = self.emotion_dropout(from_directions(emotions, order))  # (B, T, 2 emotion)
        attended = self.attention(emotions, evidence.visible)
        representation = torch.relu(self.linear(attended))  # (B, T, 2 hidden)
        return EmotionReading(self.classifier(self.dropout(representation)), representation)

    def _parties(self, order: Tensor, evidence: EvidenceBatch) -> Tensor:
        """The state of each utterance's speaker after it, in both directions, (T, 2, B, state)."""
        inputs = to_directions(self.gates(evidence, self.fill).unflatten(2, (2, -1)), order)
        inputs = inputs.unflatten(3, (2, 3, self.state))  # (T, 2, B, global and party, 3, state)
        query = self.query(evidence, self.fill).unflatten(2, (2, -1))
        query = to_directions(query, order)  # (T, 2, B, state)
        previous, blocked = _past(evidence, order)
        keep = dropout_factors(inputs[..., 0, :], self.state_dropout, self.training)
        states: Tensor = _DialogueRecurrence.apply(  # type: ignore[no-untyped-call]
            inputs,
            query,
            self.from_global,
            self.from_party,
            self.from_context,
            self.candidate_bias,
            previous,
            blocked,
            keep,
        )
        return states[1:, ..., 1, :]


def _past(evidence: EvidenceBatch, order: Tensor) -> tuple[Tensor, Tensor]:
    """What each step of both directions takes from the steps before it.

    States are numbered by step from 1; 0 is the initial state, a zero.

    Returns:
        Rows of the states, flattened from (T + 1, 2, B, global and party), that the global and the party
        unit go on from, (T, 4 B); and which states attention may not reach, (T, 2 B, T + 1): only the initial
        one where there is no other.
    """
    batch, length = order.shape
    row = torch.arange(batch, device=order.device)[:, None]
    speaker = torch.stack([evidence.speaker, evidence.speaker[row, order]])  # (2, B, T)
    reversed_visible = evidence.visible[row[..., None], order[:, :, None], order[:, None, :]]
    visible = torch.stack([evidence.visible, reversed_visible]).tril(-1)  # (2, B, T, T), earlier steps only
    own = visible & (speaker[..., :, None] == speaker[..., None, :])
    number = torch.arange(1, length + 1, dtype=torch.int32, device=order.device)
    latest = torch.stack([(visible * number).amax(-1), (own * number).amax(-1)], dim=-1)  # (2, B, T, 2)
    within = torch.arange(4 * batch, device=order.device).view(2, batch, 1, 2)
    previous = (latest.long() * (4 * batch) + within).permute(2, 0, 1, 3).flatten(1)
    reached = torch.cat([~visible.any(-1, keepdim=True), visible], dim=-1)  # (2, B, T, T + 1)
    return previous, ~reached.flatten(0, 1).transpose(0, 1).contiguous()


class _DialogueRecurrence(torch.autograd.Function):
    """The global and party units with attention over past global states, for both directions at once.

    Each turn sets its speaker's party state and no other, so the party state that a turn starts from is the
    one that its speaker's previous turn ended with: no table of parties is kept, and who speaks is a matter
    of `previous`. All that does not depend on the step before is taken out of the loops.
    """

    @staticmethod
    def forward(
        ctx: Any,
        inputs: Tensor,  # (T, 2, B, 2, 3, H)
        query: Tensor,  # (T, 2, B, H)
        from_global: Tensor,  # (2, H, 3 H)
        from_party: Tensor,  # (2, H, 6 H)
        from_context: Tensor,  # (2, H, 3 H)
        bias: Tensor,  # (2, 2, H)
        previous: Tensor,  # (T, 4 B)
        blocked: Tensor,  # (T, 2 B, T + 1)
        keep: Tensor | None,  # (T, 2, B, 2, H)
    ) -> Tensor:
        length, _, batch, _, _, width = inputs.shape
        gates = filled_gates(inputs, bias[:, None])  # (T, 2, B, 2, 4, H)
        states = inputs.new_zeros(length + 1, 2, batch, 2, width)
        weights = inputs.new_zeros(length, 2 * batch, length + 1)
        context = inputs.new_empty(length, 2 * batch, width)
        history = states.flatten(1, 2)[..., 0, :].transpose(0, 1)  # (2 B, T + 1, H), the global states
        flat = states.view(-1, width)
        for t in range(length):
            state = flat[previous[t]].view(2, batch, 2, width)
            past = history[:, : t + 1]
            match = torch.bmm(past, query[t].view(2 * batch, width, 1)).squeeze(2)
            weight = torch.softmax(match.masked_fill_(blocked[t, :, : t + 1], -math.inf), 1)
            weights[t, :, : t + 1] = weight
            torch.bmm(weight.unsqueeze(1), past, out=context[t].unsqueeze(1))
            sums = gates[t].flatten(2)  # (2, B, 8 H)
            sums[..., : 3 * width].baddbmm_(state[:, :, 0], from_global)
            sums[..., width : 7 * width].baddbmm_(state[:, :, 1], from_party)
            sums[..., 5 * width :].baddbmm_(context[t].view(2, batch, width), from_context)
            gated_step(gates[t], state, states[t + 1])
            if keep is not None:
                states[t + 1].mul_(keep[t])
        ctx.save_for_backward(
            query, from_global, from_party, from_context, previous, keep, states, gates, weights, context
        )
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        saved = ctx.saved_tensors
        query, from_global, from_party, from_context, previous, keep, states, gates, weights, context = saved
        length, _, batch, _, _, width = gates.shape
        history = states.flatten(1, 2)[..., 0, :].transpose(0, 1)  # (2 B, T + 1, H)
        before = states.view(-1, width)[previous].view(length, 2, batch, 2, width)
        slopes, carried = gated_slopes(gates, before, keep)
        by_gates = torch.empty_like(slopes)
        by_state = grad.clone()
        flat = by_state.view(-1, width)
        # By state and then by step: what attention of later steps took from a state is then one product.
        attended = weights.permute(1, 2, 0).contiguous()  # (2 B, T + 1, T)
        by_match = torch.zeros_like(attended)
        by_context = torch.empty_like(context).transpose(0, 1).contiguous()  # (2 B, T, H)
        queries = query.flatten(1, 2).transpose(0, 1).contiguous()  # (2 B, T, H)
        for t in reversed(range(length)):
            # Steps after t attended to the state that step t made, number t + 1.
            made = by_state[t + 1].view(2 * batch, 2, width)[:, 0]
            later = slice(t + 1, length)
            if t + 1 < length:
                made += torch.bmm(attended[:, t + 1, None, later], by_context[:, later]).squeeze(1)
                made += torch.bmm(by_match[:, t + 1, None, later], queries[:, later]).squeeze(1)
            torch.mul(by_state[t + 1].unsqueeze(-2), slopes[t], out=by_gates[t])
            sums = by_gates[t].flatten(2)  # (2, B, 8 H)
            by_before = by_state[t + 1] * carried[t]  # (2, B, 2, H)
            by_before[:, :, 0].baddbmm_(sums[..., : 3 * width], from_global.transpose(1, 2))
            by_before[:, :, 1].baddbmm_(sums[..., width : 7 * width], from_party.transpose(1, 2))
            now = torch.bmm(sums[..., 5 * width :], from_context.transpose(1, 2)).view(2 * batch, width, 1)
            by_context[:, t] = now.squeeze(2)
            by_weight = torch.bmm(history[:, : t + 1], now).squeeze(2)  # (2 B, t + 1)
            weight = weights[t, :, : t + 1]
            by_match[:, : t + 1, t] = weight * (by_weight - (weight * by_weight).sum(1, keepdim=True))
            flat.index_add_(0, previous[t], by_before.view(-1, width))
        by_query = torch.bmm(by_match.transpose(1, 2), history)  # (2 B, T, H)
        sums = by_gates.flatten(3)  # (T, 2, B, 8 H)
        by_weights = (
            torch.einsum("tdbi,tdbj->dij", before[..., 0, :], sums[..., : 3 * width]),
            torch.einsum("tdbi,tdbj->dij", before[..., 1, :], sums[..., width : 7 * width]),
            torch.einsum("tdbi,tdbj->dij", context.view_as(query), sums[..., 5 * width :]),
        )
        by_bias = by_gates[..., 0, :].sum((0, 2))
        by_query = by_query.transpose(0, 1).reshape(query.shape)
        return by_gates[..., 1:, :], by_query, *by_weights, by_bias, None, None, None
