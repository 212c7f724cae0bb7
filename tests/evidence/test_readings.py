from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.conversations import make_conversation
from tests.dummies.model import build_tokenizer

from heartsay.conversation import Conversation
from heartsay.evidence import Pack, RawReading, Readings, TokenSettings, read_labelled
from heartsay.labels import EMOTIONS

TOKENIZER = build_tokenizer()
SETTINGS = TokenSettings(lead=2, end=3, pad=0, unknown=1, longest=64)


def traceable(packs: Sequence[Pack]) -> list[RawReading]:
    """A model that says which utterance it was asked about, and raves about rows that are context only."""
    raw: list[RawReading] = []
    for p in packs:
        emotion = np.tile(p.utterance.astype(np.float32)[:, None], (1, len(EMOTIONS)))
        pair = (100 * p.utterance[:, None] + p.utterance[None, :]).astype(np.float32)
        emotion[p.weight == 0], pair[p.weight == 0] = np.nan, np.nan
        raw.append((emotion, pair))
    return raw


def labelled(turns: int, emotions: list[str | None], pairs: set[tuple[int, int]] | None) -> Conversation:
    plain = make_conversation(f"c{turns}", *[("AB"[k % 2], "the boat is late again") for k in range(turns)])
    said = tuple(replace(u, emotion=emotions[k % len(emotions)]) for k, u in enumerate(plain.utterances))
    return replace(plain, utterances=said, pairs=None if pairs is None else frozenset(pairs))


LONG_PAIRS = {(2, 1), (7, 7), (29, 0)}
SPLIT = (
    labelled(3, ["joy", None, "anger"], None),
    labelled(30, ["neutral", "fear"], LONG_PAIRS),
    labelled(2, ["sadness"], {(0, 1)}),
)


@pytest.fixture(scope="module")
def readings() -> Readings:
    return read_labelled(traceable, SPLIT, TOKENIZER, SETTINGS)


def test_every_labelled_utterance_is_read_once(readings: Readings) -> None:
    expected = [
        (c, k, EMOTIONS.index(u.emotion))
        for c, conversation in enumerate(SPLIT)
        for k, u in enumerate(conversation.utterances)
        if u.emotion is not None
    ]
    columns = (readings.conversation, readings.logits[:, 0].astype(int), readings.emotion)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == expected


def test_only_annotated_conversations_have_candidate_pairs(readings: Readings) -> None:
    assert set(readings.pair_conversation.tolist()) == {1, 2}


def test_pairs_are_lined_up_with_scores_gold_and_the_emotion_they_explain(readings: Readings) -> None:
    emotion, cause = readings.pair_emotion, readings.pair_cause
    np.testing.assert_array_equal(readings.pair_log_odds, 100 * emotion + cause)
    np.testing.assert_array_equal(readings.pair_logits, np.tile(emotion[:, None], (1, 7)))
    keys = list(zip(readings.pair_conversation.tolist(), emotion.tolist(), cause.tolist(), strict=True))
    assert len(keys) == len(set(keys))
    gold = {key for key, is_gold in zip(keys, readings.pair.tolist(), strict=True) if is_gold}
    # Utterances 29 and 0 of the long conversation are never seen together.
    assert gold == {(1, 2, 1), (1, 7, 7), (2, 0, 1)}
    assert readings.gold_pairs == 4


def test_what_was_saved_is_read_back_whole(readings: Readings, tmp_path: Path) -> None:
    readings.save(tmp_path / "readings.npz")
    loaded = Readings.load(tmp_path / "readings.npz")
    for field in fields(Readings):
        kept, found = getattr(readings, field.name), getattr(loaded, field.name)
        np.testing.assert_array_equal(found, kept)
        assert np.asarray(found).dtype == np.asarray(kept).dtype


def test_a_split_without_annotated_causes_has_no_pairs() -> None:
    readings = read_labelled(traceable, SPLIT[:1], TOKENIZER, SETTINGS)
    assert readings.pair_log_odds.shape == (0,)
    assert readings.pair_logits.shape == (0, 7)
    assert readings.gold_pairs == 0


def test_an_utterance_read_in_several_windows_counts_once() -> None:
    talk = make_conversation("c", ("A", "the boat is late"), ("B", "river " * 100), ("A", "it was fine"))
    said = tuple(replace(u, emotion="joy") for u in talk.utterances)
    annotated = replace(talk, utterances=said, pairs=frozenset({(1, 0)}))
    readings = read_labelled(traceable, [annotated], TOKENIZER, SETTINGS)
    assert readings.logits[:, 0].tolist() == [0, 1, 2]
    pairs = list(zip(readings.pair_emotion.tolist(), readings.pair_cause.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))


def test_with_removals_the_same_utterances_are_read_without_context_too(readings: Readings) -> None:
    def sizing(packs: Sequence[Pack]) -> list[RawReading]:
        by_size = []
        for p, (_, pair) in zip(packs, traceable(packs), strict=True):
            rows = len(p.utterance) + 0.01 * p.utterance.astype(np.float32)
            by_size.append((np.tile(rows[:, None], (1, len(EMOTIONS))), pair))
        return by_size

    found = read_labelled(sizing, SPLIT, TOKENIZER, SETTINGS, removals=True)
    assert found.removed is not None
    np.testing.assert_array_equal(found.emotion, readings.emotion)
    # Speakers take turns: of three utterances the first has one other of its own, and one of the other's.
    first = (0, 2)  # utterances with a label in the first conversation
    np.testing.assert_allclose(found.removed["own"][:2, 0], [2 + 0.01 * k for k in first])
    np.testing.assert_allclose(found.removed["other"][:2, 0], [2 + 0.01 * k for k in first])
    # Of two utterances by two speakers none has context of its own: the whole reading stands there.
    np.testing.assert_array_equal(found.removed["own"][-1], found.logits[-1])
    np.testing.assert_allclose(found.removed["other"][-1], 1.01)
    assert found.removed["own"].shape == found.removed["other"].shape == found.logits.shape


def test_removals_are_not_saved(tmp_path: Path) -> None:
    found = read_labelled(traceable, SPLIT, TOKENIZER, SETTINGS, removals=True)
    found.save(tmp_path / "readings.npz")
    assert Readings.load(tmp_path / "readings.npz").removed is None
