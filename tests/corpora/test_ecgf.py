from __future__ import annotations

import json
from pathlib import Path

import pytest

from heartsay.corpora import ecgf
from heartsay.errors import InputError

GIVEN = (
    "question: Why does Mara feel anger in U2? \\ caption: Theo looks away. \\ context: "
    "U1. <extra_id_1> <extra_id_51> Theo: I sold it: all of it | U2. <extra_id_2> <extra_id_52> "
    "Mara: You what?"
)


def test_rows_of_json_are_windows_with_a_place(tmp_path: Path) -> None:
    path = tmp_path / "test.json"
    path.write_text(json.dumps([{"emo_utt_id": "dia14utt4", "input": GIVEN, "output": "Theo sold it."}]))
    (row,) = ecgf.read(path)
    assert (row.id, row.conversation, row.emotion, row.cause) == (
        "dia14utt4",
        "dia14",
        "anger",
        "Theo sold it.",
    )
    assert [(u.id, u.speaker, u.text) for u in row.window.utterances] == [
        ("U1", "Theo", "I sold it: all of it"),
        ("U2", "Mara", "You what?"),
    ]
    assert (row.place, row.caption) == (1, "Theo looks away.")


def test_lines_of_text_are_read_and_a_caption_may_lack(tmp_path: Path) -> None:
    path = tmp_path / "test.txt"
    given = "question: Why does All feel joy in U1? \\ context: U1. All: Hooray!"
    path.write_text(f"{given}\tThey won.\n\n", encoding="utf-8")
    (row,) = ecgf.read(path)
    assert (row.window.utterances[0].speaker, row.cause, row.caption) == ("All", "They won.", "")
    assert row.conversation is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('[{"input": "why?"}]', "output"),
        (json.dumps([{"input": "why?", "output": "x"}]), "question: Why does"),
        (json.dumps([{"input": GIVEN.replace("in U2", "in U7"), "output": "x"}]), "U7 among the utterances"),
        ("a line without a tab", "line 1"),
        ("[1", "JSON"),
    ],
)
def test_another_form_is_refused_with_its_row(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "broken"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        ecgf.read(path)
