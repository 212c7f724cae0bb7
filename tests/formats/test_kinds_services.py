"""JSON of speech services and recognisers, in the structure of what writes it, with our words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.formats.samples import ANN, BEN, TIMES, read_text, texts


def _vosk(text: str, start: float, end: float) -> dict[str, Any]:
    parts = text.split()
    step = (end - start) / len(parts)
    words = [
        {"word": w, "start": start + n * step, "end": start + (n + 1) * step} for n, w in enumerate(parts)
    ]
    return {"result": words, "text": text}


JSON: dict[str, Any] = {
    "Amazon Transcribe, channels": {
        "results": {
            "transcripts": [],
            "items": [],
            "channel_labels": {
                "channels": [
                    {"channel_label": c, "items": [{"start_time": str(a), "end_time": str(b), "content": t}]}
                    for c, t, a, b in (("Ann", "It broke.", 0.5, 2.4), ("Ben", "Again?", 2.6, 3.1))
                ]
            },
        }
    },
    "Google, a batch": {
        "results": {
            "gs://a/b.wav": {
                "transcript": {
                    "results": [
                        {
                            "alternatives": [
                                {
                                    "words": [
                                        {
                                            "startOffset": "0.5s",
                                            "endOffset": "1s",
                                            "word": "It",
                                            "speakerLabel": "Ann",
                                        },
                                        {
                                            "startOffset": "1s",
                                            "endOffset": "2.4s",
                                            "word": "broke.",
                                            "speakerLabel": "Ann",
                                        },
                                        {
                                            "startOffset": "2.6s",
                                            "endOffset": "3.1s",
                                            "word": "Again?",
                                            "speakerLabel": "Ben",
                                        },
                                    ]
                                }
                            ]
                        }
                    ]
                }
            }
        }
    },
    "Video Indexer": {
        "videos": [
            {
                "insights": {
                    "speakers": [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Ben"}],
                    "transcript": [
                        {
                            "text": t,
                            "speakerId": n,
                            "instances": [{"start": f"0:00:0{a}", "end": f"0:00:0{b}"}],
                        }
                        for n, (t, (a, b)) in enumerate(zip(("It broke.", "Again?"), TIMES, strict=True), 1)
                    ],
                }
            }
        ]
    },
    "Rev, named": {
        "speakers": [{"id": 0, "name": "Ann"}, {"id": 1, "name": "Ben"}],
        "monologues": [
            {"speaker": n, "elements": [{"type": "text", "value": t, "ts": a, "end_ts": b}]}
            for n, (t, (a, b)) in enumerate(zip(("It broke.", "Again?"), TIMES, strict=True))
        ],
    },
    "Gladia, older": {
        "prediction": [
            {"transcription": t, "time_begin": a, "time_end": b, "speaker": s}
            for (s, t), (a, b) in zip((ANN, BEN), TIMES, strict=True)
        ]
    },
    "Soniox": {
        "text": "It broke. Again?",
        "tokens": [
            {"text": "It", "start_ms": 500, "end_ms": 700, "speaker": "Ann"},
            {"text": " bro", "start_ms": 700, "end_ms": 900, "speaker": "Ann"},
            {"text": "ke.", "start_ms": 900, "end_ms": 2400, "speaker": "Ann"},
            {"text": " Again", "start_ms": 2600, "end_ms": 3000, "speaker": "Ben"},
            {"text": "?", "start_ms": 3000, "end_ms": 3100, "speaker": "Ben"},
        ],
    },
    "ElevenLabs, channels": {
        "transcripts": [
            {"words": [{"text": t, "start": a, "end": b, "type": "word", "speaker_id": s}]}
            for (s, t), (a, b) in zip((ANN, BEN), TIMES, strict=True)
        ]
    },
    "Watson": {
        "results": [
            {"alternatives": [{"timestamps": [["It", 0.5, 1.0], ["broke.", 1.0, 2.4]]}]},
            {"alternatives": [{"timestamps": [["Again?", 2.6, 3.1]]}]},
        ],
        "speaker_labels": [
            {"from": 0.5, "to": 1.0, "speaker": "Ann"},
            {"from": 1.0, "to": 2.4, "speaker": "Ann"},
            {"from": 2.6, "to": 3.1, "speaker": "Ben"},
        ],
    },
    "Otter": {
        "speech": {
            "speakers": [{"id": 1, "speaker_name": "Ann"}, {"id": 2, "speaker_name": "Ben"}],
            "transcripts": [
                {
                    "transcript": t,
                    "start_offset": int(16_000 * a),
                    "end_offset": int(16_000 * b),
                    "speaker_id": n,
                }
                for n, (t, (a, b)) in enumerate(zip(("It broke.", "Again?"), TIMES, strict=True), 1)
            ],
        }
    },
    "Trint": {
        "transcript": {
            "speakers": [{"id": "a", "name": "Ann"}, {"id": "b", "name": "Ben"}],
            "paragraphs": [
                {"speaker": "a", "words": [{"time": 500, "duration": 1900, "value": "It broke."}]},
                {"speaker": "b", "words": [{"time": 2600, "duration": 500, "value": "Again?"}]},
            ],
        }
    },
    "Hyperaudio": {
        "words": [
            {"start": 0.5, "end": 1.0, "text": "It"},
            {"start": 1.0, "end": 2.4, "text": "broke."},
            {"start": 2.6, "end": 3.1, "text": "Again?"},
        ],
        "paragraphs": [
            {"start": 0.5, "end": 2.4, "speaker": "Ann"},
            {"start": 2.6, "end": 3.1, "speaker": "Ben"},
        ],
    },
    "turns of sentences": {
        "callTranscripts": [
            {
                "callId": "c",
                "transcript": [
                    {
                        "speakerId": s,
                        "sentences": [{"start_ms": int(1000 * a), "end_ms": int(1000 * b), "text": t}],
                    }
                    for (s, t), (a, b) in zip((ANN, BEN), TIMES, strict=True)
                ],
            }
        ]
    },
    "turns of words": [
        {
            "participant": {"id": 1, "name": s},
            "words": [
                {"text": w, "start_timestamp": {"relative": a}, "end_timestamp": {"relative": b}}
                for w in t.split()
            ],
        }
        for (s, t), (a, b) in zip((ANN, BEN), TIMES, strict=True)
    ],
    "lists of users": {
        "timeline": [
            {"ts": f"00:00:0{a}", "end_ts": f"00:00:0{b}", "text": t, "users": [{"username": s}]}
            for (s, t), (a, b) in zip((ANN, BEN), TIMES, strict=True)
        ]
    },
    "display names": {
        "entries": [
            {
                "speakerId": "u",
                "speakerDisplayName": s,
                "startOffset": f"0:0:{a}",
                "endOffset": f"0:0:{b}",
                "text": t,
            }
            for (s, t), (a, b) in zip((ANN, BEN), TIMES, strict=True)
        ]
    },
}


@pytest.mark.parametrize("kind", JSON)
def test_json_of_services(kind: str) -> None:
    (found,) = read_text(json.dumps(JSON[kind]), "x.json")
    said = texts(found)
    assert [text for _, text in said] == ["It broke.", "Again?"]
    assert [(u.start, u.end) for u in found.utterances] == TIMES
    assert [name for name, _ in said] in (["Ann", "Ben"], ["Channel 1", "Channel 2"])


def test_changes_of_speaker_that_whisper_cpp_marks() -> None:
    segments = [
        {
            "offsets": {"from": 500, "to": 2400},
            "timestamps": None,
            "text": " It broke.",
            "speaker_turn_next": True,
        },
        {
            "offsets": {"from": 2600, "to": 3100},
            "timestamps": None,
            "text": " Again?",
            "speaker_turn_next": False,
        },
    ]
    (found,) = read_text(json.dumps({"transcription": segments}), "x.json")
    assert texts(found) == [("Speaker 1", "It broke."), ("Speaker 2", "Again?")]


def test_results_of_vosk_one_by_one() -> None:
    (found,) = read_text(json.dumps([_vosk("it broke", 0.5, 2.4), _vosk("again", 2.6, 3.1)]), "x.json")
    assert [u.text for u in found.utterances] == ["it broke", "again"]


def test_entries_of_a_word_each_are_put_together() -> None:
    words = [
        ("It", 0.5, 0.7),
        ("broke", 0.7, 1.1),
        ("last", 1.1, 1.5),
        ("night.", 1.5, 2.4),
        ("Again?", 2.6, 3.1),
    ]
    chunks = [{"text": f" {w}", "timestamp": [a, b]} for w, a, b in words]
    (found,) = read_text(json.dumps({"text": "", "chunks": chunks}), "x.json")
    assert [u.text for u in found.utterances] == ["It broke last night.", "Again?"]
    assert "entries hold a word each: 5 of them are put together to 2 (x.json)" in found.warnings
