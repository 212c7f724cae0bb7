"""Readings come back as they were saved, their rows stay together, and what is none is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heartsay.errors import ModelError
from heartsay.evidence.reading import UNLABELLED, PairTable, Reading

RANDOM = np.random.default_rng(0)
FULL = Reading(
    conversations=("a", "b"),
    classes=("calm", "cross", "glum"),
    conversation=np.array([0, 0, 1, 1, 1]),
    position=np.array([0, 1, 0, 1, 2]),
    logits={
        "edges/full": RANDOM.normal(size=(5, 3)).astype(np.float32),
        "strict/without_text": RANDOM.normal(size=(5, 3)),
    },
    gold=np.array([0, 2, UNLABELLED, 1, 1]),
    utterance=np.array(["a/0", "a/1", "b/0", "b/1", "b/2"]),
    speaker=np.array([0, 1, 0, 0, 1]),
    split=np.array(["dev", "dev", "test", "test", "test"]),
    modalities=("text", "voice"),
    by_modality={"voice": RANDOM.normal(size=(5, 2))},
    cause=RANDOM.normal(size=5),
    representation=RANDOM.normal(size=(5, 4)).astype(np.float16),
    weight=np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
    pairs=PairTable(
        conversation=np.array([0, 0, 1]),
        emotion=np.array([1, 1, 2]),
        cause=np.array([0, 1, 0]),
        log_odds={"full": np.array([0.5, -1.0, 2.0]), "without_text": np.zeros(3, np.float32)},
        gold=np.array([True, False, True]),
        gold_pairs=4,
        weight=np.array([1.0, 0.5, 1.0]),
    ),
)
BARE = Reading(
    FULL.conversations,
    FULL.classes,
    FULL.conversation,
    FULL.position,
    FULL.logits,
    FULL.gold,
    FULL.utterance,
    FULL.speaker,
    FULL.split,
)


def same(one: Any, other: Any) -> None:
    """Both hold the same, types and all."""
    assert type(one) is type(other)
    if isinstance(one, (Reading, PairTable)):
        for f in fields(one):
            same(getattr(one, f.name), getattr(other, f.name))
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for name, values in one.items():
            same(values, other[name])
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other


@pytest.mark.parametrize("reading", [FULL, BARE])
def test_a_reading_comes_back_as_it_was_saved(reading: Reading, tmp_path: Path) -> None:
    path = tmp_path / "reading.npz"
    reading.save(path)
    same(Reading.load(path), reading)
    assert [p.name for p in tmp_path.iterdir()] == ["reading.npz"]


def test_rows_are_chosen_in_every_column() -> None:
    chosen = np.array([False, True, True, False, True])
    part = FULL.rows(chosen)
    assert len(part) == 3
    for name in ("conversation", "position", "gold", "utterance", "speaker", "split", "cause", "weight"):
        assert getattr(part, name).tolist() == getattr(FULL, name)[chosen].tolist()
    for view, logits in FULL.logits.items():
        assert part.logits[view].tolist() == logits[chosen].tolist()
    assert part.by_modality["voice"].tolist() == FULL.by_modality["voice"][chosen].tolist()
    assert part.representation is not None
    assert FULL.representation is not None
    assert part.representation.tolist() == FULL.representation[chosen].tolist()
    assert (part.conversations, part.classes, part.pairs) == (FULL.conversations, FULL.classes, None)
    assert BARE.rows(chosen).cause is None


def test_a_split_can_be_taken_out() -> None:
    assert FULL.of("test").utterance.tolist() == ["b/0", "b/1", "b/2"]
    assert len(FULL.of("train")) == 0


def test_annotated_pairs_are_those_of_a_view() -> None:
    pairs = FULL.annotated_pairs("without_text")
    assert (pairs.log_odds.tolist(), pairs.log_odds.dtype) == ([0, 0, 0], np.float64)
    chosen = FULL.annotated_pairs().rows(np.array([True, False, True]))
    assert chosen.log_odds.tolist() == [0.5, 2.0]
    assert chosen.gold_pairs == 4
    assert chosen.triples(np.array([False, True])) == [(1, 2, 0)]


def test_pairs_that_nobody_annotated_are_not_scored() -> None:
    assert FULL.pairs is not None
    for reading in (BARE, replace(FULL, pairs=replace(FULL.pairs, gold=None))):
        with pytest.raises(ModelError, match="annotated pairs"):
            reading.annotated_pairs()


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04 half of it"])
def test_what_holds_no_reading_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "reading.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"reading\.npz holds no readings"):
        Reading.load(path)


@pytest.mark.parametrize("lost", ["gold", "conversations", "pairs/cause", "pairs/gold_pairs"])
def test_a_file_that_lacks_a_column_is_refused(tmp_path: Path, lost: str) -> None:
    path = tmp_path / "reading.npz"
    FULL.save(path)
    with np.load(path) as stored:
        kept = {name: stored[name] for name in stored.files if name != lost}
    assert len(kept) > 10
    np.savez(path, **kept)
    with pytest.raises(ModelError, match="holds no readings"):
        Reading.load(path)


def test_a_pickle_among_the_columns_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "reading.npz"
    FULL.save(path)
    with np.load(path) as stored:
        columns = dict(stored)
    np.savez(path, **{**columns, "gold": np.array([object()])})
    with pytest.raises(ModelError, match="holds no readings"):
        Reading.load(path)
