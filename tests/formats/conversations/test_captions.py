import io

import pytest
from tests.formats.samples import read_text, texts

from heartsay.errors import InputError
from heartsay.formats.conversations.captions import parse_timing
from heartsay.formats.source import Source

X = Source(io.StringIO("x"))


def captions(*parts):
    """An SRT of these texts, a second each."""
    return "\n\n".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{text}" for n, text in enumerate(parts, 1))


def said(*parts):
    (conversation,) = read_text(captions(*parts), "x.srt")
    return texts(conversation)


@pytest.mark.parametrize(
    "line",
    [
        "Ana: Hi you.",
        "[Ana] Hi you.",
        "- Ana: Hi you.",
        "- [Ana] Hi you.",
        ">> Ana: Hi you.",
        "[Ana]: Hi you.",
        "Ana:\nHi\nyou.",
    ],
)
def test_forms_of_speaker_tags(line):
    assert said(line, "Ben: Ho.") == [("Ana", "Hi you."), ("Ben", "Ho.")]


@pytest.mark.parametrize("name", ["Dr. Ng", "SPEAKER_00", "Guest #1", "Ben's Aunt", "李明", "speaker 2", "0"])
def test_names_that_tags_carry(name):
    assert said(f"{name}: Hi.") == [(name, "Hi.")]


def test_a_colon_alone_makes_no_speaker():
    parts = ["I know.", "Listen: I know.", "We leave at 10:30, see http://x.org", "No.", "Yes.", "Well."]
    assert {speaker for speaker, _ in said(*parts)} == {"Unknown"}
    assert said(*parts)[1][1] == "Listen: I know."
    tagged = ["Ana: I know.", "Listen: I know.", *["Ana: No."] * 7]
    assert [speaker for speaker, _ in said(*tagged)][:2] == ["Ana", "Ana"]


def test_a_name_that_comes_twice_is_believed_however_rare():
    parts = ["Ana: One.", *["more."] * 6, "Ana: Eight."]
    assert said(*parts) == [("Ana", "One."), *[("Ana", "more.")] * 6, ("Ana", "Eight.")]


def test_sounds_are_no_speakers():
    parts = ["[laughs] Hi.", "[Laughter] Ho.", "[music]", "[Ana] Stop.", "[Ana] Now."]
    assert said(*parts) == [("Unknown", "Hi."), ("Unknown", "Ho."), ("Ana", "Stop."), ("Ana", "Now.")]


def test_a_caption_of_two_speakers_is_two_utterances_with_ids_of_their_own():
    (conversation,) = read_text(captions("- Ana: Hi.\n- Ben: Ho\nho.", "Ana: So."), "x.srt")
    assert texts(conversation) == [("Ana", "Hi."), ("Ben", "Ho ho."), ("Ana", "So.")]
    assert [item.id for item in conversation.utterances] == ["1", "1.2", "2"]
    assert {(item.start, item.end) for item in conversation.utterances[:2]} == {(1.0, 1.9)}


def test_a_caption_without_a_speaker_goes_on_with_the_one_before():
    (conversation,) = read_text(captions("first", "Ana: Hi.", "more", "Ben: Ho."), "x.srt")
    assert [item.speaker for item in conversation.utterances] == ["Unknown", "Ana", "Ana", "Ben"]
    assert "1 caption without a speaker is given to the speaker before (x.srt)" in conversation.warnings


def test_parse_timing():
    assert parse_timing("00:01:02,500 --> 00:01:04,000 X1:40", X, 1) == (62.5, 64.0)
    assert parse_timing("01:02.500-->01:04.000 align:start", X, 1) == (62.5, 64.0)
    assert parse_timing("this --> that", X, 1) is None
    for line in ("00:01:02,500 -->", "00:00:75,000 --> 00:01:00,000", "00:01 --> soon"):
        with pytest.raises(InputError, match="expected times such as"):
            parse_timing(line, X, 1)
