from __future__ import annotations

from pathlib import Path

import pytest

from heartsay.corpora import ecf, load
from heartsay.errors import InputError


def test_pairs_are_zero_based_and_ids_name_the_split(small_root: Path) -> None:
    (conversation,) = load("ecf", "train", small_root)
    assert conversation.id == "ecf_train_1"
    assert [u.id for u in conversation.utterances] == ["1", "2", "3", "4", "5", "6"]
    assert conversation.pairs == {(1, 0), (2, 1), (3, 4), (2, 3)}
    assert conversation.utterances[1].emotion == "surprise"
    assert (conversation.utterances[0].start, conversation.utterances[0].end) == (10.0, 11.25)


def test_a_blank_pair_line_means_no_pairs_and_not_unknown(small_root: Path) -> None:
    (conversation,) = load("ecf", "test", small_root)
    assert conversation.pairs == frozenset()


BLOCK = "1 2\n(2,1)\n1 | Ana | joy | Look . | Friends_S1E1: 0:0:1.0 - 0:0:2.0\n2 | Ben | joy | Oh . | x\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        (BLOCK.replace("1 2", "1 3", 1), "expected 3 utterances of conversation '1', found 2"),
        (BLOCK.replace("1 2", "one two", 1), "line 1: expected a line"),
        (BLOCK.replace("(2,1)", "(3,1)"), "line 2: expected pairs.*'3'"),
        (BLOCK.replace("(2,1)", "(0,1)"), "line 2: expected pairs.*'0'"),
        (BLOCK.replace("(2,1)", "2-1"), "line 2: expected a line of pairs"),
        (BLOCK.replace("| joy | Oh", "| glee | Oh"), "line 4, emotion: expected an emotion.*'glee'"),
        (BLOCK.replace("| joy | Oh", "|  | Oh"), "utterance 2: expected an emotion.*found none"),
        (BLOCK.replace("2 | Ben", "5 | Ben"), "line 4"),
        (BLOCK.replace("| Ben ", ""), "line 4"),
        (BLOCK.replace("Look .", " "), "utterance 1: expected an utterance with text"),
    ],
)
def test_broken_blocks_are_refused_with_their_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "train.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        ecf.read(path, "train")


def test_an_unreadable_place_leaves_times_unknown(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_text(BLOCK, encoding="utf-8")
    (conversation,) = ecf.read(path, "train")
    assert (conversation.utterances[0].start, conversation.utterances[1].start) == (1.0, None)
