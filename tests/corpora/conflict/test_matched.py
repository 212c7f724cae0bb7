from __future__ import annotations

import numpy as np
import pytest

from heartsay.corpora.conflict.matched import match_faces, matched_corpus
from heartsay.corpora.conflict.subsets import ConflictBenchmark, ConflictItem
from heartsay.errors import InputError
from heartsay.evidence.reading import UNLABELLED
from heartsay.labels import CREMA_D, FER_PLUS

FER = list(FER_PLUS)


def photograph(**votes: int) -> list[int]:
    return [votes.get(name, 0) for name in (*FER, "unknown", "no_face")]


def clip(name: str, face: str | None, votes: tuple[int, ...], label: str | None = "joy") -> ConflictItem:
    return ConflictItem(name, name[:4], label, "neutral", face, votes={"face": votes})


# CREMA-D: anger, disgust, fear, joy, neutral, sadness
PHOTOGRAPHS = np.array(
    [
        photograph(joy=10),
        photograph(joy=6, neutral=4),
        photograph(anger=6, joy=4),
        photograph(surprise=6, joy=4),
        photograph(neutral=10),
        photograph(joy=6, unknown=4),
    ]
)


def test_a_face_has_votes_like_those_of_the_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heartsay.corpora.conflict.matched.NEAREST", 1)
    items = [
        clip("1001_a", "joy", (0, 0, 0, 9, 0, 0)),
        clip("1001_b", "joy", (0, 0, 0, 6, 3, 0)),
        clip("1001_c", "neutral", (0, 0, 0, 4, 5, 0)),
        clip("1001_d", None, (5, 0, 0, 5, 0, 0)),
    ]
    assert match_faces(items, PHOTOGRAPHS).tolist() == [0, 1, 4, 2]


def test_the_leading_emotion_is_kept_and_the_draw_is_the_clip_s_own() -> None:
    items = [clip(f"1001_{k}", "joy", (0, 0, 0, 9, 0, 0)) for k in range(60)]
    rows = match_faces(items, PHOTOGRAPHS)
    assert set(rows.tolist()) == {0, 1, 5}, "of no other do most people say joy"
    assert match_faces(items[::-1], PHOTOGRAPHS).tolist() == rows[::-1].tolist()
    assert match_faces(items, PHOTOGRAPHS, seed=1).tolist() != rows.tolist()


def test_a_face_that_nobody_has_is_refused() -> None:
    with pytest.raises(InputError, match="expected a photograph of fear for 1001_a, found none"):
        match_faces([clip("1001_a", "fear", (0, 0, 9, 0, 0, 0))], PHOTOGRAPHS)


def test_each_clip_is_a_conversation_of_its_actor() -> None:
    votes = (0, 0, 0, 9, 0, 0)
    items = tuple(
        clip(f"100{k}_{take}", "joy", votes, label)
        for k in range(3)
        for take, label in (("a", "joy"), ("b", None), ("c", "sadness"))
    )
    benchmark = ConflictBenchmark("b", CREMA_D, items)
    splits = {"1000": "train", "1001": "dev", "1002": "test"}
    voice = {item.id: np.full(2, n, np.float32) for n, item in enumerate(items) if item.id != "1002_c"}
    faces = {split: np.arange(6, dtype=np.float32)[:, None] for split in ("train", "dev", "test")}
    corpus = matched_corpus(
        benchmark, splits, voice, dict.fromkeys(faces, PHOTOGRAPHS), faces, {"face features": "numbers"}
    )
    assert corpus.composed
    assert [c.id for c in corpus.splits["train"]] == ["1000/1000_a", "1000/1000_c"], "undecided ones are out"
    assert [c.id for c in corpus.splits["test"]] == ["1002/1002_a"], "without a voice there is no clip"
    first = corpus.splits["dev"][0]
    assert first.emotion.tolist() == [CREMA_D.index("joy")]
    assert UNLABELLED not in first.emotion
    assert first.evidence.features["voice"].tolist() == [[3.0, 3.0]]
    row = match_faces([items[3]], PHOTOGRAPHS)[0]
    assert first.evidence.features["face"].tolist() == [[row]]
    assert corpus.facts["dev"].startswith("2 clips of 1 actors with ")
