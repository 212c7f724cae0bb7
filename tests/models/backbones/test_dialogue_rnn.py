"""DialogueRNN against its definition, turn by turn, and the derivatives of its recurrence."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.dummies.evidence import WIDTHS, feature_batch
from torch import Tensor

from heartsay.evidence.tensors import BatchView, EvidenceBatch
from heartsay.evidence.views import ALONE, OTHER_CONTEXT, OWN_CONTEXT
from heartsay.models.backbone import InputShape, JointLinear
from heartsay.models.backbones.dialogue_rnn import DialogueRNN, _DialogueRecurrence, _past
from heartsay.models.layers.sequence import reversal

VIEWS: dict[str, BatchView] = {
    "whole": lambda evidence: evidence,
    "own context hidden": OWN_CONTEXT,
    "other context hidden": OTHER_CONTEXT,
    "alone": ALONE,
}

every_view = pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))


def small(**settings: float) -> DialogueRNN:
    torch.manual_seed(1)
    return DialogueRNN(InputShape(WIDTHS, 3, 4), state=6, emotion=5, hidden=3, **settings)


def gated(side: Tensor, hidden: Tensor, state: Tensor) -> Tensor:
    """A gated recurrent unit; `side` holds reset, update, candidate and `hidden` candidate, reset, update."""
    reset, update, candidate = side.chunk(3)
    hidden_candidate, hidden_reset, hidden_update = hidden.chunk(3)
    reset, update = torch.sigmoid(reset + hidden_reset), torch.sigmoid(update + hidden_update)
    return (1 - update) * torch.tanh(candidate + reset * hidden_candidate) + update * state


def jointly(layer: JointLinear, values: Tensor) -> Tensor:
    """Of all modalities' features beside each other."""
    mapped = torch.cat([layer.weights[m] for m in WIDTHS], dim=1) @ values
    return mapped if layer.bias is None else mapped + layer.bias


def by_definition(model: DialogueRNN, values: Tensor, speaker: list[int], visible: Tensor) -> Tensor:
    """Emotion states of one conversation, (T, 10), with a table of parties and one utterance at a time."""
    length, size = len(speaker), model.state
    both = []
    for way in (0, 1):
        order = list(range(length)) if way == 0 else list(reversed(range(length)))
        globals_: dict[int, Tensor] = {}
        parties: dict[int, Tensor] = {}  # each utterance's speaker's state after it
        feeling, felt = torch.zeros(model.emotion), {}
        for step, now in enumerate(order):
            seen = [k for k in order[:step] if visible[now, k]]
            own = [k for k in seen if speaker[k] == speaker[now]]
            party = parties[own[-1]] if own else torch.zeros(size)
            before = globals_[seen[-1]] if seen else torch.zeros(size)
            context = torch.zeros(size)
            if seen:
                past = torch.stack([globals_[k] for k in seen])
                asked = jointly(model.query, values[now]).chunk(2)[way]
                context = torch.softmax(past @ asked, 0) @ past
            side = jointly(model.gates, values[now]).chunk(2)[way].view(2, 3 * size)
            bias = torch.nn.functional.pad(model.candidate_bias[way], (0, 2 * size))
            by_party = party @ model.from_party[way]
            globals_[now] = gated(
                side[0] + by_party[: 3 * size], bias[0] + before @ model.from_global[way], before
            )
            parties[now] = gated(
                side[1] + context @ model.from_context[way], bias[1] + by_party[3 * size :], party
            )
            inputs = parties[now] @ model.emotion_input[way] + model.emotion_input_bias[way, 0]
            hidden = feeling @ model.emotion_hidden[way]
            hidden[: model.emotion] += model.emotion_candidate_bias[way]
            feeling = felt[now] = gated(inputs, hidden, feeling)
        both.append(torch.stack([felt[k] for k in range(length)]))
    return torch.cat(both, dim=1)


