from __future__ import annotations

from pathlib import Path

import pytest

from heartsay.corpora.conflict.labels_table import read_labels_table
from heartsay.errors import InputError
from heartsay.labels import LabelSpace


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_labels_of_a_users_own_make_a_benchmark(tmp_path: Path) -> None:
    path = write(
        tmp_path / "mine.csv",
        "id,speaker,label,voice,face,text,remark\n"
        "a,Ada,joy,joy,neutral,joy,loud\n"
        "b,Ada,joy, ,joy,,\n"
        "c,Bo,neutral,neutral,neutral,joy,\n",
    )
    made = read_labels_table(path)
    assert made.name == "mine"
    assert made.labels == LabelSpace(("joy", "neutral"), 1)
    assert [i.subset for i in made.items] == ["voice_aligned", "undecided", "consistent"]
    assert [i.speaker for i in made.items] == ["Ada", "Ada", "Bo"]
    assert [i.text_agrees for i in made.items] == [True, None, False]


def test_nobody_named_speaks_for_one_clip_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,label,voice,face\na,joy,joy,joy\nb,sad,sad,sad\n")
    assert [i.speaker for i in read_labels_table(path).items] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,label,voice\na,joy,joy\n", "no face"),
        ("", "no id, label, voice, face"),
        ("id,label,voice,face\na,joy,joy,joy\na,joy,joy,joy\n", "a twice"),
    ],
)
def test_what_is_no_such_table_has_its_sentence(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_labels_table(write(tmp_path / "a.csv", text))


def test_a_label_outside_the_space_names_its_clip(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,label,voice,face\na,joy,glee,joy\n")
    with pytest.raises(InputError, match=r"clip a: .*'glee'"):
        read_labels_table(path, LabelSpace(("joy", "neutral")))


def test_bytes_that_are_no_text_and_an_absent_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,label,voice,face\n\xff\xfe\x00")
    with pytest.raises(InputError, match="CSV in UTF-8"):
        read_labels_table(tmp_path / "a.csv")
    with pytest.raises(InputError, match="No such file"):
        read_labels_table(tmp_path / "b.csv")
