from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heartsay import formats
from heartsay.errors import InputError

ROW = {
    "dia_id": "t_1",
    "dia_len": 3,
    "text": "1.小雨：船九点开。 2.老陈：九点？现在八点半了！ 3.小雨：糟了，赶不上了。",
    "pairs": "(2,1),(3,1),(3,2)",
}


def save(tmp_path: Path, *rows: Any) -> Path:
    path = tmp_path / "train.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path


def read(tmp_path: Path, **changes: Any) -> Any:
    return formats.read(save(tmp_path, {**ROW, **changes}))


def test_turns_speakers_and_pairs(tmp_path: Path) -> None:
    first, second = formats.read_all(save(tmp_path, ROW, {**ROW, "dia_id": 2, "pairs": ""}))
    assert [(u.id, u.speaker, u.text, u.emotion) for u in first.utterances] == [
        ("1", "小雨", "船九点开。", None),
        ("2", "老陈", "九点？现在八点半了！", None),
        ("3", "小雨", "糟了，赶不上了。", None),
    ]
    assert first.pairs == {(1, 0), (2, 0), (2, 1)}
    assert (second.id, second.pairs) == ("train/2", frozenset())


def test_full_width_signs_mean_the_same(tmp_path: Path) -> None:
    assert read(tmp_path, pairs="（2，1）， （3，3）").pairs == {(1, 0), (2, 2)}
    assert read(tmp_path, text=ROW["text"].replace("：", ": ")).utterances[1].speaker == "老陈"


def test_no_pairs_at_all_is_no_annotation(tmp_path: Path) -> None:
    row = {key: value for key, value in ROW.items() if key != "pairs"}
    assert formats.read(save(tmp_path, row)).pairs is None


def test_numbers_that_are_said_begin_no_turn(tmp_path: Path) -> None:
    talk = read(
        tmp_path, dia_len=2, text="1.小雨：买 2.5 斤，还有 2. 那个。 2.老陈：好，共 3.20 元。", pairs="(2,1)"
    )
    assert [u.text for u in talk.utterances] == ["买 2.5 斤，还有 2. 那个。", "好，共 3.20 元。"]


def test_a_pair_given_twice_counts_once(tmp_path: Path) -> None:
    talk = read(tmp_path, pairs="(2,1),(2,1)")
    assert talk.pairs == {(1, 0)}
    assert any("counted once" in w for w in talk.warnings)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pairs": "(4,1)"}, "a pair with '4'"),
        ({"pairs": "(2;1)"}, "expected pairs"),
        ({"pairs": [[2, 1]]}, "expected pairs"),
        ({"dia_len": 4}, "expected 4 turns.* found 3"),
        ({"dia_len": 2, "pairs": ""}, "expected 2 turns.* found more"),
        ({"dia_len": 0}, "expected 0 turns"),
        ({"dia_len": None}, "the number of turns"),
        ({"dia_len": True}, "the number of turns"),
        ({"text": ["1.小雨：船。"]}, "the turns, as a string"),
        ({"text": ""}, "expected 3 turns"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, **changes)


def test_a_row_without_its_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train\.json\[1\]: .*add 'dia_len'"):
        list(formats.read_all(save(tmp_path, ROW, {"dia_id": "x", "text": "1.小雨：船。"})))
    with pytest.raises(InputError, match="a second time"):
        list(formats.read_all(save(tmp_path, ROW, ROW)))
