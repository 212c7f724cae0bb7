"""JSON of speech services, recognisers, chats and corpora, in their structure and with words of our own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.formats.samples import read_text, texts

from heartsay.errors import InputError


def words(*rows: tuple[str, float, float, Any], key: str = "word", **more: Any) -> list[dict[str, Any]]:
    return [{key: w, "start": a, "end": b, "speaker": s, **more} for w, a, b, s in rows]


TWO = [("A", "It broke.", 0.5, 2.4), ("B", "Again?", 2.5, 4.1)]
DEEPGRAM = words(("it", 0.5, 1.0, "A"), ("broke", 1.1, 2.4, "A"), ("again", 2.5, 4.1, "B"))
for word, punctuated in zip(DEEPGRAM, ("It", "broke.", "Again?"), strict=True):
    word["punctuated_word"] = punctuated

DOCUMENTS: dict[str, Any] = {
    "deepgram": {"metadata": {}, "results": {"channels": [{"alternatives": [{"words": DEEPGRAM}]}]}},
    "assemblyai": {
        "audio_duration": 5,
        "text": "It broke. Again?",
        "words": [],
        "utterances": [
            {"speaker": s, "text": t, "start": round(1000 * a), "end": round(1000 * b)} for s, t, a, b in TWO
        ],
    },
    "azure": {
        "combinedRecognizedPhrases": [{"display": "It broke. Again?"}],
        "recognizedPhrases": [
            {"speaker": s, "offset": f"PT{a}S", "offsetInTicks": a * 1e7, "duration": f"PT{round(b - a, 3)}S"}
            | {"durationInTicks": round((b - a) * 1e7), "nBest": [{"display": t}]}
            for s, t, a, b in TWO
        ],
    },
    "azure fast": {
        "combinedPhrases": [{"text": "It broke. Again?"}],
        "phrases": [
            {
                "speaker": s,
                "text": t,
                "offsetMilliseconds": round(1000 * a),
                "durationMilliseconds": round(1000 * (b - a)),
            }
            for s, t, a, b in TWO
        ],
    },
    "rev": {
        "monologues": [
            {"speaker": s, "elements": [{"type": "text", "value": t, "ts": a, "end_ts": b}]}
            for s, t, a, b in TWO
        ]
    },
    "speechmatics": {
        "results": [
            {"type": "word", "start_time": a, "end_time": b, "alternatives": [{"content": t, "speaker": s}]}
            for s, t, a, b in TWO
        ]
    },
    "google": {
        "results": [
            {"alternatives": [{"transcript": "it broke"}]},
            {
                "alternatives": [
                    {
                        "words": [
                            {"word": t, "startTime": f"{a}s", "endTime": f"{b}s", "speakerTag": s}
                            for s, t, a, b in TWO
                        ]
                    }
                ]
            },
        ]
    },
    "amazon, older": {
        "results": {
            "transcripts": [],
            "speaker_labels": {
                "segments": [
                    {"items": [{"start_time": str(a), "end_time": str(b), "speaker_label": s}]}
                    for s, _, a, b in TWO
                ]
            },
            "items": [
                {
                    "start_time": str(a),
                    "end_time": str(b),
                    "type": "pronunciation",
                    "alternatives": [{"content": t}],
                }
                for s, t, a, b in TWO
            ],
        }
    },
    "elevenlabs": {
        "text": "It broke. Again?",
        "words": [{"text": t, "start": a, "end": b, "type": "word", "speaker_id": s} for s, t, a, b in TWO],
    },
    "whisper.cpp": {
        "transcription": [
            {"offsets": {"from": round(a * 1000), "to": round(b * 1000)}, "text": f" {t}", "speaker": s}
            | {"timestamps": {"from": f"00:00:0{a}", "to": f"00:00:0{b}"}}
            for s, t, a, b in TWO
        ]
    },
    "chunks": {
        "speakers": [{"speaker": s, "text": t, "timestamp": [a, b]} for s, t, a, b in TWO],
        "chunks": [],
    },
    "unknown": {
        "job": {"id": 3},
        "payload": {"blocks": [{"participant": s, "body": t, "t0": a, "t1": b} for s, t, a, b in TWO]},
    },
    "video indexer": {
        "videos": [
            {
                "insights": {
                    "transcript": [
                        {
                            "text": t,
                            "speakerId": s,
                            "instances": [{"start": f"0:00:0{a}", "end": f"0:00:0{b}"}],
                        }
                        for s, t, a, b in TWO
                    ]
                }
            }
        ]
    },
}


@pytest.mark.parametrize("service", DOCUMENTS)
def test_utterances_of_services(service: str) -> None:
    (found,) = read_text(json.dumps(DOCUMENTS[service]), "x.json")
    got = [(u.speaker, u.text, u.start, u.end) for u in found.utterances]
    assert got == TWO


def test_of_several_videos_the_first_is_read_and_the_others_are_told() -> None:
    document = {"videos": DOCUMENTS["video indexer"]["videos"] * 3}
    (found,) = read_text(json.dumps(document), "x.json")
    assert len(found) == len(TWO)
    assert "x.json: one of 3 videos was read; give each a file of its own" in found.warnings


def test_two_channels_without_names_are_two_speakers_in_order_of_time() -> None:
    one = words(("hello", 0.0, 0.5, None), ("bye", 3.0, 3.5, None))
    two = words(("hi", 1.5, 2.0, None))
    channels = [{"alternatives": [{"words": part}]} for part in (one, two)]
    (found,) = read_text(json.dumps({"metadata": {}, "results": {"channels": channels}}), "x.json")
    assert texts(found) == [("Channel 1", "hello"), ("Channel 2", "hi"), ("Channel 1", "bye")]


def test_a_service_without_talk_is_refused_by_its_name() -> None:
    for document, name in (
        ({"metadata": {}, "results": {"channels": []}}, "Deepgram"),
        ({"text": "It broke. Again?"}, "a text alone, without segments"),
        ({"jobName": "x", "results": {"transcripts": [], "items": []}}, "Amazon Transcribe"),
    ):
        with pytest.raises(InputError, match=name):
            read_text(json.dumps(document), "x.json")
    with pytest.raises(InputError, match="a Python value, with strings in single quotes"):
        read_text("{'segments': [{'text': 'Hi.'}]}", "x.json")


@pytest.mark.parametrize(
    "document",
    [
        {
            "dialogues": [{"dialogue_id": "a", "turns": [{"speaker": "A", "utterance": "Hi"}]}] * 1
            + [{"dialogue_id": "b", "turns": [{"speaker": "B", "utterance": "Ho"}]}]
        },
        {"a": [{"speaker": "A", "text": "Hi"}], "b": [{"speaker": "B", "text": "Ho"}]},
        [
            {"id": "a", "speakers": ["A"], "utterances": ["Hi"]},
            {"id": "b", "speakers": ["B"], "utterances": ["Ho"]},
        ],
        {
            "film": {
                "a": {"Dialog": {"u1": {"Text": "Hi", "Speaker": "A"}}},
                "b": {"Dialog": {"u2": {"Text": "Ho", "Speaker": "B"}}},
            }
        },
    ],
)
def test_several_conversations_wherever_they_are_nested(document: Any) -> None:
    found = read_text(json.dumps(document), "x.json")
    assert [(c.id, texts(c)) for c in found] == [("x/a", [("A", "Hi")]), ("x/b", [("B", "Ho")])]


def test_chats_of_programs() -> None:
    messenger = {
        "participants": [{"name": "Ann"}],
        "messages": [
            {"sender_name": "Zo\u00c3\u00ab", "timestamp_ms": 1704450069000, "content": "Second"},
            {"sender_name": "Ann", "timestamp_ms": 1704450066000, "photos": [{"uri": "x"}]},
            {"sender_name": "Ann", "timestamp_ms": 1704450065000, "content": "First"},
        ],
    }
    (found,) = read_text(json.dumps(messenger), "x.json")
    assert [(u.speaker, u.text, u.start) for u in found.utterances] == [
        *(("Ann", "First", 0.0), ("Zoë", "Second", 4.0))
    ]
    assert len(found.events) == 1
    slack = [{"type": "message", "user": "U1", "text": "Hi &amp; <@U2|ben>", "ts": "1704450065.1"}]
    (found,) = read_text(json.dumps(slack), "x.json")
    assert texts(found) == [("U1", "Hi & @ben")]
    discord = {
        "messages": [
            {"content": "Hi", "author": {"id": "9", "name": "ann"}, "timestamp": "2024-01-05T10:21:05"}
        ]
    }
    (found,) = read_text(json.dumps(discord), "x.json")
    assert texts(found) == [("ann", "Hi")]


def test_label_studio_tasks_with_peoples_labels() -> None:
    def task(position: int, *labels: str) -> dict[str, Any]:
        results = [{"result": [{"value": {"choices": [label]}, "type": "choices"}]} for label in labels]
        data = {
            "conversation": "c",
            "position": position,
            "utterance_id": f"u{position}",
            "text": "Hi",
            "speaker": "A",
        }
        data |= {"context": [{"speaker": "B", "text": "No."}]}
        return {"data": data, "annotations": results, "predictions": [{"result": []}]}

    (found,) = read_text(json.dumps([task(1, "anger", "anger", "joy"), task(0, "joy")]), "x.json")
    assert [(u.id, u.emotion) for u in found.utterances] == [("u0", "joy"), ("u1", "anger")]
    assert found.utterances[1].votes == {"anger": 2, "joy": 1}
    # A place in the conversation is no time.
    assert {u.start for u in found.utterances} == {None}
