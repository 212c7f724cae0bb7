"""Tables, captions and timed text that people bring, in the structure of what writes them, with our words."""

from __future__ import annotations

import pytest
from tests.formats.samples import ANN, BEN, TIMES, read_bytes, read_text, texts

from heartsay.errors import InputError


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
