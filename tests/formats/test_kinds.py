"""Kinds of files that people bring: each in the structure of the program that writes it, with our words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.formats.samples import read_bytes, read_text, texts

from heartsay.errors import InputError
from heartsay.formats import read_all
from heartsay.formats.timing import AS_STATED, settle

ANN, BEN = ("Ann", "It broke."), ("Ben", "Again?")
THREE = [ANN, BEN, ("Ann", "Yes.")]
PLAIN = {
    "name, then time": "Ann (0:03): It broke.\nBen (0:06): Again?\nAnn (0:08): Yes.\n",
    "name, time, colon": "Ann 0:03: It broke.\nBen 0:06: Again?\nAnn 0:08: Yes.\n",
    "name, then span": "Ann [0.5s - 2.4s]: It broke.\nBen [2.6s - 3.1s]: Again?\nAnn [3.2s - 4.1s]: Yes.\n",
    "tabs": "Ann\tIt broke.\nBen\tAgain?\nAnn\tYes.\n",
    "times and tabs": "00:00:03\tAnn\tIt broke.\n00:00:06\tBen\tAgain?\n00:00:08\tAnn\tYes.\n",
    "dashes": "Ann - It broke.\nBen - Again?\nAnn - Yes.\n",
    "numbered turns": "1. Ann: It broke.\n2. Ben: Again?\n3. Ann: Yes.\n",
    "numbered lines": "01   Ann:   It broke.\n02   Ben:   Again?\n03   Ann:   Yes.\n",
    "headings": "### Ann:\nIt broke.\n\n### Ben:\nAgain?\n\n### Ann:\nYes.\n",
    "one line": "Ann: It broke. Ben: Again? Ann: Yes.\n",
    "a meeting": "Call on the flat\nJanuary 5, 2024, 10:00AM\n12m 3s\n\nAnn   0:03\nIt broke.\n\nBen   0:09\n"
    "Again?\n\nAnn   0:12\nYes.\n\nMeeting ended after 00:12:03\n",
    "right to left": "\u202bAnn:\u202c It broke.\n\u202bBen:\u202c Again?\n\u202bAnn:\u202c Yes.\n",
    "copied, time behind": "Ann  10:21 AM\nIt broke.\n\nBen  10:22 AM\nAgain?\n\nAnn  10:23 AM\nYes.\n",
    "copied, day behind": "Ann — Today at 10:21 AM\nIt broke.\nBen — Today at 10:22 AM\nAgain?\n"
    "Ann — Today at 10:23 AM\nYes.\n",
    "copied, day before": "[1/5/2024 10:21 AM] Ann\nIt broke.\n\n[1/5/2024 10:22 AM] Ben\nAgain?\n\n"
    "[1/5/2024 10:23 AM] Ann\nYes.\n",
    "date above": "Jan 05, 2024 10:21:05 AM\nAnn\nIt broke.\n\nJan 05, 2024 10:22:05 AM\nBen\nAgain?\n\n"
    "Jan 05, 2024 10:23:05 AM\nAnn\nYes.\n",
    "rules": "====\nGuild: g\n====\n\n"
    "[05-Jan-24 10:21 AM] Ann\nIt broke.\n\n[05-Jan-24 10:22 AM] Ben\nAgain?\n\n"
    "[05-Jan-24 10:23 AM] Ann\nYes.\n\n====\nExported 3 message(s)\n====\n",
}


@pytest.mark.parametrize("kind", PLAIN)
def test_plain_text(kind: str) -> None:
    (found,) = read_text(PLAIN[kind], "x.txt")
    assert texts(found) == THREE


def test_times_after_names_and_those_of_a_clock() -> None:
    (found,) = read_text(PLAIN["name, then span"], "x.txt")
    assert [(u.start, u.end) for u in found.utterances] == [(0.5, 2.4), (2.6, 3.1), (3.2, 4.1)]
    (found,) = read_text(PLAIN["copied, day before"], "x.txt")
    assert [u.start for u in found.utterances] == [0.0, 60.0, 120.0]
    two = "[00:03] Ann: It broke.\n[2024-01-05 10:21:05] Ben: Again?\n[00:08] Ann: Yes.\n"
    (found,) = read_text(two, "x.txt")
    assert [u.start for u in found.utterances] == [3.0, None, 8.0]
    assert "times of two kinds" in found.warnings[-1]


def test_questions_and_answers_by_letter() -> None:
    (found,) = read_text("Q. What broke?\nA. It did.\nQ. Again?\nA. Yes.\n", "x.txt")
    assert [u.speaker for u in found.utterances] == ["Q", "A", "Q", "A"]


def test_dashes_within_talk_name_nobody() -> None:
    (found,) = read_text("Ann: Well - it broke.\nBen: Again - so soon?\nAnn: Yes - again.\n", "x.txt")
    assert texts(found) == [("Ann", "Well - it broke."), ("Ben", "Again - so soon?"), ("Ann", "Yes - again.")]


CHATS = {
    "French": "05/01/2024 à 10:21 - Ann: It broke.\n05/01/2024 à 10:22 - Ben: Again?\n"
    "05/01/2024 à 10:23 - Ben: <Médias omis>\n",
    "Portuguese": "05/01/2024 10:21 - Ann: It broke.\n05/01/2024 10:22 - Ben: Again?\n"
    "05/01/2024 10:23 - Ben: <Mídia oculta>\n",
    "German phone": "[05.01.24, 10:21:05] Ann: It broke.\n[05.01.24, 10:22:05] Ben: Again?\n"
    "[05.01.24, 10:22:06] Ben: \u200eBild weggelassen\n",
    "Chinese": "2024/1/5 上午10:21 - Ann: It broke.\n2024/1/5 上午10:22 - Ben: Again?\n",
    "Korean": "2024. 1. 5. 오전 10:21, Ann : It broke.\n2024. 1. 5. 오전 10:22, Ben : Again?\n",
    "Arabic": "\u200f5/1/2024، 10:21 ص - Ann: It broke.\n\u200f5/1/2024، 10:22 ص - Ben: Again?\n",
    "edited": "05/01/2024, 10:21 - Ann: It broke. <This message was edited>\n"
    "05/01/2024, 10:22 - Ben: Again?\n05/01/2024, 10:23 - Ben: null\n",
    "LINE": "[LINE] Chat history with Ben\nSaved on: 2024/01/06 10:00\n\n"
    "2024/01/05(Fri)\n10:21\tAnn\tIt broke.\n"
    "10:22\tBen\tAgain?\n10:23\tBen\t[Sticker]\n",
    "LINE, twelve hours": "[LINE] Ben\n\nFri, 1/5/2024\n10:21 AM\tAnn\tIt broke.\n10:22 AM\tBen\tAgain?\n",
    "KakaoTalk": "Ben 님과 카카오톡 대화\n저장한 날짜 : 2024-01-06 10:00:00\n\n"
    "--------------- 2024년 1월 5일 금요일 ---------------\n"
    "[Ann] [오전 10:21] It broke.\n[Ben] [오전 10:22] Again?\n",
    "Zoom": "10:21:05\t From  Ann : It broke.\n10:22:05\t From  Ben : Again?\n",
    "IRC": "[10:21] <Ann> It broke.\n[10:22] <Ben> Again?\n[10:22] * Ben sighs\n",
}


@pytest.mark.parametrize("kind", CHATS)
def test_chats(kind: str) -> None:
    (found,) = read_text(CHATS[kind], "x.txt")
    assert texts(found) == [ANN, BEN]
    assert [u.start for u in found.utterances] == [0.0, 60.0]


def test_twelve_hours_go_on_after_noon_and_midnight() -> None:
    (found,) = read_text("2024/1/5 上午10:21 - Ann: It broke.\n2024/1/5 下午1:22 - Ben: Again?\n", "x.txt")
    assert [u.start for u in found.utterances] == [0.0, 10_860.0]
    (found,) = read_text("23:59:00\t From  Ann : It broke.\n00:01:00\t From  Ben : Again?\n", "x.txt")
    assert [u.start for u in found.utterances] == [0.0, 120.0]


TIMES = [(0.5, 2.4), (2.6, 3.1)]


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


def test_tables_of_tiers_of_two_columns_for_a_time_and_of_whole_calls() -> None:
    tiers = (
        "Begin Time - hh:mm:ss.ms\tEnd Time - hh:mm:ss.ms\tAnn\tBen\n"
        "00:00:00.500\t00:00:02.400\tIt broke.\t\n"
    )
    (found,) = read_text(f"{tiers}00:00:02.600\t00:00:03.100\t\tAgain?\n", "x.txt")
    assert texts(found) == [ANN, BEN]
    assert [(u.start, u.end) for u in found.utterances] == TIMES
    headless = (
        "Ann\t\t00:00:00.500\t0.5\t00:00:02.400\t2.4\tIt broke.\n"
        "Ben\t\t00:00:02.600\t2.6\t00:00:03.100\t3.1\tAgain?\n"
    )
    (found,) = read_text(headless, "x.txt")
    assert texts(found) == [ANN, BEN]
    dates = "Date,Time,Sender,Message\n05/01/2024,10:21:05,Ann,It broke.\n05/01/2024,10:22:05,Ben,Again?\n"
    (found,) = read_text(dates, "x.csv")
    assert [u.start for u in found.utterances] == [0.0, 60.0]
    calls = (
        'call_id,agent,transcript\n1,Cleo,"Ann: It broke.\n'
        'Ben: Again?"\n2,Dan,"Ann: It broke.\nBen: Again?"\n'
    )
    assert [texts(talk) for talk in read_text(calls, "x.csv")] == [[ANN, BEN], [ANN, BEN]]
    with pytest.raises(InputError, match="a column for the text"):
        read_text("call,agent,customer\n1,It broke.,Again?\n", "x.csv")


def test_captions_of_webex_of_doubled_line_ends_and_of_actors() -> None:
    webex = (
        'WEBVTT\n\n1 "Ann" (24)\n00:00:00.500 --> 00:00:02.400\n'
        'It broke.\n\n2 "Ben" (68)\n00:00:02.600 --> 00:00:03.100\nAgain?\n'
    )
    (found,) = read_text(webex, "x.vtt")
    assert texts(found) == [ANN, BEN]
    doubled = (
        "1\r\r\n00:00:01,000 --> 00:00:02,000\r\r\n"
        "Ann: It broke.\r\r\n\r\r\n2\r\r\n00:00:02:500 --> 00:00:03:000\r\r\nBen: Again?\r\r\n"
    )
    (found,) = read_bytes(doubled.encode(), "x.srt")
    assert texts(found) == [ANN, BEN]
    assert found.utterances[1].start == 2.5
    acted = (
        "1\n00:00:01,000 --> 00:00:02,000\nANN: It broke.\n\n2\n"
        "00:00:03,000 --> 00:00:04,000\nBEN (SOBBING): Again?\n"
    )
    (found,) = read_text(acted, "x.srt")
    assert texts(found) == [("ANN", "It broke."), ("BEN", "Again?")]
    assert [event.text for event in found.events] == ["(SOBBING)"]


def test_timed_text_in_xml() -> None:
    ttml = """<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml" xmlns:m="http://www.w3.org/ns/ttml#metadata"
    xmlns:p="http://www.w3.org/ns/ttml#parameter" p:frameRate="25"><head><metadata>
    <m:agent xml:id="a"><m:name>Ann</m:name></m:agent></metadata></head><body><div>
    <p begin="00:00:00:12" end="00:00:02:10" m:agent="a">It<br/>broke.</p>
    <p begin="2.6s" dur="500ms">Ben: Again?</p></div></body></tt>"""
    (found,) = read_text(ttml, "x.ttml")
    assert [(u.text, u.start, u.end) for u in found.utterances] == [
        ("It broke.", 0.48, 2.4),
        ("Again?", 2.6, 3.1),
    ]
    youtube = """<transcript><text start="0.5" dur="1.9">Ann: It broke.</text>
    <text start="2.6" dur=".5">Ben: Again?</text></transcript>"""
    (found,) = read_text(youtube, "x.xml")
    assert texts(found) == [ANN, BEN]
    with pytest.raises(InputError, match="without a document type"):
        read_text(
            '<!DOCTYPE tt [<!ENTITY a "b">]><tt><body><p begin="0s" end="1s">&a;</p></body></tt>', "x.ttml"
        )
    with pytest.raises(InputError, match="a time such as"):
        read_text('<tt><body><p begin="soon" end="1s">It broke.</p></body></tt>', "x.ttml")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<!DOCTYPE html><html><div class='page_wrap'>x</div></html>", "Telegram"),
        ("<html><body>Ann: It broke.</body></html>", "a web page"),
        ('<?xml version="1.0"?><Trans><Episode/></Trans>', "Transcriber"),
        ("SPEAKER f 1 0.50 1.90 <NA> <NA> S0 <NA> <NA>\n", "RTTM"),
        ("f 1 0.50 0.20 It\nf 1 0.70 0.40 broke\n", "CTM"),
        ("{25}{50}It broke.\n", "MicroDVD"),
        ("Scenarist_SCC V1.0\n", "Scenarist"),
        ('<?xml version="1.0"?><other/>', "XML of a kind that is not known"),
    ],
)
def test_files_that_are_known_and_not_read_are_refused_by_name(text: str, name: str) -> None:
    with pytest.raises(InputError, match=name):
        read_text(text, "x.dat")


def test_office_files_are_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match="save the sheet as CSV"):
        read_bytes(b"PK\x03\x04" + b"\0" * 26 + b"xl/workbook.xml", "x.xlsx")
    with pytest.raises(InputError, match="without a password"):
        read_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "x.docx")


def test_encodings_of_the_east_and_bytes_that_are_utf8_by_chance() -> None:
    with pytest.raises(InputError, match="--encoding shift_jis"):
        read_bytes(
            "美奈：ボイラーがまた壊れた。\nジョエル：また？\n美奈：誰も来ない。\n".encode("shift_jis"),
            "x.txt",
        )
    russian = "Мина: Котёл опять сломался, и никто не пришёл.\nЖоэль: Опять? Не может быть.\nМина: Да.\n"
    (found,) = read_bytes(russian.encode("koi8-r"), "x.txt")
    assert texts(found)[0] == ("Мина", "Котёл опять сломался, и никто не пришёл.")
    assert "KOI8-R" in found.warnings[0]


def test_seconds_of_our_own_documents_are_not_taken_for_milliseconds(tmp_path: Any) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"utterances": [{"speaker": "Ann", "text": "Oh", "start": 0.0, "end": 125.0}]}')
    (found,) = read_all(path)
    assert found.utterances[0].end == 125.0
    assert "times may not be seconds" in found.warnings[0]
    assert settle([0.0], [125.0], ["Oh"], AS_STATED)[1] == [1.25]
