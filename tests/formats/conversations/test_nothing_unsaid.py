"""What readers leave out is said, ids stay with their words, and damaged files are told as such."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from tests.formats.samples import read_text

from heartsay import formats
from heartsay.conversation import Conversation
from heartsay.errors import InputError


def read_json(document: Any) -> list[Conversation]:
    text = document if isinstance(document, str) else json.dumps(document)
    return list(read_text(text, "x.json"))


def said(speaker: str, text: str, **more: Any) -> dict[str, Any]:
    return {"speaker": speaker, "text": text, **more}


def test_entries_without_a_text_are_counted() -> None:
    turns = [said("A", "hi"), {"speaker": "B", "txet": "I lost it"}, said("A", "oh")]
    (found,) = read_json({"turns": turns})
    assert [u.text for u in found.utterances] == ["hi", "oh"]
    assert any("1 entry without a text left out (first: x.json, turns[1])" in w for w in found.warnings)


def test_entries_of_a_service_without_a_text_are_counted() -> None:
    turns = [{"speaker_name": "A", "text": "hi"}, {"speaker_name": "B", "txet": "so"}, "odd"]
    (found,) = read_json({"sentences": turns})
    assert any("2 entries without a text left out (first: x.json, sentences[1])" in w for w in found.warnings)


def test_a_conversation_without_words_among_others_is_counted() -> None:
    silent = [said("A", " ", id="a"), said("B", " ", id="b")]
    found = read_json({"x": {"turns": [said("A", "hi"), said("B", "ho")]}, "y": {"turns": silent}})
    assert len(found) == 1
    assert any("1 conversation without words left out" in w for w in found[0].warnings)


def test_a_second_talk_under_another_key_is_told() -> None:
    first, second = ([said("A", one), said("B", two)] for one, two in (("hi", "ho"), ("what now", "no")))
    (found,) = read_json({"first": {"turns": first}, "second": {"dialogue": second}})
    assert any("second.dialogue with 2 entries, is not read" in w for w in found.warnings)
    again = [said("A", "hi ho")]
    (found,) = read_json({"first": {"turns": first}, "second": {"paragraphs": again}})
    assert not any("is not read" in w for w in found.warnings)


def test_keys_stay_with_their_messages_in_whatever_order_these_are_read() -> None:
    def message(who: str, text: str, second: int, **more: Any) -> dict[str, Any]:
        return {"author": who, "text": text, "date": f"2024-01-01T10:00:0{second}", **more}

    messages = {"m3": message("A", "three", 3), "m2": message("B", "two", 2), "m1": message("A", "one", 1)}
    (found,) = read_json(messages)
    assert [(u.id, u.text) for u in found.utterances] == [("m1", "one"), ("m2", "two"), ("m3", "three")]
    joined = {"m0": message("A", "joined", 0, type="service"), "m1": message("B", "one", 1)}
    (found,) = read_json(joined)
    assert [(u.id, u.text) for u in found.utterances] == [("m1", "one")]


def choice(control: str, *labels: str, **place: Any) -> dict[str, Any]:
    return {"from_name": control, "type": "choices", "value": {"choices": list(labels), **place}}


def task(*annotations: dict[str, Any]) -> list[dict[str, Any]]:
    data = {"text": "hi", "utterance_id": "1", "speaker": "A"}
    return [{"data": data, "annotations": list(annotations)}]


@pytest.mark.parametrize("controls", [("emotion", "sarcasm"), ("sarcasm", "emotion"), ("what", "tone")])
def test_one_person_is_one_vote_whatever_else_they_chose(controls: tuple[str, str]) -> None:
    labels = {"emotion": "joy", "what": "joy", "sarcasm": "anger", "tone": "loud"}
    (found,) = read_json(task({"result": [choice(each, labels[each]) for each in controls]}))
    assert [(u.emotion, u.votes) for u in found.utterances] == [("joy", None)]
    assert any("choices of other controls" in w for w in found.warnings)


def test_one_label_a_person_in_a_dialogue_and_what_does_not_count_is_told() -> None:
    data = {"dialogue": [said("A", "hi"), said("B", "ho")], "notes": [said("C", "hm"), said("C", "well")]}
    first = {
        "result": [
            choice("emotion", "joy", "fear", start="0", end="1"),
            choice("emotion", "anger", start="1", end="1"),
            choice("sarcasm", "anger", start="0", end="0"),
        ]
    }
    gone = {"was_cancelled": True, "result": [choice("emotion", "fear", start="0", end="0")]}
    (found,) = read_json([{"data": data, "annotations": [first, gone]}])
    assert [(u.emotion, u.votes) for u in found.utterances] == [("joy", None), ("joy", None)]
    warnings = " ".join(found.warnings)
    assert "'sarcasm'" in warnings
    assert "1 choice is of several labels" in warnings
    assert "1 cancelled annotation" in warnings


def test_an_open_quotation_mark_among_tiers_swallows_nothing() -> None:
    table = 'start\tend\tAna\tBo\n1\t2\t"hello\t\n3\t4\t\thi\n5\t6\tyes\t\n'
    (found,) = read_text(table, "x.tsv")
    assert [(u.speaker, u.text) for u in found.utterances] == [
        ("Ana", '"hello'),
        ("Bo", "hi"),
        ("Ana", "yes"),
    ]
    with pytest.raises(InputError, match="never closed"):
        list(read_text(table.replace("\thi\n", "hi\n"), "x.tsv"))
    with pytest.raises(InputError, match=r"line 2: expected 4 cells as in the header, found 5"):
        list(read_text("start,end,Ana,Bo\n1,2,,well, you know\n", "x.csv"))


LONG = "a " * 70_000


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"start,end,Ana,Bo\n1,2,{LONG},\n", "x.csv"),
        (f"00:01\t00:02\tAna\t{LONG}\n00:03\t00:04\tBo\tyes\n", "x.tsv"),
        (f"speaker,text\nAna,{LONG}\n", "x.csv"),
    ],
)
def test_a_long_cell_is_read_by_every_kind_of_table(text: str, name: str) -> None:
    (found,) = read_text(text, name)
    assert found.utterances[0].text == LONG.strip()


TTML = '<tt xmlns:p="x" p:{}><body><p begin="36f" end="00:00:09:12" dur="150t">A: hi</p></body></tt>'
GRID = '"ooTextFile"\n"TextGrid"\n0\n1\n<exists>\n2\n"IntervalTier"\n"A"\n0\n1\n1\n{0}\n{0}\n"hi"\n' + (
    '"IntervalTier"\n"emotion"\n0\n1\n1\n{0}\n{0}\n"joy"\n'
)
WORDS = {"results": [{"alternatives": [{"timestamps": [["hi", 0.0, 0.5], ["ho", 0.6, 1.0]]}]}]}
ITEM = {"start_time": "0.0", "end_time": "0.5", "alternatives": [{"content": "hi"}]}
RESULTS = {"items": [ITEM], "transcripts": [], "speaker_labels": {"segments": [{"items": 5}]}}
PLACES = '[{"data": {"dialogue": [{"speaker": "A", "text": "hi"}, {"speaker": "B", "text": "ho"}]},'


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            {"users": [{"id": "U1"}], "messages": [said("A", "hi", user={"id": "U1"}), said("B", "o")]},
            "x.json",
        ),
        ({**WORDS, "speaker_labels": [{"from": [1], "speaker": 0}]}, "x.json"),
        ({**WORDS, "speaker_labels": 3}, "x.json"),
        ({"results": [{"alternatives": [{"timestamps": 5}]}]}, "x.json"),
        ({"videos": [{"insights": []}]}, "x.json"),
        ({"videos": [{"insights": 5}]}, "x.json"),
        ({"results": RESULTS}, "x.json"),
        (
            PLACES + '"annotations": [{"result": [{"value": {"start": 1e999, "choices": ["joy"]}}]}]}]',
            "x.json",
        ),
        (PLACES + '"annotations": 5}]', "x.json"),
        (f'[{{"data": {{"text": "hi", "utterance_id": "1", "position": {"9" * 400}}}}}]', "x.json"),
        ([{"dia_id": 1, "dia_len": "9" * 5000, "text": "1.A：hi"}], "x.json"),
        (GRID.format("1e999"), "x.TextGrid"),
        (TTML.format('frameRate="25fps"'), "x.ttml"),
        (TTML.format('frameRate="0"').replace("36f", "150t"), "x.ttml"),
        (TTML.format('tickRate="0.0"').replace("36f", "150t"), "x.ttml"),
    ],
)
def test_a_damaged_file_is_not_blamed_on_its_reader(text: Any, name: str) -> None:
    answer = ""
    try:
        list(read_text(text if isinstance(text, str) else json.dumps(text), name))
    except InputError as error:
        answer = str(error)
    assert "correct the reader" not in answer
    assert "Error: " not in answer


@pytest.mark.parametrize(
    ("text", "form"),
    [("Ana: well\nBo: yes\nAna: so\nBo: hm\n", "text"), ("0:00:01.000,0:00:03.000\n", "sbv")],
)
def test_lines_that_go_on_take_time_in_proportion(text: str, form: str) -> None:
    def seconds(lines: int) -> float:
        begun = time.process_time()
        found = formats.read(io.StringIO(text + "and so on it goes, more and more of it\n" * lines), form)
        assert (found.utterances[-1].text or "").count("and so on") == lines
        return time.process_time() - begun

    seconds(1_000)
    assert seconds(16_000) < 14 * seconds(2_000) + 0.2
