"""MoSE against a loop over tokens, what its gate may see, and what its regularisers ask for."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from heartsay.errors import InputError
from heartsay.models.fusion.modality import FACE, PADDING, TEXT, VOICE, ModalityTokens, listening, reading
from heartsay.models.fusion.mose import GATED, MODALITIES, MoSE, MoSELinear, MoSESettings

IDS = torch.tensor(
    [
        [TEXT, VOICE, VOICE, FACE, FACE, FACE, TEXT, TEXT],
        [PADDING, TEXT, VOICE, FACE, FACE, TEXT, TEXT, TEXT],
        [TEXT, VOICE, VOICE, TEXT, TEXT, PADDING, PADDING, PADDING],
    ]
)
PROMPT = torch.tensor([[True] * 6 + [False] * 2, [True] * 6 + [False] * 2, [True] * 4 + [False] * 4])
INPUTS, OUTPUTS = 6, 5


def experts(**settings: Any) -> MoSE:
    """With weights that are not 0, as after training."""
    torch.manual_seed(2)
    made = MoSE(INPUTS, OUTPUTS, MoSESettings(rank=3, **{"dropout": 0.0, **settings})).eval()
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn_like(weight))
    return made


def values(seed: int = 0, length: int = IDS.shape[1]) -> Tensor:
    return torch.randn(len(IDS), length, INPUTS, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def by_loop(made: MoSE, given: Tensor, tokens: ModalityTokens) -> Tensor:
    """The formula, token by token."""
    settings, found = made.settings, torch.zeros(*given.shape[:2], OUTPUTS)
    for row in range(len(given)):
        mean = {m: given[row][(tokens.ids[row] == m) & tokens.given[row]].mean(0) for m in GATED}
        there = [m for m in GATED if not mean[m].isnan().any()]
        weight = {TEXT: 1.0, VOICE: 1.0, FACE: 1.0}
        if made.expert_weight is not None and there:
            dynamic = settings.weighting == "dynamic"
            scores = [mean[m] @ made.expert_weight if dynamic else made.expert_weight[m - 1] for m in there]
            shared = len(there) * torch.stack(scores).softmax(0)
            weight |= {m: float(w) for m, w in zip(there, shared, strict=True)}
        for place, what in enumerate(tokens.ids[row].tolist()):
            if what == PADDING:
                continue
            low = made.expert_down[0 if settings.sharing == "global" else what] @ given[row, place]
            if what == TEXT:
                up = made.expert_up_text
            elif made.expert_gate is None:
                up = made.expert_up[what - 1].mean(0)
            else:
                up = made.expert_up[what - 1, int((made.expert_gate[what - 1] @ mean[what]).argmax())]
            found[row, place] = weight[what] * settings.alpha / settings.rank * (low @ up)
    return found


@pytest.mark.parametrize("weighting", ["dynamic", "static", "none"])
@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("sharing", ["per_modality", "global"])
def test_it_is_the_formula(sharing: str, gated: bool, weighting: str) -> None:
    made = experts(sharing=sharing, gated=gated, weighting=weighting, experts=3)
    tokens = ModalityTokens(IDS, PROMPT)
    torch.testing.assert_close(made(values(), tokens), by_loop(made, values(), tokens), rtol=1e-4, atol=1e-5)


def test_experts_and_weights_differ_between_samples() -> None:
    gates = experts().gates(values(), ModalityTokens(IDS, PROMPT))
    assert len(set(gates.chosen[:2].flatten().tolist())) == 2
    assert not torch.equal(gates.weights[0], gates.weights[1])
    assert gates.weights[2].tolist() == [1.0, 0.0]
    torch.testing.assert_close(gates.weights.sum(1), torch.tensor([2.0, 2.0, 1.0]))


def test_at_step_0_it_is_its_base_to_the_bit() -> None:
    torch.manual_seed(0)
    base = nn.Linear(INPUTS, OUTPUTS)
    wrapped = MoSELinear(base, MoSESettings())
    with reading(ModalityTokens(IDS, PROMPT)):
        assert torch.equal(wrapped(values()), base(values()))


def test_without_ids_it_refuses() -> None:
    wrapped = MoSELinear(nn.Linear(INPUTS, OUTPUTS), MoSESettings())
    with pytest.raises(InputError, match="modality ids"):
        wrapped(values())
    with reading(ModalityTokens(IDS[:, :5])), pytest.raises(InputError, match="ids of all 8 tokens"):
        wrapped(values())


def test_the_gate_never_sees_answers_or_padding() -> None:
    made, tokens, given = experts(), ModalityTokens(IDS, PROMPT), values().requires_grad_()
    before = made.gates(given, tokens)
    gradient = torch.autograd.grad(
        before.probabilities.square().sum() + before.weights.square().sum(), given
    )[0]
    felt = gradient.abs().sum(-1) > 0
    assert torch.equal(felt, tokens.given & ((IDS == VOICE) | (IDS == FACE)))
    loud = torch.where(tokens.given[..., None], given.detach(), 1e3)
    after = made.gates(loud, tokens)
    assert torch.equal(after.probabilities, before.probabilities)
    assert torch.equal(after.weights, before.weights)


def test_voice_in_an_answer_does_not_reach_the_gate() -> None:
    ids = torch.where(PROMPT, IDS, VOICE)  # as a model that speaks would answer
    made = experts()
    assert torch.equal(
        made.gates(values(), ModalityTokens(ids, PROMPT)).probabilities,
        made.gates(values(), ModalityTokens(IDS, PROMPT)).probabilities,
    )


def test_with_and_without_a_cache_it_says_the_same() -> None:
    made, ids = experts(), IDS[:2, :6]
    longer = values(length=9)[:2]
    whole = made(longer, ModalityTokens(ids, grows=True))
    tokens = ModalityTokens(ids, grows=True)
    parts = [made(longer[:, :6], tokens)]
    for place in range(6, 9):
        tokens.start = place
        parts.append(made(longer[:, place : place + 1], tokens))
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)


def test_what_is_in_padding_moves_nothing() -> None:
    made, tokens = experts(), ModalityTokens(IDS)
    loud = torch.where((IDS == PADDING)[..., None], 1e3, values())
    real = IDS != PADDING
    assert torch.equal(made(loud, tokens)[real], made(values(), tokens)[real])


def test_the_gate_learns_through_the_choice() -> None:
    made = experts()
    made(values(), ModalityTokens(IDS, PROMPT)).square().sum().backward()
    for weight in made.parameters():
        assert weight.grad is not None
        assert weight.grad.abs().sum() > 0


def gates_of(made: MoSE, scores: list[list[float]] | None = None) -> Tensor:
    """What gates cost where voice and face of the samples pull the weights so."""
    given = values()[:2]
    if scores is not None and made.expert_weight is not None:
        with torch.no_grad():
            made.expert_weight.copy_(torch.eye(INPUTS)[0])
        for row, (voice, face) in enumerate(scores):
            given[row, IDS[row] == VOICE, 0] = voice
            given[row, IDS[row] == FACE, 0] = face
    return made.gates(given, ModalityTokens(IDS[:2], PROMPT[:2])).cost.detach()


def test_a_balanced_batch_leaves_samples_free() -> None:
    opposed, leaning = [[3.0, 0.0], [0.0, 3.0]], [[3.0, 0.0], [3.0, 0.0]]
    batch = experts(balance="batch_mean", load_weight=0.0)
    assert float(gates_of(batch, opposed)) == pytest.approx(0.0, abs=1e-6)
    assert float(gates_of(batch, leaning)) > 0.01
    each = experts(balance="per_sample", load_weight=0.0, balance_weight=1.0)
    wanted = (2 * torch.sigmoid(torch.tensor(3.0)) - 1) ** 2
    assert float(gates_of(each, opposed)) == pytest.approx(float(wanted), rel=1e-4)
    assert float(gates_of(experts(balance_weight=0.0, load_weight=0.0), leaning)) == 0.0


def test_even_use_of_experts_is_cheapest() -> None:
    made = experts(balance_weight=0.0, load_weight=1.0)
    with torch.no_grad():
        made.expert_gate.zero_()  # type: ignore[union-attr]
        made.expert_gate[:, 0, 0], made.expert_gate[:, 1, 0] = 5.0, -5.0  # type: ignore[index]
    even = float(gates_of(made, [[3.0, 3.0], [-3.0, -3.0]]))
    assert even == pytest.approx(2.0, abs=1e-3)  # one for either modality
    assert float(gates_of(made, [[3.0, 3.0], [3.0, 3.0]])) == pytest.approx(4.0, abs=1e-3)


def test_gates_are_told_to_who_listens() -> None:
    made = experts()
    with listening("gates") as told:
        made(values(), ModalityTokens(IDS, PROMPT))
        made(values()[:, :2], ModalityTokens(torch.zeros_like(IDS[:, :2])))  # text alone asks no gate
    assert len(told) == 1
    assert told[0].cost.requires_grad


@pytest.mark.parametrize(
    "settings", [{"rank": 0}, {"experts": 0}, {"temperature": 0}, {"dropout": 1}, {"load_weight": -1}]
)
def test_settings_out_of_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(InputError, match="MoSE"):
        MoSESettings(**settings)  # type: ignore[arg-type]


def test_a_modality_of_each_kind() -> None:
    assert MODALITIES == (TEXT, VOICE, FACE)
    assert experts(sharing="global").expert_down.shape[0] == 1
    assert experts().expert_down.shape[0] == len(MODALITIES)
