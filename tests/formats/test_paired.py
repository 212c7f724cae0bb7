from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.dummies.semeval_files import GOLD, save, submission

from heartsay.errors import InputError
from heartsay.formats.conversations import semeval
from heartsay.formats.paired import match


def test_matching_keeps_what_the_gold_has_and_says_what_it_ignores(tmp_path: Path) -> None:
    gold = semeval.read(save(tmp_path, GOLD))
    extra = [*submission(["3_joy", "1"], ["2_joy", "1"]), {"conversation_ID": 8, "emotion-cause_pairs": []}]
    matched = match(gold, semeval.read(save(tmp_path, extra), needed="pairs"))
    assert matched.gold == {(7, 2, "surprise", 1), (7, 3, "joy", 1)}
    assert matched.predicted == {(7, 3, "joy", 1), (7, 2, "joy", 1)}
    assert matched.warnings == ("1 conversation that is not in the gold ignored (8)",)


def test_a_missing_conversation_is_refused_by_name(tmp_path: Path) -> None:
    gold = semeval.read(save(tmp_path, GOLD))
    with pytest.raises(InputError, match="conversation_ID 9"):
        match(gold, semeval.read(save(tmp_path, submission()[:1]), needed="pairs"))


def test_ids_may_be_strings_here_and_numbers_there(tmp_path: Path) -> None:
    gold = semeval.read(save(tmp_path, GOLD))
    plain = match(gold, semeval.read(save(tmp_path, submission(["3_joy", "1"])), needed="pairs"))
    renamed = [{**c, "conversation_ID": str(c["conversation_ID"])} for c in submission(["U3_joy", "U1"])]
    assert match(gold, semeval.read(save(tmp_path, renamed), needed="pairs")) == plain


def test_a_pair_outside_the_gold_s_talk_is_wrong_and_said(tmp_path: Path) -> None:
    gold = semeval.read(save(tmp_path, GOLD))
    matched = match(gold, semeval.read(save(tmp_path, submission(["2_joy", "4"])), needed="pairs"))
    assert matched.predicted == {(7, 2, "joy", 4)}
    assert matched.warnings == (
        "1 pair of the submission points outside the conversation: wrong (first in conversation 7)",
    )


def test_a_submission_may_be_one_conversation_a_line(tmp_path: Path) -> None:
    path = tmp_path / "pred.jsonl"
    path.write_text("\n".join(map(json.dumps, submission(["3_joy", "1"]))), encoding="utf-8")
    listed = semeval.read(save(tmp_path, submission(["3_joy", "1"])), needed="pairs")
    assert semeval.read(path, needed="pairs") == listed
