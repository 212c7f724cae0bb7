from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.dummies.semeval_files import GOLD, TALK, save, submission

from heartsay import formats
from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError
from heartsay.formats import paired
from heartsay.formats.conversations import semeval
from heartsay.formats.paired import EmotionCause


def test_gold_is_talk_with_pairs(tmp_path: Path) -> None:
    first, second = semeval.read(save(tmp_path, GOLD))
    assert (first.id, second.id) == (7, 9)
    assert first.utterances == (1, 2, 3)
    assert first.pairs == {EmotionCause(2, "surprise", 1), EmotionCause(3, "joy", 1)}
    assert first.conversation is not None
    assert first.conversation.pairs == {(1, 0), (2, 0)}
    assert [(u.id, u.speaker, u.emotion) for u in first.conversation.utterances] == [
        ("1", "Ana", "neutral"),
        ("2", "Ben", "surprise"),
        ("3", "Ana", "joy"),
    ]
    assert second.pairs == frozenset()
    assert first.warnings == second.warnings == ()


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    gold = semeval.read(save(tmp_path, GOLD))
    paired.write(tmp_path / "again.json", gold)
    again = semeval.read(tmp_path / "again.json")
    assert [(c.id, c.utterances, c.pairs) for c in again] == [(c.id, c.utterances, c.pairs) for c in gold]
    assert [c.conversation.utterances for c in again if c.conversation] == [
        tuple(replace(u, emotion=None) for u in c.conversation.utterances) for c in gold if c.conversation
    ]
    written = json.loads((tmp_path / "again.json").read_text("utf-8"))
    assert written[0]["emotion-cause_pairs"] == GOLD[0]["emotion-cause_pairs"]
    assert list(written[0]["conversation"][0]) == ["utterance_ID", "text", "speaker"]


def test_a_system_s_pairs_become_a_submission(tmp_path: Path) -> None:
    talk = Conversation("12", tuple(Utterance(name, "Ana", "Oh.") for name in ("a", "b")))
    made = paired.from_conversation(talk, [(1, "fear", 0), (1, "fear", 0), (0, "anger", 1)])
    paired.write(tmp_path / "pred.json", [made])
    (back,) = semeval.read(tmp_path / "pred.json", needed="pairs")
    assert (back.id, back.conversation) == (12, None)
    assert back.pairs == {EmotionCause(2, "fear", 1), EmotionCause(1, "anger", 2)}
    assert paired.from_conversation(talk, [], id="x").id == "x"


def test_gold_pairs_take_the_category_of_their_utterance() -> None:
    talk = Conversation(
        "c",
        (Utterance("3", "Ana", "Oh.", emotion="sadness"), Utterance("5", "Ben", "Ah.")),
        frozenset({(0, 1)}),
    )
    assert paired.from_conversation(talk).pairs == {EmotionCause(3, "sadness", 5)}
    unlabelled = Conversation("c", tuple(replace(u, emotion=None) for u in talk.utterances), talk.pairs)
    assert paired.from_conversation(unlabelled).pairs == {EmotionCause(3, "", 5)}
    unknown = Conversation("c", talk.utterances, frozenset({(1, 1)}))
    with pytest.raises(InputError, match="found none"):
        paired.from_conversation(unknown)
    with pytest.raises(InputError, match="index 2"):
        paired.from_conversation(talk, [(2, "joy", 0)])


def test_pairs_given_twice_count_once_and_this_is_said(tmp_path: Path) -> None:
    first = semeval.read(
        save(tmp_path, submission(["3_joy", "1"], ["3_joy", "1"], ["3_anger", "1"])), needed="pairs"
    )[0]
    assert len(first.pairs) == 2
    assert [w.partition(" (")[0] for w in first.warnings] == ["1 repeated pair counted once"]


def test_a_neutral_emotion_is_kept_with_a_warning(tmp_path: Path) -> None:
    by_category = semeval.read(save(tmp_path, submission(["1_neutral", "1"])), needed="pairs")[0]
    by_utterance = semeval.read(save(tmp_path, submission(["1_joy", "1"], conversation=TALK)[:1]))[0]
    for found in (by_category, by_utterance):
        assert len(found.pairs) == 1
        assert [w.partition(" (")[0] for w in found.warnings] == ["1 pair of a neutral utterance kept"]


def test_another_emotion_than_the_utterance_s_own_is_said(tmp_path: Path) -> None:
    (found,) = semeval.read(save(tmp_path, submission(["3_anger", "1"], conversation=TALK)[:1]))
    assert [w.partition(" (")[0] for w in found.warnings] == [
        "1 pair with another emotion than the utterance's own kept"
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (submission(["3_happy", "1"]), "expected an emotion out of anger.*'happy'"),
        (submission(["3_Joy", "1"]), "'Joy'"),
        (submission(["joy", "1"]), "'3_joy'"),
        (submission(["3_joy"]), "a pair"),
        (submission([3, "1"]), "a pair"),
        (submission(["3_joy", "2_At last"]), "subtask 1"),
        (submission(["3_joy", "2_0_3"]), "subtask 1"),
        (submission(["3_joy", True]), "such as '2'"),
        (submission(**{"emotion-cause_pairs": None}), "a list of pairs, found null"),
        ([{"conversation_ID": 7}], "emotion-cause_pairs"),
        ([{"emotion-cause_pairs": []}], "conversation_ID"),
        (submission()[:1] * 2, "conversation 7 a second time"),
        (submission(conversation=TALK + TALK[:1]), "utterance_ID"),
        (submission(conversation=[{"text": "Oh."}]), "utterance_ID"),
        (submission(conversation_ID=1.5), "conversation_ID"),
        ([], "an empty list"),
        ({"conversation_ID": 7}, "a list of conversations"),
    ],
)
def test_what_the_task_refuses_is_refused(tmp_path: Path, document: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        semeval.read(save(tmp_path, document), needed="pairs")


@pytest.mark.parametrize("text", ["[{", "[1]", "[[", "7", "[" * 100_000])
def test_broken_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.json"):
        semeval.read(path, needed="pairs")


def test_gold_needs_its_talk(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'conversation'"):
        semeval.read(save(tmp_path, submission()))


def test_talk_without_pairs_is_read_and_says_so(tmp_path: Path) -> None:
    bare = [{key: value for key, value in c.items() if key != "emotion-cause_pairs"} for c in GOLD]
    first, _ = semeval.read(save(tmp_path, bare))
    assert (first.utterances, first.pairs) == ((1, 2, 3), frozenset())
    assert first.conversation is not None
    assert first.conversation.pairs is None


def test_gold_of_subtask_1_is_read_by_utterance(tmp_path: Path) -> None:
    spans = [["3_joy", "1_The boat leaves"], ["3_joy", "1_at nine ."], ["3_joy", "3_At_last !"]]
    (found,) = semeval.read(save(tmp_path, submission(*spans, conversation=TALK)[:1]))
    assert found.pairs == {EmotionCause(3, "joy", 1), EmotionCause(3, "joy", 3)}
    assert [w.partition(" (")[0] for w in found.warnings] == ["3 spans of causes read as the whole utterance"]


def test_a_file_of_the_task_is_conversations_like_any_other(tmp_path: Path) -> None:
    first, second = formats.read_all(save(tmp_path, GOLD, "Subtask_2_train.json"))
    assert (first.id, second.id) == ("Subtask_2_train/7", "Subtask_2_train/9")
    assert first.pairs == {(1, 0), (2, 0)}
    assert second.pairs == frozenset()
