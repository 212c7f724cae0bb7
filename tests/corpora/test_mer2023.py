from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heartsay.corpora.mer2023 import RatedClip, folds, mer2023_score, read_mer2023
from heartsay.errors import InputError


def write(folder: Path, text: str, name: str = "labels/test1-label.csv") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return folder


def test_clips_are_read_with_emotion_and_valence(tmp_path: Path) -> None:
    write(tmp_path, "name,discrete,valence\nsample_1,worried,-1.5\nsample_2,happy,-10\n")
    assert read_mer2023(tmp_path, "test1") == [
        RatedClip("sample_1", "worried", -1.5),
        RatedClip("sample_2", "happy", None),
    ]
    write(tmp_path, "name,discrete\nsample_3,sad\n", "test3-label.csv")
    assert read_mer2023(tmp_path, "test3") == [RatedClip("sample_3", "sad", None)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,valence\na,1\n", "no discrete"),
        ("name,discrete,valence\na,sad,1\na,sad,1\n", "clip a: expected each clip once"),
        ("name,discrete,valence\na,calm,1\n", "clip a: expected an emotion out of neutral.*'calm'"),
        ("name,discrete,valence\na,sad,low\n", "clip a: expected a valence, found 'low'"),
    ],
)
def test_what_is_no_such_table_has_its_sentence(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_mer2023(write(tmp_path, text), "test1")


def test_absent_and_doubled_tables_and_other_splits(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"one test2-label\.csv, found none"):
        read_mer2023(tmp_path, "test2")
    for place in ("a", "b"):
        write(tmp_path, "name,discrete\n", f"{place}/train-label.csv")
    with pytest.raises(InputError, match="and"):
        read_mer2023(tmp_path, "train")
    with pytest.raises(InputError, match="'dev'"):
        read_mer2023(tmp_path, "dev")


def test_the_score_is_weighted_f1_less_a_quarter_of_the_squared_error() -> None:
    emotion, valence = np.array([0, 0, 1, 2]), np.array([0.0, 1.0, -2.0, 2.0])
    assert mer2023_score(emotion, emotion, valence, valence) == 1.0
    assert mer2023_score(emotion, emotion, valence, valence + 2) == 0.0
    with pytest.raises(ValueError, match="-10"):
        mer2023_score(emotion, emotion, np.full(4, -10.0), valence)
    with pytest.raises(ValueError, match="one length"):
        mer2023_score(emotion, emotion, valence[:3], valence[:3])


def test_folds_are_even_and_every_clip_is_in_one() -> None:
    clips = [RatedClip(str(k), "sad", None) for k in range(23)]
    fold = folds(clips)
    assert sorted(np.bincount(fold).tolist()) == [4, 4, 5, 5, 5]
    assert np.array_equal(fold, folds(clips))
