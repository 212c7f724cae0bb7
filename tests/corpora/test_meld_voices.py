"""Words and voices of one utterance meet under its id, and folds deal whole dialogues."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.corpora import load
from heartsay.corpora.meld_voices import cross_validation, meld_voices, read_voices
from heartsay.errors import InputError

from .conftest import write_meld

WIDTH = 47


def write_voices(path: Path, ids: list[str], **changes: Any) -> None:
    """Voice features whose first number is the utterance's place in the file."""
    features = np.zeros((len(ids), WIDTH), np.float32)
    features[:, 0] = np.arange(1, len(ids) + 1)
    names = np.array([f"feature{k}" for k in range(WIDTH)])
    np.savez(path, **{"id": np.array(ids), "features": features, "names": names, **changes})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Eight dialogues of two utterances in each split; one of the first has no voice."""
    folder = tmp_path / "meld"
    for split in ("dev", "test"):
        turns = [(d, u, "AB"[u], ("joy", "anger")[u], f"Words {d} {u}.") for d in range(8) for u in (0, 1)]
        write_meld(folder / f"{split}_sent_emo.csv", turns)
        ids = [f"dia{d}_utt{u}" for d, u, *_ in turns]
        write_voices(folder / f"audio47_{split}.npz", ids[1:] if split == "dev" else ids)
    return tmp_path


@pytest.fixture
def text() -> dict[str, np.ndarray[Any, Any]]:
    return {
        f"{split}_dia{d}_utt{u}": np.array([d, u, split == "test"], np.float32)
        for split in ("dev", "test")
        for d in range(8)
        for u in (0, 1)
    }


def test_words_voices_and_labels_of_an_utterance_belong_together(root: Path, text: dict[str, Any]) -> None:
    corpus = meld_voices(root, text, 0)
    assert corpus.widths == {"text": 3, "voice": WIDTH}
    by_id = {c.id: c for c in corpus.conversations()}
    assert len(by_id) == 16
    one = by_id["test_dia3"]
    assert one.evidence.utterances == ("test_dia3_utt0", "test_dia3_utt1")
    assert one.evidence.features["text"].tolist() == [[3, 0, 1], [3, 1, 1]]
    assert one.evidence.features["voice"][:, 0].tolist() == [7, 8]
    assert one.emotion.tolist() == [4, 6]
    assert one.evidence.speaker.tolist() == [0, 1]
    assert by_id["dev_dia0"].evidence.present["voice"].tolist() == [False, True]
    assert by_id["dev_dia0"].evidence.features["voice"][1, 0] == 1
    assert corpus.facts["utterances without voice"] == "dev_dia0_utt0"
    assert sum((~c.evidence.present["voice"]).sum() for c in corpus.conversations()) == 1


def test_every_dialogue_is_tested_once_over_the_folds(root: Path, text: dict[str, Any]) -> None:
    tested = [c.id for fold in range(5) for c in meld_voices(root, text, fold, seed=3).splits["test"]]
    assert sorted(tested) == sorted(f"{split}_dia{d}" for split in ("dev", "test") for d in range(8))
    other = [c.id for fold in range(5) for c in meld_voices(root, text, fold, seed=4).splits["test"]]
    assert other != tested


@settings(max_examples=50)
@given(st.integers(5, 400), st.integers(2, 5), st.integers(0, 9))
def test_folds_deal_everything_once(count: int, folds: int, seed: int) -> None:
    dealt = cross_validation(range(count), folds, seed)
    assert dealt == cross_validation(range(count), folds, seed)
    assert sorted(k for fold in dealt for k in fold["test"]) == list(range(count))
    for fold in dealt:
        assert sorted(k for split in fold.values() for k in split) == list(range(count))
        assert list(fold) == ["train", "dev", "test"]
        assert min(map(len, fold.values())) > 0
        assert abs(len(fold["test"]) - count / folds) <= 1
        assert abs(len(fold["dev"]) - (count - len(fold["test"])) / 8) <= 1


SPOILT: list[tuple[str, dict[str, Any], str]] = [
    ("another number of features", {"features": np.zeros((3, 46), np.float32)}, "shape"),
    ("not a number", {"features": np.full((3, WIDTH), np.nan, np.float32)}, "NaN"),
    ("an id twice", {"id": np.array(["dia0_utt0", "dia0_utt0", "dia0_utt1"])}, "once"),
    ("a pickle inside", {"id": np.array(["dia0_utt0", {}, 3], object)}, "arrays"),
]


@pytest.mark.parametrize(("changes", "message"), [r[1:] for r in SPOILT], ids=[r[0] for r in SPOILT])
def test_spoilt_voice_files_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    write_voices(tmp_path / "audio.npz", ["dia0_utt0", "dia0_utt1", "dia1_utt0"], **changes)
    with pytest.raises(InputError, match=message):
        read_voices(tmp_path / "audio.npz", "dev")


def test_ids_that_do_not_match_are_refused(root: Path, text: dict[str, Any]) -> None:
    path = root / "meld" / "audio47_test.npz"
    write_voices(path, ["dia0_utt0", "dia99_utt0"])
    with pytest.raises(InputError, match="test_dia99_utt0"):
        meld_voices(root, text, 0)
    write_voices(path, [])
    with pytest.raises(InputError, match="voices of the test split"):
        meld_voices(root, text, 0)
    path.unlink()
    with pytest.raises(InputError, match="audio47_test"):
        meld_voices(root, text, 0)


def test_missing_words_and_folds_are_refused(root: Path, text: dict[str, Any]) -> None:
    del text["dev_dia1_utt1"]
    with pytest.raises(InputError, match="dev_dia1_utt1"):
        meld_voices(root, text, 0)
    with pytest.raises(InputError, match="fold"):
        meld_voices(root, text, 5)
    with pytest.raises(InputError, match="dialogues"):
        cross_validation([1, 2, 3], 5, 0)


def test_the_real_corpus_has_one_utterance_without_voice(real_root: Path) -> None:
    text = {
        u.id: np.zeros(2, np.float32)
        for s in ("dev", "test")
        for c in load("meld", s, real_root)
        for u in c.utterances
    }
    corpus = meld_voices(real_root, text, 2)
    conversations = corpus.conversations()
    assert len(conversations) == 394
    assert sum(map(len, conversations)) == 3719
    assert sum(int((~c.evidence.present["voice"]).sum()) for c in conversations) == 1
    assert "," not in corpus.facts["utterances without voice"]


def test_reading_never_needs_torch(in_new_process: Callable[[str], str]) -> None:
    modules = "meld_voices, meld_features, iemocap_features, roberta_features"
    out = in_new_process(f"import sys; from heartsay.corpora import {modules}; print('torch' in sys.modules)")
    assert out.strip() == "False"


@pytest.fixture
def in_new_process() -> Callable[[str], str]:
    import subprocess
    import sys

    return lambda code: (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    )
