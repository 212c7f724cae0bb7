"""Labels as files write them."""

from __future__ import annotations

import json

import pytest
from tests.formats.samples import read_text

from heartsay.errors import InputError
from heartsay.formats.conversations.json_document import write
from heartsay.formats.emotions import LabelNames, own_names, parse_emotion
from heartsay.formats.interpretation import as_brought
from heartsay.formats.reading import read_many
from heartsay.labels import EMOTIONS


def nowhere() -> str:
    return "x"


def test_emotions_go_by_their_names_and_usual_other_names() -> None:
    assert [parse_emotion(name.upper(), nowhere) for name in EMOTIONS] == list(EMOTIONS)
    others = ["happy", "Angry", " sad ", "surprised", "scared", "fearful", "disgusted", "happiness", "HAP"]
    expected = ["joy", "anger", "sadness", "surprise", "fear", "fear", "disgust", "joy", "joy"]
    assert [parse_emotion(name, nowhere) for name in others] == expected
    assert [parse_emotion(name, nowhere) for name in ("", " ", "nan")] == [None] * 3


def test_labels_in_anybodys_words_are_counted() -> None:
    names = LabelNames(own={"livid": "anger", "calm": None})
    labels = ["Joyful", "Mad", "no emotion", "excited", "Livid", "calm", "Peaceful", "peaceful", "", "joy"]
    found = [names(label, nowhere) for label in labels]
    assert found == ["joy", "anger", "neutral", "joy", "anger", None, None, None, None, "joy"]
    assert names.unknown == {"peaceful": 2}
    assert names.read["livid", "anger"] == 1


def test_own_names_come_before_the_usual_ones() -> None:
    own = own_names([("Excited ", "surprise"), ("tired", "")], EMOTIONS.names, "--label")
    assert own == {"excited": "surprise", "tired": None}
    assert LabelNames(own=own)("excited", nowhere) == "surprise"


@pytest.mark.parametrize("pairs", [[("livid", "rage")], [("livid", "anger"), ("Livid", "disgust")]])
def test_own_names_that_cannot_be_are_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(InputError, match=r"(?i)livid"):
        own_names(pairs, EMOTIONS.names, "--label")


def test_labels_of_another_project_are_read_where_they_are_asked_for(tmp_path) -> None:
    path = tmp_path / "talk.csv"
    path.write_text("speaker,text,emotion\nA,Oh well.,Peaceful\nB,No!,Mad\n")
    (warned,) = read_many([path])
    assert [u.emotion for u in warned.utterances] == [None, "anger"]
    assert "left out: Peaceful (1)" in " ".join(warned.warnings)
    names = LabelNames()
    (found,) = read_many([path], how=as_brought(emotion=names))
    assert [u.emotion for u in found.utterances] == [None, "anger"]
    assert names.unknown == {"peaceful": 1}


def test_a_table_holds_the_labels_of_several_annotators() -> None:
    text = "text,emotion_1,emotion_2,emotion_3\nWell.,joy,joy,anger\nNo.,joy,anger,\nHm.,,,\n"
    (found,) = read_text(text, "x.csv")
    first, second, third = found.utterances
    assert (first.emotion, first.votes) == ("joy", {"joy": 2, "anger": 1})
    assert (second.emotion, second.votes) == (None, {"joy": 1, "anger": 1})
    assert (third.emotion, third.votes) == (None, None)


def test_one_column_is_no_vote() -> None:
    (found,) = read_text("text,emotion,annotator_1\nWell.,joy,Anna\n", "x.csv")
    assert (found.utterances[0].emotion, found.utterances[0].votes) == ("joy", None)


@pytest.mark.parametrize("votes", [["joy", "happy", "anger"], {"joy": 2, "anger": 1, "fear": 0}])
def test_json_holds_votes_and_writes_them(votes) -> None:
    text = json.dumps({"id": "x", "utterances": [{"text": "Well.", "votes": votes}]})
    (found,) = read_text(text, "x.json")
    assert (found.utterances[0].emotion, found.utterances[0].votes) == ("joy", {"joy": 2, "anger": 1})
    (again,) = read_text(write(found), "x.json")
    assert again.utterances == found.utterances


@pytest.mark.parametrize("votes", ["joy", {"joy": "two"}, {"joy": -1}, {"joy": True}, [1, 2]])
def test_votes_that_are_none_are_refused(votes) -> None:
    text = json.dumps([{"text": "Well.", "votes": votes}])
    with pytest.raises(InputError, match="votes"):
        read_text(text, "x.json")
