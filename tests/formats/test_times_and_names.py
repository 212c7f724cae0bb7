"""Names of columns, units of times, sounds, speakers and encodings: what all readers share."""

from __future__ import annotations

import io

import pytest
from tests.formats.samples import read_bytes, read_text, texts

from heartsay.errors import InputError
from heartsay.formats import read_all
from heartsay.formats.clock import ClockTime, Moment, Timecode, parse_span, parse_time
from heartsay.formats.fields import find_fields
from heartsay.formats.sounds import take_sounds
from heartsay.formats.timing import parse_times
from heartsay.formats.turns import split_talk


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("start end text", {"start": "start", "end": "end", "text": "text"}),
        ("from to text speaker", {"start": "from", "end": "to", "text": "text", "speaker": "speaker"}),
        ("date from from_id text", {"start": "date", "speaker": "from", "text": "text"}),
        ("onset offset text", {"start": "onset", "end": "offset", "text": "text"}),
        ("offset duration text", {"start": "offset", "duration": "duration", "text": "text"}),
        ("Call_ID Speaker_Role Timestamp Utterance", {"conversation": "Call_ID", "speaker": "Speaker_Role"}),
        ("startTimeMs endTimeMs speaker_id speaker_name body", {"speaker": "speaker_name", "text": "body"}),
    ],
)
def test_names_of_roles(names: str, found: dict[str, str]) -> None:
    given = tuple(names.split())
    fields = {role: given[field.place] for role, field in find_fields(given).items()}
    assert fields.items() >= found.items()


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        *(("start_ms", 0.001), ("BeginOffsetMillis", 0.001), ("Begin Time - msec", 0.001), ("start", None)),
        *(("Begin Time - ss.msec", 1.0), ("Begin Time - hh:mm:ss.ms", None), ("offsetInTicks", 1e-7)),
    ],
)
def test_units_in_names(name: str, unit: float | None) -> None:
    assert find_fields((name, "text"))["start"].unit == unit


@pytest.mark.parametrize(
    ("text", "seconds", "kind"),
    [
        *(("2.5", 2.5, float), ("00:04:41.4", 281.4, ClockTime), ("1.5s", 1.5, ClockTime)),
        *(("PT1M2.5S", 62.5, ClockTime), ("[00:01:02]", 62.0, ClockTime), ("10:21:05 AM", 37265.0, Moment)),
        *(("2024-01-05T10:21:05Z", 1704450065.0, Moment), ("00:00:02:10", 2.0, Timecode)),
        *(("05.01.24, 19:02", 1704481320.0, Moment), ("2024-01-05T10:21:05+01:00", 1704446465.0, Moment)),
    ],
)
def test_whatever_people_write_for_a_time(text: str, seconds: float, kind: type) -> None:
    found = parse_time(text)
    assert (found, type(found)) == (seconds, kind)


def test_spans_and_frames() -> None:
    assert parse_span("00:01 - 00:05") == (1.0, 5.0)
    assert parse_span("2024-01-05 10:21:05") is None
    assert parse_time("00:00:02:10", 25) == pytest.approx(2.4)


def starts(text: str, name: str = "x.csv", **how: str) -> tuple[list[float | None], tuple[str, ...]]:
    stream = io.BytesIO(text.encode())
    stream.name = name
    (found,) = read_all(stream, **how)
    return [u.start for u in found.utterances], found.warnings


TALK = "The boiler broke again last night.", "Again? We only fixed it in March."


def test_milliseconds_are_told_by_the_rate_of_speech_and_said() -> None:
    rows = f"start,end,speaker,text\n0,2400,A,{TALK[0]}\n2400,4100,B,{TALK[1]}\n"
    found, warnings = starts(rows)
    assert found == [0.0, 2.4]
    assert "times are read as milliseconds" in warnings[0]
    found, warnings = starts(rows, times="seconds")
    assert (found, warnings) == ([0.0, 2400.0], ())


def test_seconds_that_can_be_seconds_stay_so() -> None:
    slow = f"start,end,speaker,text\n0,70,A,{' '.join(TALK * 4)}\n70,140,B,{' '.join(TALK * 4)}\n"
    assert starts(slow) == ([0.0, 70.0], ())


def test_what_is_less_certain_is_left_and_said() -> None:
    found, warnings = starts(f"start,speaker,text\n0,A,{TALK[0]}\n2400,B,{TALK[1]}\n")
    assert found == [0.0, 2400.0]
    assert "--times milliseconds" in warnings[0]


@pytest.mark.parametrize(
    "times",
    [("10:21:05 AM", "10:21:08 AM"), ("1704450065", "1704450068"), ("1704450065123", "1704450068123")],
)
def test_clocks_and_dates_count_from_the_first(times: tuple[str, str]) -> None:
    found, warnings = starts(f"start,speaker,text\n{times[0]},A,Hi there.\n{times[1]},B,Ho.\n")
    assert found == [0.0, 3.0]
    assert "times are of a clock" in warnings[0]


