from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from heartsay.corpora.conflict.ch_sims import read_ch_sims, sentiment
from heartsay.errors import InputError

HEADER = "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode\n"
ROWS = (
    "video_0001,0001,好,0.8,0.0,0.6,1.0,Positive,train\n"
    "video_0001,0002,不,-0.6,0.4,-0.8,0.0,Negative,train\n"
    "video_0002,0001,是,0.2,0.2,-0.2,0.2,Weakly Positive,valid\n"
    "video_0003,0001,吗,0.0,0.1,-0.1,0.05,Neutral,test\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "label.csv").write_text(HEADER + ROWS, "utf-8")
    return tmp_path


def test_ratings_become_sentiments_and_subsets(table: Path) -> None:
    made = read_ch_sims(table)
    assert [i.id for i in made.items][:2] == ["video_0001/0001", "video_0001/0002"]
    assert [i.subset for i in made.items] == ["consistent", "voice_aligned", "face_aligned", "consistent"]
    assert [i.kind for i in made.items] == [None, "masking", "opposed", None]
    assert [i.speaker for i in made.items] == ["video_0001", "video_0001", "video_0002", "video_0003"]
    assert [i.text_agrees for i in made.items] == [False, False, True, True]
    assert made.items[0].strength == 0.8


def test_the_dead_zone_is_neutral_up_to_its_edge() -> None:
    assert [sentiment(x) for x in (-0.1, 0.1, 0.11, -0.2)] == ["neutral", "neutral", "positive", "negative"]
    assert sentiment(0.05, 0.0) == "positive"


def test_the_strict_rule_leaves_near_disagreements_open(table: Path) -> None:
    made = read_ch_sims(table, strict=True)
    assert [i.subset for i in made.items] == ["consistent", "voice_aligned", "undecided", "consistent"]
    assert made.facts["strict"].startswith("1 clips")


def test_splits_are_the_published_ones(table: Path) -> None:
    assert [i.id for i in read_ch_sims(table, split="dev").items] == ["video_0002/0001"]
    with pytest.raises(InputError, match="train, dev or test"):
        read_ch_sims(table, split="valid")


def test_a_table_without_modes_has_no_splits(table: Path) -> None:
    rows = [line.rpartition(",")[0] + "\n" for line in (HEADER + ROWS).splitlines()]
    (table / "label.csv").write_text("".join(rows), "utf-8")
    assert len(read_ch_sims(table).items) == 4
    for split in ("train", "dev", "test"):
        with pytest.raises(InputError, match="found no mode"):
            read_ch_sims(table, split=split)


def test_the_feature_files_of_mmsa_say_the_same(table: Path) -> None:
    content = {}
    for mode in ("train", "valid", "test"):
        cells = [row.split(",") for row in ROWS.splitlines() if row.endswith(f",{mode}")]
        content[mode] = {
            "id": [f"{c[0]}$_${c[1]}" for c in cells],
            "raw_text": [c[2] for c in cells],
            "audio": np.zeros((len(cells), 4, 3), np.float32),
            **{
                f"regression_labels{end}": np.array([float(c[k]) for c in cells], np.float32)
                for k, end in ((3, ""), (4, "_T"), (5, "_A"), (6, "_V"))
            },
        }
    path = table / "unaligned_39.pkl"
    path.write_bytes(pickle.dumps(content))
    made, told = read_ch_sims(path), read_ch_sims(table)
    assert [(i.id, i.subset, i.speaker, i.text) for i in made.items] == [
        (i.id, i.subset, i.speaker, i.text) for i in told.items
    ]
    del content["valid"]["regression_labels_A"]
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(InputError, match=r"valid: .*no regression_labels_A"):
        read_ch_sims(path)
    path.write_bytes(pickle.dumps({"train": {}}))
    with pytest.raises(InputError, match="dictionary of train, valid and test, found one of train"):
        read_ch_sims(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("v,1,x,good,0,0,0,,train", "a rating from -1 to 1, found 'good'"),
        ("v,1,x,3,0,0,0,,train", "found 3"),
        ("v,1,x,0,0,0,,,train", "found ''"),
        ("v,1,x,0,0,0,0,,holdout", "'holdout'"),
        ("v,1,x,0,0,0,0,,", "as mode, found ''"),
        ("v,1,x,0,0,0,0", "as mode, found ''"),
    ],
)
def test_what_is_no_rating_names_its_clip(tmp_path: Path, row: str, message: str) -> None:
    (tmp_path / "meta.csv").write_text(HEADER + row + "\n", "utf-8")
    with pytest.raises(InputError, match=f"clip v/1: .*{message}"):
        read_ch_sims(tmp_path)


def test_an_empty_folder_has_its_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"label\.csv or meta\.csv"):
        read_ch_sims(tmp_path)
