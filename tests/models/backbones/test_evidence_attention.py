"""Evidence attention: no path from what is hidden, whatever the depth; places that views do not move."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch, feature_corpus

from heartsay.errors import InputError
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tensors import EvidenceBatch, collate
from heartsay.evidence.views import ALONE, OWN_CONTEXT, without
from heartsay.models.backbone import InputShape
from heartsay.models.backbones.evidence_attention import REACH, EvidenceAttention
from heartsay.models.strict import read_strictly

SHAPE = InputShape(WIDTHS, 3, len(EMOTIONS))


def model(layers: int = 3, **settings: object) -> EvidenceAttention:
    torch.manual_seed(1)
    return EvidenceAttention(SHAPE, width=16, layers=layers, **settings).eval()  # type: ignore[arg-type]


def features_felt(read: EvidenceAttention, evidence: EvidenceBatch, row: int, place: int) -> torch.Tensor:
    """Which utterances of the conversation have a gradient path to the emotion at a place, bool (T,)."""
    features = {m: x.clone().requires_grad_() for m, x in evidence.features.items()}
    read(replace(evidence, features=features)).emotion[row, place].sum().backward()
    gradients = [x.grad[row].abs().sum(-1) for x in features.values() if x.grad is not None]
    return torch.stack(gradients).sum(0) > 0


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_gradients_come_from_what_is_visible_and_from_nowhere_else(layers: int) -> None:
    whole = feature_batch((8,), speakers=3).evidence
    # Sparse and one-sided, so that what i sees of j does not let it see what j sees.
    drawn = torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(5)) < 0.4
    seen = replace(whole, visible=drawn | torch.eye(8, dtype=torch.bool))
    read = model(layers)
    for place in range(8):
        assert torch.equal(features_felt(read, seen, 0, place), seen.visible[0, place])


def test_strict_reading_is_an_ordinary_forward() -> None:
    whole, read = OWN_CONTEXT(feature_batch((6, 3)).evidence), model()
    assert torch.equal(read_strictly(read, whole).emotion, read(whole).emotion)


def test_distances_are_in_turns_up_to_a_reach() -> None:
    talk = feature_batch((REACH + 8,), speakers=1).evidence
    read = model(1)

    def heard_from(place: int) -> torch.Tensor:
        """What utterance 0 says when it sees one other, whose features are always the same, at a place."""
        features = {m: x.clone() for m, x in talk.features.items()}
        for x in features.values():
            x[0, place] = 1.0
        visible = torch.eye(REACH + 8, dtype=torch.bool)[None].clone()
        visible[0, 0, place] = True
        with torch.no_grad():
            return read(replace(talk, features=features, visible=visible)).emotion[0, 0]

    assert (heard_from(1) - heard_from(4)).abs().max() > 1e-4
    torch.testing.assert_close(heard_from(REACH), heard_from(REACH + 5))


def test_half_of_the_heads_see_one_speaker_alone() -> None:
    whole = feature_batch((6,), speakers=2).evidence
    read = model(1, heads=4)
    weights = []
    read.context[0].dropout.register_forward_hook(lambda _, given, __: weights.append(given[0]))
    with torch.no_grad():
        read(whole)
    others = ~whole.same_speaker[0]
    attention = weights[0][0]  # (H, T, T)
    assert (attention[2:, others] == 0).all()
    assert (attention[:2, others] > 0).all()


def test_a_missing_modality_takes_no_part_or_is_stood_in_for() -> None:
    whole = feature_batch((5,)).evidence
    with torch.no_grad():
        for filling in ("zero", "learned"):
            read = model(filling=filling)
            reading = read(without("voice")(whole)).emotion
            for weight in read.fuse.project["voice"].parameters():
                weight.add_(1.0)
            moved = (read(without("voice")(whole)).emotion - reading).abs().max()
            assert (moved > 1e-3) == (filling == "learned")


def test_nothing_at_all_to_go_by_is_read() -> None:
    blank = ALONE(feature_batch((3,)).evidence)
    for m in WIDTHS:
        blank = without(m)(blank)
    reading = model()(blank)
    assert torch.isfinite(reading.emotion).all()
    torch.testing.assert_close(reading.emotion[0, 0], reading.emotion[0, 1])


def test_what_it_cannot_be_built_with_is_said() -> None:
    with pytest.raises(InputError, match="width 10 and 4 heads"):
        EvidenceAttention(SHAPE, width=10)
    with pytest.raises(InputError, match="carry hidden utterances along"):
        EvidenceAttention(SHAPE, filling="conversation_mean")


def test_a_conversation_of_a_thousand_turns_is_read() -> None:
    talk = feature_batch((1000,), speakers=5).evidence
    with torch.inference_mode():
        assert torch.isfinite(model(2)(talk).emotion).all()


def test_it_learns_from_features_and_from_context() -> None:
    corpus = feature_corpus((60, 30, 0), (6, 10))
    train, dev = (collate(corpus.splits[s], tuple(WIDTHS)) for s in ("train", "dev"))
    torch.manual_seed(0)
    read = EvidenceAttention(SHAPE, width=32)
    optimizer = torch.optim.AdamW(read.parameters(), lr=3e-3)
    for _ in range(40):
        logits = read.train()(train.evidence).emotion
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), train.emotion.flatten(), ignore_index=UNLABELLED
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    known = dev.emotion != UNLABELLED

    def loss_of(evidence: EvidenceBatch) -> float:
        with torch.inference_mode():
            logits = read.eval()(evidence).emotion
        return float(torch.nn.functional.cross_entropy(logits[known], dev.emotion[known]))

    whole = loss_of(dev.evidence)
    assert whole < 0.55  # a uniform guess has 1.39
    assert whole < loss_of(ALONE(dev.evidence))
    for m in WIDTHS:
        assert whole < loss_of(without(m)(dev.evidence))
