from __future__ import annotations

from pathlib import Path

import pytest
from tests.dummies.ecem import LONG, row, write

from heartsay.corpora import ecem
from heartsay.errors import InputError


def test_rows_are_joined_cleaned_and_split(tmp_path: Path) -> None:
    write(
        tmp_path,
        [
            row("0_0", "You sold it?", '"The reason she\xe2\x80\x99s angry is that he sold the van."'),
            row("0_0", "My van!", "The reason she was angr"),  # the clip is counted otherwise: found by words
            row("0_1", "My van!", "-1"),
            row("0_1", "My van!", "She is calm.", "neutral"),
            row("0_1", "My van!", "She is glad.", "joy"),
            row("0_7", "Nobody says this.", "He left."),
            row("1_0", LONG, "He left."),  # the same talk is in MELD's test part
            row("t_0_0", "How dare you!", "He left."),
        ],
    )
    found = ecem.split(tmp_path)
    kept = (*found.train, *found.dev)
    assert [r.utterance for r in kept] == ["train_dia0_utt0", "train_dia0_utt1"]
    assert kept[0].explanation == "The reason she’s angry is that he sold the van."
    assert [r.whole for r in kept] == [True, False]
    assert [r.utterance for r in found.test] == ["test_dia0_utt0"]
    assert found.repaired == 1
    assert found.dropped == {
        "no explanation": 1,
        "neutral": 1,
        "another emotion in MELD": 1,
        "no such statement in MELD": 1,
        "talk of MELD's test part": 1,
    }
    assert found.talk["train_dia0"].utterances[1].text == "My van!"


def test_no_dialogue_is_in_two_parts() -> None:
    def part(dialogue: int) -> set[str]:
        rows = [
            ecem.Explained("c", f"train_dia{dialogue}_utt{k}", "joy", "Yes.", "Yes.", True) for k in range(9)
        ]
        return {ecem.part_of(r) for r in rows}

    parts = [part(dialogue) for dialogue in range(1000)]
    assert all(len(names) == 1 for names in parts)
    assert 60 < sum(names == {"dev"} for names in parts) < 140


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"no": "list"}, "list of rows"),
        ([{"video": "0_0.mp4"}], "row 1"),
        ([row("clip", "You sold it?", "He left.")], "480_5.mp4"),
        ([row("0_0", "You sold it?", "He left.", "rage")], "EMOTION"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, rows: object, says: str) -> None:
    write(tmp_path, rows)
    with pytest.raises(InputError, match=says):
        ecem.split(tmp_path)


def test_an_absent_file_says_where_it_is_to_be_had(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"github\.com/3222345200"):
        ecem.split(tmp_path)
