"""Plain-text transcripts and chats exported as text, in the styles of the programs that write them."""

from __future__ import annotations

import time

import pytest
from tests.formats.samples import read_text, texts

from heartsay.errors import InputError

BOILER = [("Ann", "The boiler broke."), ("Ben", "Again?"), ("Ann", "Yes.")]

NAMED = {
    "colons": "Ann: The boiler broke.\nBen: Again?\nAnn: Yes.\n",
    "no space": "Ann:The boiler broke.\nBen:Again?\nAnn:Yes.\n",
    "full-width": "Ann：The boiler broke.\nBen：Again?\nAnn：Yes.\n",
    "brackets": "[Ann]: The boiler broke.\n[Ben]: Again?\n[Ann]: Yes.\n",
    "bars": "Ann| The boiler broke.\nBen| Again?\nAnn| Yes.\n",
    "stars": "**Ann:** The boiler broke.\n\n**Ben:** Again?\n\n**Ann:** Yes.\n",
    "below": "Ann:\nThe boiler broke.\nBen:\nAgain?\nAnn:\nYes.\n",
    "times": "[10:21] Ann: The boiler broke.\n[10:22] Ben: Again?\n[10:23] Ann: Yes.\n",
    "headers": "Ann  0:03\nThe boiler broke.\n\nBen  0:09\nAgain?\n\nAnn  0:12\nYes.\n",
    "bracketed times": "Ann (00:03):\nThe boiler broke.\n\nBen (00:09):\nAgain?\n\nAnn (00:12):\nYes.\n",
    "below times": "0:0:3.4 --> 0:0:6.1\nAnn\nThe boiler broke.\n0:0:7.0 --> 0:0:8.0\nBen\nAgain?\n"
    "0:0:9.0 --> 0:0:9.5\nAnn\nYes.\n",
    "stamped paragraphs": "#00:00:01-2# Ann: The boiler broke.\n#00:00:05-0# Ben: Again?\n"
    "#00:00:09-1# Ann: Yes.\n",
    "spans": "0.00 2.40 Ann  The boiler broke.\n2.40 4.10 Ben  Again?\n4.20 5.00 Ann  Yes.\n",
}


@pytest.mark.parametrize("style", NAMED)
def test_who_says_what(style: str) -> None:
    (found,) = read_text(NAMED[style], "x.txt")
    assert texts(found) == BOILER


def test_labels_alone_name_the_lines_below_them() -> None:
    text = "SPEAKER_00\n[00:00:03] - It broke. [00:00:06] - Nobody came.\n\nSPEAKER_01\n[00:00:09] - Oh.\n"
    (found,) = read_text(text, "x.txt")
    assert [(u.speaker, u.text, u.start) for u in found.utterances] == [
        *(("SPEAKER_00", "It broke.", 3.0), ("SPEAKER_00", "Nobody came.", 6.0), ("SPEAKER_01", "Oh.", 9.0))
    ]


def test_lines_that_name_nobody_go_on_and_what_stands_before_is_counted() -> None:
    (found,) = read_text("About the flat\nAnn: It broke.\nAnd it is cold.\nBen: Oh.\nAnn: Yes.\n", "x.txt")
    assert texts(found)[0] == ("Ann", "It broke. And it is cold.")
    assert found.warnings == ("1 line before the first turn left out (x.txt)",)


def test_names_in_letters_written_from_right_to_left() -> None:
    (found,) = read_text("דנה: שלום.\nיוסי: מה נשמע?\nדנה: טוב.\n", "x.txt")
    assert [u.speaker for u in found.utterances] == ["דנה", "יוסי", "דנה"]


def test_a_letter_is_no_transcript() -> None:
    with pytest.raises(InputError, match="begin lines with who speaks"):
        read_text("Dear all,\n\nThe boiler broke. Remember: it is old.\nBest, Ann\n", "x.txt")


CHATS = {
    "android": "1/4/23, 7:01 PM - Messages are encrypted.\n1/4/23, 7:02 PM - Ann: It broke.\nAgain.\n"
    "1/4/23, 7:03 PM - Ben: <Media omitted>\n1/4/23, 7:04 PM - Ben: Oh.\n",
    "ios": "[05.01.24, 19:02:00] Ann: It broke.\nAgain.\n[05.01.24, 19:03:00] Ben: \u200eimage omitted\n"
    "[05.01.24, 19:04:00] Ben: Oh.\n",
    "iso": "2024-01-05 19:02 - Ann: It broke.\nAgain.\n2024-01-05 19:03 - Ben: <Media omitted>\n"
    "2024-01-05 19:04 - Ben: Oh.\n",
}


@pytest.mark.parametrize("program", CHATS)
def test_chats(program: str) -> None:
    (found,) = read_text(CHATS[program], "x.txt")
    assert texts(found) == [("Ann", "It broke. Again."), ("Ben", "Oh.")]
    assert [u.start for u in found.utterances] == [0.0, 120.0]
    assert [(event.speaker, event.before) for event in found.events] == [("Ben", 1)]


def test_chats_of_meetings_and_of_channels() -> None:
    zoom = "10:21:05 From Ann Holt to Everyone:\n\tIt broke.\n"
    zoom += "10:21:09 From Ben to Ann Holt(Direct Message):\n\tOh.\n"
    (found,) = read_text(zoom, "x.txt")
    assert texts(found) == [("Ann Holt", "It broke."), ("Ben", "Oh.")]
    (found,) = read_text("[10:21] <ann> It broke.\n[10:22] <ben> Oh.\n", "x.txt")
    assert texts(found) == [("ann", "It broke."), ("ben", "Oh.")]


@pytest.mark.parametrize(
    "line", ["Ann: word word word\n", " " * 60 + "\n", "[[[((( ((( [[[\n", "a:b:c:d:e:f\n"]
)
def test_time_grows_with_length_alone(line: str) -> None:
    begin = time.perf_counter()
    for name in ("x.txt", "x.srt", "x.csv"):
        try:
            read_text("Ann: a\nBen: b\n" + line * (300_000 // len(line)), name)
        except InputError:
            continue
    assert time.perf_counter() - begin < 20