def test_dates_over_more_than_a_day_frames_and_two_clocks_are_left_out() -> None:
    for first, second, word in (
        ("2024-01-05T10:00:00", "2024-01-07T10:00:00", "over more than a day"),
        ("00:00:01:02", "00:00:02:10", "--times 25fps"),
    ):
        found, warnings = starts(f"start,speaker,text\n{first},A,Hi.\n{second},B,Ho.\n")
        assert found == [None, None]
        assert word in warnings[0]
    found, warnings = starts("start,speaker,text\n00:00:05,A,Hi.\n2024-01-05T10:00:00,B,Ho.\n")
    assert found == [5.0, None]
    assert "times of two kinds" in warnings[0]
    assert starts("start,speaker,text\n00:00:01:05,A,Hi.\n", times="25fps")[0] == [1.2]
    with pytest.raises(InputError, match="such as 25fps"):
        parse_times("fortnights")


@pytest.mark.parametrize(
    ("text", "words", "sounds"),
    [
        ("[Sighing] I know.", "I know.", ["[Sighing]"]),
        ("I know (laughs), really", "I know, really", ["(laughs)"]),
        ("I gave him (my phone number)", "I gave him (my phone number)", []),
        ("a friend (i_dont_judge)", "a friend (i_dont_judge)", []),
        ("[Phone ringing]", "", ["[Phone ringing]"]),
        ("♪ la la ♪ Stop it!", "Stop it!", ["♪ la la ♪"]),
        ("It [the boiler] broke", "It [the boiler] broke", []),
    ],
)
def test_sounds_and_words(text: str, words: str, sounds: list[str]) -> None:
    assert take_sounds(text) == (words, sounds)


def test_talk_in_one_piece() -> None:
    assert split_talk("Agent: How are you? Fine. Customer: It broke.") == [
        *(("Agent", "How are you? Fine."), ("Customer", "It broke."))
    ]
    assert split_talk("We said: no. And then: yes.") == []


ROLLING = (
    "{}\n00:00:00,000 --> 00:00:02,000\nso I went\n\n2\n00:00:02,000 --> 00:00:04,000\nso I went\nhome\n"
)


def test_rolling_captions_say_each_word_once_and_repeated_words_stay() -> None:
    (found,) = read_text(ROLLING.format(1), "x.srt")
    assert [(u.text, u.start, u.end) for u in found.utterances] == [
        ("so I went", 0.0, 2.0),
        ("home", 2.0, 4.0),
    ]
    said = "\n\n".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n + 1},000\nNo." for n in (1, 2, 3))
    assert [u.text for u in read_text(said, "x.srt")[0].utterances] == ["No."] * 3


def test_captions_with_words_marked_one_after_the_other() -> None:
    marked = ["<c.y>Hi</c> you there", "Hi <c.y>you</c> there", "Hi you <c.y>there</c>"]
    cues = "\n\n".join(f"00:0{n}.000 --> 00:0{n + 1}.000\n<v Ann>{text}" for n, text in enumerate(marked))
    (found,) = read_text(f"WEBVTT\n\n{cues}\n", "x.vtt")
    assert [(u.speaker, u.text, u.start, u.end) for u in found.utterances] == [
        ("Ann", "Hi you there", 0.0, 3.0)
    ]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *(("I don’t care – it’s “odd”…", "mac_roman"), ("J’ai déjà mangé", "cp1252")),
        *(("Kotel se rozbil, už potřetí, řekni", "cp1250"), ("Почему ты молчишь?", "cp1251")),
    ],
)
def test_encodings_that_letters_tell(text: str, encoding: str) -> None:
    (found,) = read_bytes(f"speaker;text\nA;{text}\n".encode(encoding), "x.csv")
    assert found.utterances[0].text == text
    assert "not everything was UTF-8" in found.warnings[0]


def test_an_encoding_that_is_stated_is_believed() -> None:
    data = "speaker;text\nA;Да.\n".encode("cp1251")
    with pytest.raises(InputError, match="--encoding"):
        list(read_all(io.BytesIO(data)))
    (found,) = read_all(io.BytesIO(data), "csv", encoding="cp1251")
    assert texts(found) == [("A", "Да.")]
    with pytest.raises(InputError, match="the name of an encoding"):
        list(read_all(io.BytesIO(data), encoding="rot13"))


def test_tables_that_do_not_quote() -> None:
    table = 'start\tend\ttext\n0.0\t1.0\t"You will never\n1.0\t2.0\tfind it,\n2.0\t3.0\tnever."\n'
    assert [u.text for u in read_text(table, "x.tsv")[0].utterances] == [
        '"You will never',
        "find it,",
        'never."',
    ]
    (found,) = read_text('speaker,text\nA,"No"? Really?\nB,"I said "no" twice"\n', "x.csv")
    assert texts(found) == [("A", '"No"? Really?'), ("B", 'I said "no" twice')]
    headless = "Mina\t00:00:00.080\t00:00:02.400\tIt broke.\nJo\t00:00:02.5\t00:00:04.1\tOh.\n"
    (found,) = read_text(headless, "x.tsv")
    assert [(u.speaker, u.start) for u in found.utterances] == [("Mina", 0.08), ("Jo", 2.5)]
