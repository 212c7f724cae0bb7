"""The fusion transformer: who sees what, what late fusion keeps apart, and attention that is moved or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch
from torch import Tensor

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.evidence.views import ALONE, without
from heartsay.models.backbone import InputShape
from heartsay.models.backbones.fusion_transformer import FusionTransformer
from heartsay.models.fusion.modality import FACE, TEXT, VOICE, listening
from heartsay.models.fusion.reallocation import Reallocation, voice_shares

SHAPE = InputShape(WIDTHS, 3, len(EMOTIONS))
PULLED = Reallocation(0.95, 1.0, 0.0)


def model(**settings: Any) -> FusionTransformer:
    torch.manual_seed(1)
    return FusionTransformer(SHAPE, width=16, heads=2, tokens=2, **settings).eval()


def emotions(read: FusionTransformer, evidence: EvidenceBatch) -> Tensor:
    with torch.no_grad():
        return read(evidence).emotion


def test_tokens_are_in_order_and_missing_ones_are_hidden() -> None:
    evidence = without("voice")(feature_batch((3, 1)).evidence)
    found = model().tokens(evidence)
    assert found.ids[0].tolist() == [TEXT] * 5 + [VOICE] * 2 + [FACE] * 2
    assert found.owner.tolist() == [-1] * 3 + [0, 0, 1, 1, 2, 2]
    assert found.hidden[:, 5:7].all()
    assert not found.hidden[:, [0, 3, 4, 7, 8]].any()
    assert found.hidden[3, 1:3].all()  # the lone utterance has no context
    assert len(found.values) == 4


def test_off_is_bit_equal_and_on_moves_only_what_has_voice_and_face() -> None:
    evidence, read = feature_batch((6, 3)).evidence, model()
    before = emotions(read, evidence)
    read.reallocation = PULLED
    moved = emotions(read, evidence)
    assert not torch.allclose(before[evidence.real], moved[evidence.real], atol=1e-4)
    for one in ("voice", "face"):
        alone = without(one)(evidence)
        changed = emotions(read, alone)
        read.reallocation = None
        # Rows that may move are multiplied apart, which some processors round otherwise.
        torch.testing.assert_close(emotions(read, alone), changed, rtol=1e-5, atol=1e-6)
        read.reallocation = PULLED
    read.reallocation = None
    assert torch.equal(emotions(read, evidence), before)


def test_training_is_never_moved() -> None:
    evidence, read = feature_batch((4,)).evidence, model(dropout=0.0)
    read.train()
    before = emotions(read, evidence)
    read.reallocation = PULLED
    assert torch.equal(emotions(read, evidence), before)


def test_the_attention_that_is_told_is_that_of_the_answer_before_it_is_moved() -> None:
    evidence, read = feature_batch((4, 2)).evidence, model(layers=3)
    with listening("attention") as plain:
        emotions(read, evidence)
    read.reallocation = PULLED
    with listening("attention") as moved:
        emotions(read, evidence)
    assert [a.mass.shape for a in plain] == [(6, 2, 1, 2)] * 3
    assert torch.equal(plain[0].mass, moved[0].mass)
    assert torch.equal(plain[1].mass, moved[1].mass)  # the first layer that is moved
    assert not torch.equal(plain[2].mass, moved[2].mass)
    share, each = voice_shares(plain[0].mass, plain[0].ids)
    assert 0 < share < 1
    assert share == pytest.approx(each)  # as many tokens of either


def test_reallocation_pulls_the_reading_towards_one_modality() -> None:
    evidence, read = feature_batch((8, 8), seed=3).evidence, model(layers=1)
    alone = {m: emotions(read, without(m)(evidence)) for m in ("voice", "face")}

    def distance(target: float, to: Tensor) -> float:
        read.reallocation = Reallocation(target, 1.0, 0.0, layers=(0,))
        return float((emotions(read, evidence) - to).abs().mean())

    assert distance(1.0, alone["face"]) < distance(0.0, alone["face"])
    assert distance(0.0, alone["voice"]) < distance(1.0, alone["voice"])


def test_late_fusion_is_the_mean_of_what_each_modality_says() -> None:
    evidence, read = ALONE(feature_batch((4, 2)).evidence), model(fusion="late")
    others = {m: tuple(o for o in WIDTHS if o != m) for m in WIDTHS}
    apart = torch.stack(
        [emotions(read, without(*gone)(evidence)).log_softmax(-1) for gone in others.values()]
    )
    torch.testing.assert_close(emotions(read, evidence)[evidence.real], apart.mean(0)[evidence.real])
    no_face = emotions(read, without("face")(evidence))
    torch.testing.assert_close(no_face[evidence.real], apart[:2].mean(0)[evidence.real])
    nothing = emotions(read, without(*WIDTHS)(evidence))
    assert nothing.isfinite().all()


def test_late_fusion_has_as_many_weights_as_joint() -> None:
    counts = [sum(p.numel() for p in model(fusion=kind).parameters()) for kind in ("late", "joint")]
    assert counts[0] == counts[1]


def test_static_weights_sum_to_the_number_of_modalities_and_are_learned() -> None:
    evidence, read = feature_batch((4,)).evidence, model(static_weights=True)
    plain = model()
    plain.load_state_dict(read.state_dict(), strict=False)
    torch.testing.assert_close(emotions(read, evidence), emotions(plain, evidence))
    read(evidence).emotion.square().sum().backward()
    weight = read.tokens.modality_weight
    assert weight is not None
    assert weight.grad is not None
    assert weight.grad.abs().sum() > 0


@pytest.mark.parametrize("fusion", ["joint", "late"])
def test_static_weights_act_in_a_single_layer(fusion: Literal["joint", "late"]) -> None:
    evidence, read = feature_batch((4, 2)).evidence, model(layers=1, fusion=fusion, static_weights=True)
    weight = read.tokens.modality_weight
    assert weight is not None

    def weighed(evidence: EvidenceBatch, *values: float) -> Tensor:
        with torch.no_grad():
            weight.copy_(torch.tensor(values))
        return emotions(read, evidence)[evidence.real]

    for seen in (evidence, ALONE(evidence)):  # without context, attention is all that can carry a weight
        before, after = weighed(seen, 0.0, 0.0, 0.0), weighed(seen, 0.0, 2.0, 0.0)
        assert (after - before).norm() > 0.01 * before.norm()
    # A modality of no weight says as little as one that is missing.
    if fusion == "joint":
        torch.testing.assert_close(
            weighed(evidence, 0.0, 0.0, -80.0), weighed(without("face")(evidence), 0.0, 0.0, -80.0)
        )


@pytest.mark.parametrize(
    "settings", [{"width": 10, "heads": 4}, {"heads": 0}, {"tokens": 0}, {"filling": "conversation_mean"}]
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        FusionTransformer(SHAPE, **settings)


def test_batch_without_stack_reads_as_one_by_one() -> None:
    evidence, read = feature_batch((5, 3, 1)).evidence, model()
    read.reallocation = PULLED
    whole = emotions(read, evidence)
    for row, length in enumerate((5, 3, 1)):
        part = evidence.map(lambda x, row=row, length=length: x[row : row + 1, :length])  # type: ignore[misc]
        part = replace(part, visible=part.visible[:, :, :length])
        torch.testing.assert_close(emotions(read, part)[0], whole[row, :length])
