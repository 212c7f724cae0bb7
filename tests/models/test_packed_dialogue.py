"""The proofs that the packed-dialogue model owes: batch mates, strict views and noise change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.dummies.encoder import (
    CAUSED,
    FELT,
    HELD_BACK,
    dummy_model,
    encoder_folder,
    packs_of,
    roberta_folder,
    tokenizer_and_settings,
)

from heartsay.conversation import Conversation
from heartsay.evidence.packing import Pack, Segment, collate, make_packs, pack
from heartsay.evidence.tokens import pack_text
from heartsay.evidence.views import OTHER_CONTEXT, OWN_CONTEXT
from heartsay.models.packed_dialogue import ContextLayer, PackedDialogueModel

CLOSE = 1e-5


@pytest.fixture(scope="module", params=["bert", "roberta"])
def encoder(request: pytest.FixtureRequest) -> Path:
    return encoder_folder() if request.param == "bert" else roberta_folder()


@pytest.fixture(scope="module")
def model(encoder: Path) -> PackedDialogueModel:
    return dummy_model(encoder)


def read(
    model: PackedDialogueModel, packs: Sequence[Pack], pad: int
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Emotion logits (R, 7) and pair log-odds (R, R) of each pack, all read in one batch."""
    with torch.inference_mode():
        reading = model(*map(torch.from_numpy, collate(packs, pad)))
    sizes = [len(p.speaker) for p in packs]
    return [(reading.emotion[b, :n], reading.pair[b, :n, :n]) for b, n in enumerate(sizes)]


def views(conversation: Conversation, encoder: Path) -> tuple[list[Pack], list[Pack]]:
    """Packs without own and without other context."""
    tokenizer, settings = tokenizer_and_settings(encoder)
    text = pack_text(conversation, tokenizer, settings)
    parts = text.segments, text.windows, settings.lead
    return make_packs(*parts, OWN_CONTEXT), make_packs(*parts, OTHER_CONTEXT)


def pad_of(encoder: Path) -> int:
    return tokenizer_and_settings(encoder)[1].pad


def with_texts(conversation: Conversation, texts: dict[int, str]) -> Conversation:
    """The conversation with other words at some places."""
    said = tuple(replace(u, text=texts.get(k, u.text)) for k, u in enumerate(conversation.utterances))
    return replace(conversation, utterances=said)


def spoken_by(conversation: Conversation, speakers: Sequence[str]) -> Conversation:
    said = tuple(replace(u, speaker=s) for u, s in zip(conversation.utterances, speakers, strict=True))
    return replace(conversation, utterances=said)


def alone(conversation: Conversation, index: int) -> Conversation:
    return replace(conversation, utterances=conversation.utterances[index : index + 1])


def test_a_reading_has_a_row_per_utterance_and_a_cell_per_pair(
    model: PackedDialogueModel, encoder: Path
) -> None:
    (p,) = packs_of(CAUSED[0], encoder)
    ((emotion, pair),) = read(model, [p], pad_of(encoder))
    assert emotion.shape == (4, 7)
    assert pair.shape == (4, 4)
    assert torch.isfinite(emotion).all()
    assert torch.isfinite(pair).all()


def test_padding_and_batch_mates_change_nothing(model: PackedDialogueModel, encoder: Path) -> None:
    packs = [p for c in (*CAUSED, *FELT, *HELD_BACK) for p in packs_of(c, encoder)]
    together = read(model, packs, pad_of(encoder))
    for p, (emotion, pair) in zip(packs, together, strict=True):
        ((own_emotion, own_pair),) = read(model, [p], pad_of(encoder))
        torch.testing.assert_close(emotion, own_emotion, atol=CLOSE, rtol=CLOSE)
        torch.testing.assert_close(pair, own_pair, atol=CLOSE, rtol=CLOSE)


def test_a_sequence_of_full_length_can_be_read(model: PackedDialogueModel, encoder: Path) -> None:
    settings = tokenizer_and_settings(encoder)[1]
    words = np.full(settings.longest - 1, settings.unknown, dtype=np.int64)
    full = pack([Segment(0, 0, words)], [True], settings.lead)
    assert len(full.tokens) == settings.longest
    ((emotion, _),) = read(model, [full], settings.pad)
    assert torch.isfinite(emotion).all()


@pytest.mark.parametrize("hidden", ["own", "other"])
def test_with_everything_hidden_a_conversation_reads_as_its_utterances_one_by_one(
    model: PackedDialogueModel, encoder: Path, hidden: str
) -> None:
    ferry = CAUSED[3]
    if hidden == "own":
        talk = spoken_by(ferry, ["Ana"] * len(ferry))
        packs, _ = views(talk, encoder)
    else:
        talk = spoken_by(ferry, ["Ana", "Ben", "Kim", "Lea", "Tom", "Eva"])
        _, packs = views(talk, encoder)
    assert [p.utterance.tolist() for p in packs] == [[k] for k in range(len(talk))]
    stacked = read(model, packs, pad_of(encoder))
    for k, (emotion, pair) in enumerate(stacked):
        ((own_emotion, own_pair),) = read(model, packs_of(alone(talk, k), encoder), pad_of(encoder))
        torch.testing.assert_close(emotion, own_emotion, atol=CLOSE, rtol=CLOSE)
        torch.testing.assert_close(pair, own_pair, atol=CLOSE, rtol=CLOSE)
    (whole,) = read(model, packs_of(talk, encoder), pad_of(encoder))
    assert (whole[0] - torch.cat([emotion for emotion, _ in stacked])).abs().max() > 100 * CLOSE


