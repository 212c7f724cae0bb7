from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heartsay.corpora.dfew import dfew_score, read_dfew
from heartsay.errors import InputError


def write(folder: Path, train: str, test: str, fold: int = 1) -> Path:
    for split, rows in (("train", train), ("test", test)):
        path = folder / "EmoLabel_DataSplit" / f"{split}(single-labeled)" / f"set_{fold}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"video_name,label\n{rows}", "utf-8")
    return folder


def test_numbers_become_the_published_emotions(tmp_path: Path) -> None:
    write(tmp_path, "1,1\n2,7\n", "3,3\n", 4)
    assert read_dfew(tmp_path, "train", 4) == {"1": "happy", "2": "fear"}
    assert read_dfew(tmp_path, "test", 4) == {"3": "neutral"}


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ("1,0\n", "", "clip 1: expected a label from 1 to 7, found '0'"),
        ("1,happy\n", "", "found 'happy'"),
        ("1,1\n1,2\n", "", "each clip once"),
        ("1,1\n", "1,1\n", "1 in both"),
    ],
)
def test_what_is_no_such_table_has_its_sentence(tmp_path: Path, train: str, test: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_dfew(write(tmp_path, train, test), "train", 1)


def test_other_folds_splits_and_absent_tables(tmp_path: Path) -> None:
    for split, fold, message in (
        ("dev", 1, "train or test"),
        ("train", 0, "1 to 5"),
        ("train", 2, "CSV file"),
    ):
        with pytest.raises(InputError, match=message):
            read_dfew(tmp_path, split, fold)


def test_both_scores_of_the_field() -> None:
    found = dfew_score(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 0]))
    assert found == pytest.approx({"uar": (2 / 3 + 0) / 2, "war": 0.5})