@every_view
def test_reads_as_defined(view: BatchView) -> None:
    model = small().eval()
    evidence = view(feature_batch((7, 4, 1), speakers=3).evidence)
    with torch.no_grad():
        reading = model(evidence)
        filled = torch.cat(list(model.fill(evidence).values()), dim=2)
        for row, length in enumerate((7, 4, 1)):
            sees = evidence.visible[row, :length, :length]
            felt = by_definition(model, filled[row, :length], evidence.speaker[row, :length].tolist(), sees)
            wanted = torch.relu(model.linear(model.attention(felt[None], sees[None])))[0]
            torch.testing.assert_close(reading.representation[row, :length], wanted)
    torch.testing.assert_close(reading.emotion, model.classifier(reading.representation))


def test_the_last_attention_takes_no_tanh_of_a_match() -> None:
    """As in DialogueRNN's own repository, where "general2" is a plain softmax of x' W y."""
    model = small().eval()
    with torch.no_grad():
        model.attention.query.weight.mul_(30)
        evidence = feature_batch((5,), speakers=2).evidence
        felt: list[Tensor] = []
        model.attention.register_forward_hook(lambda _, given, found: felt.extend((given[0], found)))
        model(evidence)
        emotions, attended = felt[0][0], felt[1][0]
        weight, bias = model.attention.query.weight, model.attention.query.bias
        for t in range(5):
            match = torch.stack([(weight @ emotions[t] + bias) @ emotions[u] for u in range(5)])
            assert match.abs().max() > 1  # where a tanh would tell
            torch.testing.assert_close(attended[t], torch.softmax(match, 0) @ emotions)


@every_view
@pytest.mark.parametrize("dropping", [False, True])
def test_the_recurrence_has_the_derivatives_of_what_it_computes(view: BatchView, dropping: bool) -> None:
    torch.manual_seed(2)
    evidence = view(feature_batch((4, 2), speakers=2).evidence)
    previous, blocked = _past(evidence, reversal(evidence.real))
    sizes = [(4, 2, 2, 2, 3, 2), (4, 2, 2, 2), (2, 2, 6), (2, 2, 12), (2, 2, 6), (2, 2, 2)]
    given = [torch.randn(size, dtype=torch.float64, requires_grad=True) for size in sizes]
    keep = torch.rand(4, 2, 2, 2, 2, dtype=torch.float64) if dropping else None
    assert torch.autograd.gradcheck(lambda *x: _DialogueRecurrence.apply(*x, previous, blocked, keep), given)


def test_a_hidden_turn_reaches_neither_party_nor_attention() -> None:
    model = small().eval()
    evidence = feature_batch((5,), speakers=2).evidence
    whole = parties(model, evidence)
    visible = evidence.visible.clone()
    visible[0, 4, :4] = False
    hidden = replace(evidence, visible=visible)
    spoilt = replace(
        hidden, features={m: torch.cat([x[:, :4] + 3, x[:, 4:]], dim=1) for m, x in hidden.features.items()}
    )
    # Forwards, the last turn starts anew whatever came before it; the others go on as they did.
    assert torch.equal(parties(model, spoilt)[4, 0], parties(model, hidden)[4, 0])
    assert not torch.allclose(parties(model, hidden)[4, 0], whole[4, 0])
    assert torch.equal(parties(model, hidden)[:4, 0], whole[:4, 0])


def parties(model: DialogueRNN, evidence: EvidenceBatch) -> Tensor:
    with torch.no_grad():
        return model._parties(reversal(evidence.real), evidence)


def test_training_drops_states_and_evaluation_does_not() -> None:
    evidence = feature_batch((6, 3)).evidence
    model = small(dropout=0.0, emotion_dropout=0.0, state_dropout=0.5)
    assert not torch.equal(model(evidence).emotion, model(evidence).emotion)
    model.eval()
    assert torch.equal(model(evidence).emotion, model(evidence).emotion)