@pytest.mark.parametrize("hidden", ["own", "other"])
def test_what_a_strict_view_removed_can_be_noise(
    model: PackedDialogueModel, encoder: Path, hidden: str
) -> None:
    talk, target = CAUSED[3], 3
    removed = [
        k
        for k, u in enumerate(talk.utterances)
        if k != target and (u.speaker == talk.utterances[target].speaker) == (hidden == "own")
    ]
    noise = with_texts(talk, dict.fromkeys(removed, "rat letter soup ten"))

    def reading_of(conversation: Conversation) -> tuple[torch.Tensor, torch.Tensor]:
        packs = views(conversation, encoder)[0 if hidden == "own" else 1]
        (p,) = (p for p in packs if target in p.utterance[p.weight > 0])
        row = p.utterance.tolist().index(target)
        ((emotion, pair),) = read(model, [p], pad_of(encoder))
        return emotion[row], pair[row]

    for before, after in zip(reading_of(talk), reading_of(noise), strict=True):
        torch.testing.assert_close(after, before, atol=CLOSE, rtol=CLOSE)
    (whole,), (spoilt,) = (read(model, packs_of(c, encoder), pad_of(encoder)) for c in (talk, noise))
    assert (whole[0][target] - spoilt[0][target]).abs().max() > 100 * CLOSE


def test_what_a_strict_view_kept_still_moves_the_reading(model: PackedDialogueModel, encoder: Path) -> None:
    talk, target = CAUSED[3], 3
    spoilt = with_texts(talk, {2: "rat letter soup ten"})

    def reading_of(conversation: Conversation) -> torch.Tensor:
        (p,) = (p for p in views(conversation, encoder)[0] if target in p.utterance[p.weight > 0])
        ((emotion, _),) = read(model, [p], pad_of(encoder))
        return emotion[p.utterance.tolist().index(target)]

    assert (reading_of(talk) - reading_of(spoilt)).abs().max() > 100 * CLOSE


def test_only_who_shares_a_speaker_counts_not_the_speakers_number(
    model: PackedDialogueModel, encoder: Path
) -> None:
    (p,) = packs_of(CAUSED[0], encoder)
    swapped = replace(p, speaker=1 - p.speaker)
    one_voice = replace(p, speaker=np.zeros_like(p.speaker))
    first, second, third = read(model, [p, swapped, one_voice], pad_of(encoder))
    torch.testing.assert_close(first[0], second[0], atol=CLOSE, rtol=CLOSE)
    torch.testing.assert_close(first[1], second[1], atol=CLOSE, rtol=CLOSE)
    assert (first[0] - third[0]).abs().max() > 100 * CLOSE


def test_dropout_is_off_when_reading_and_on_when_training() -> None:
    model = dummy_model()
    packs = packs_of(CAUSED[0])
    first, second = (read(model, packs, 0)[0][0] for _ in range(2))
    torch.testing.assert_close(first, second, atol=0, rtol=0)
    model.train()
    first, second = (read(model, packs, 0)[0][0] for _ in range(2))
    assert (first - second).abs().max() > CLOSE


@pytest.fixture
def layer() -> ContextLayer:
    torch.manual_seed(0)
    return ContextLayer(16).eval()


def test_the_context_layer_does_not_see_padding(layer: ContextLayer) -> None:
    vectors = torch.randn(1, 5, 16)
    speaker = torch.tensor([[0, 1, 0, -1, -1]])
    short = layer(vectors[:, :3], speaker[:, :3])
    torch.testing.assert_close(layer(vectors, speaker)[:, :3], short, atol=CLOSE, rtol=CLOSE)
    vectors[:, 3:] = 1e3 * torch.randn(1, 2, 16)
    torch.testing.assert_close(layer(vectors, speaker)[:, :3], short, atol=CLOSE, rtol=CLOSE)


def test_the_context_layer_sees_everyone_and_sees_its_own_speaker_apart(layer: ContextLayer) -> None:
    vectors = torch.randn(1, 3, 16)
    apart, together = torch.tensor([[0, 1, 2]]), torch.tensor([[0, 1, 0]])
    before = layer(vectors, apart)
    changed = vectors.clone()
    changed[:, 2] = torch.randn(16)
    assert (layer(changed, apart)[:, 0] - before[:, 0]).abs().max() > CLOSE
    assert (layer(vectors, together)[:, 0] - before[:, 0]).abs().max() > CLOSE
    # Who speaks the third utterance is nothing to the second, whose speaker is another.
    torch.testing.assert_close(layer(vectors, together)[:, 1], before[:, 1], atol=CLOSE, rtol=CLOSE)
