from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heartsay.corpora import mecad, reccon
from heartsay.corpora.cause_json import read_cause_json
from heartsay.errors import InputError

EVIDENCE = "expanded emotion cause evidence"


def turn(
    number: int, emotion: str = "neutral", evidence: list[Any] | None = None, **extra: Any
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "turn": number,
        "speaker": "A",
        "utterance": f"Turn {number} .",
        "emotion": emotion,
    }
    if evidence is not None:
        fields[EVIDENCE] = evidence
    return {**fields, **extra}


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_background_is_no_pair_and_repeats_count_once(tmp_path: Path) -> None:
    turns = [turn(1), turn(2, "happiness", [1, 2, 1, "b"]), turn(3, "angry", ["b"])]
    (conversation,) = reccon.read(write(tmp_path / "a.json", {"tr_1": [turns]}), "train")
    assert conversation.id == "tr_1"
    assert conversation.pairs == {(1, 0), (1, 1)}
    assert [u.emotion for u in conversation.utterances] == ["neutral", "joy", "anger"]
    assert [u.id for u in conversation.utterances] == ["1", "2", "3"]


def test_mecad_takes_its_utterance_names_and_labels(tmp_path: Path) -> None:
    turns = [
        turn(1, "Happy", [1], utterance_name="lantern_1_1"),
        turn(2, "Sad", [1], utterance_name="lantern_1_2"),
    ]
    (conversation,) = mecad.read(write(tmp_path / "a.json", {"lantern_1": [turns]}), "test")
    assert [u.id for u in conversation.utterances] == ["lantern_1_1", "lantern_1_2"]
    assert [u.emotion for u in conversation.utterances] == ["joy", "sadness"]
    assert conversation.pairs == {(0, 0), (1, 0)}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "expected an object"),
        ({"c": []}, "conversation c: expected a list that holds one list of turns"),
        ({"c": [[]]}, "conversation c: expected a list that holds one list of turns"),
        ({"c": [[turn(2)]]}, "turn 1: expected a turn numbered 1"),
        ({"c": [[turn(1, "bored")]]}, "expected an emotion .*'bored'"),
        ({"c": [[turn(1, "fear", [2])]]}, "expected causes from 1 to 1"),
        ({"c": [[turn(1, "fear", ["x"])]]}, "expected causes from 1 to 1"),
        ({"c": [[turn(1, "fear", 1)]]}, "expected causes from 1 to 1"),
        ({"c": [[turn(1, utterance=" ")]]}, "an utterance with text"),
        ({"c": [[{"turn": 1, "speaker": "A", "utterance": "So ."}]]}, "a field 'emotion'"),
    ],
)
def test_what_breaks_the_form_is_refused(tmp_path: Path, document: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_cause_json(write(tmp_path / "a.json", document), reccon.LABELS)


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"c": [', encoding="utf-8")
    with pytest.raises(InputError, match="expected JSON"):
        read_cause_json(path, reccon.LABELS)
