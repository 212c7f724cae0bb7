"""JSON of corpora and chats: several conversations in one document, names and times."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.formats.samples import ANN, BEN, THREE, read_text, texts

from heartsay.formats import read_all
from heartsay.formats.timing import AS_STATED, settle

TALK = [{"speaker": s, "utterance": t} for s, t in (ANN, BEN)]
SEVERAL: dict[str, Any] = {
    "splits": {"train": [{"dialogue_id": "a", "turns": TALK}], "test": [{"dialogue_id": "b", "turns": TALK}]},
    "lists by name": {"tr_1": [TALK], "tr_2": [TALK]},
    "lists of lists": [[{**u, "annotation": "1"} for u in TALK], [{**u, "annotation": "1"} for u in TALK]],
    "a session each": [{"session_id": s, "speaker": n, "words": t} for s in "ab" for n, t in (ANN, BEN)],
    "chats of a person": {
        "chats": {
            "list": [
                {
                    "name": n,
                    "messages": [
                        {"id": i, "date": "2024-01-05T10:21:00", "from": s, "text": t}
                        for i, (s, t) in enumerate((ANN, BEN))
                    ],
                }
                for n in "ab"
            ]
        }
    },
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_several_conversations_in_one_document(kind: str) -> None:
    found = read_text(json.dumps(SEVERAL[kind]), "x.json")
    assert [texts(talk) for talk in found] == [[ANN, BEN], [ANN, BEN]]


def test_lines_with_names_in_a_list() -> None:
    (found,) = read_text(json.dumps({"dialogue": ["Ann: It broke.", "Ben: Again?", "Ann: Yes."]}), "x.json")
    assert texts(found) == THREE


def test_chats_name_people_and_leave_out_who_joined() -> None:
    slack = [
        {
            "type": "message",
            "user": "U1",
            "text": "It broke.",
            "ts": "1704450060.1",
            "user_profile": {"real_name": "Ann"},
        },
        {
            "type": "message",
            "user": "U2",
            "text": "Again?",
            "ts": "1704450120.1",
            "user_profile": {"real_name": "Ben"},
        },
    ]
    (found,) = read_text(json.dumps(slack), "x.json")
    assert texts(found) == [ANN, BEN]
    discord = [
        {
            "type": kind,
            "timestamp": f"2024-01-05T10:2{n}:00+00:00",
            "content": t,
            "author": {"name": "x", "nickname": s},
        }
        for n, (kind, s, t) in enumerate(
            (("Default", *ANN), ("Reply", *BEN), ("GuildMemberJoin", "Cleo", "Joined the server."))
        )
    ]
    (found,) = read_text(json.dumps({"messages": discord}), "x.json")
    assert texts(found) == [ANN, BEN]
    assert "1 entry about the chat itself left out (x.json)" in found.warnings


def test_seconds_of_our_own_documents_are_not_taken_for_milliseconds(tmp_path: Any) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"utterances": [{"speaker": "Ann", "text": "Oh", "start": 0.0, "end": 125.0}]}')
    (found,) = read_all(path)
    assert found.utterances[0].end == 125.0
    assert "times may not be seconds" in found.warnings[0]
    assert settle([0.0], [125.0], ["Oh"], AS_STATED)[1] == [1.25]
