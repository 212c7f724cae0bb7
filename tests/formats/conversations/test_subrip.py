import contextlib
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.formats.samples import KITCHEN, WITHOUT_GOLD, conversations, modest, read_as, read_text, texts

from heartsay import formats
from heartsay.errors import InputError
from heartsay.formats.conversations.subrip import _MARK_UP
from heartsay.formats.turns import NO_NAMES


def test_the_written_conversation_reads_back():
    (conversation,) = read_text(formats.write(KITCHEN, "subrip"), "kitchen.srt")
    assert conversation.id == "kitchen"
    assert conversation.utterances == WITHOUT_GOLD
    assert conversation.warnings == ()


@modest
@given(conversations(timed=True, numbered=True))
def test_any_conversation_whose_names_fit_reads_back(conversation):
    assume(not any(_MARK_UP.search(item.text) for item in conversation.utterances))
    names = [item.speaker for item in conversation.utterances]
    try:
        text = formats.write(conversation, "subrip")
    except InputError:
        # What stands in a name's way: its first letter, marks that tags are made of, too many words, or
        # what it means.
        assert any(
            not name[0].isalnum()
            or set(name) & set(":：[]<>|")
            or len(name.split()) > 5
            or name.casefold() in NO_NAMES
            for name in names
        )
        return
    (back,) = read_text(text, "x.srt")
    assert back.utterances == tuple(replace(item, emotion=None) for item in conversation.utterances)


def test_mark_up_positions_and_blank_lines_in_a_caption():
    text = (
        "\ufeff7\r\n00:00:01,000 --> 00:00:02,000 X1:0 Y1:0\r\n{\\an8}<i>Ana: I <3 it</i>\r\n\r\nso "
        '<font color="red">much</font>.\r\n\r\n9\r\n00:00:03,000 --> 00:00:04,000\r\nAna: 42\r\n'
    )
    (conversation,) = read_text(text, "x.srt")
    assert texts(conversation) == [("Ana", "I <3 it so much."), ("Ana", "42")]
    assert [item.id for item in conversation.utterances] == ["7", "9"]


def test_captions_without_numbers_or_with_the_same_are_numbered():
    for numbers in (("", ""), ("1\n", ""), ("1\n", "1\n")):
        text = "".join(f"{number}00:00:01,000 --> 00:00:02,000\nAna: Hi.\n\n" for number in numbers)
        assert [item.id for item in read_text(text, "x.srt")[0].utterances] == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hi there.\n", "x.srt: expected captions, .*found text that begins with 'Hi there.'"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nHi.\n", "what looks like WebVTT; give the file the suffix"),
        ("1\n00:00:01,000 --> 00:00\n", "line 2: expected times|no utterances|without text"),
        ("1\n00:00:01,000 --> \nHi.\n", "line 2: expected times"),
        ("1\n00:00:01,000 --> 00:00:02,000\n\n", "found 1 without text"),
    ],
)
def test_what_is_amiss_is_said(text, message):
    with pytest.raises(InputError, match=message):
        read_text(text, "x.srt")


def test_what_captions_cannot_hold_is_refused():
    untimed = replace(KITCHEN, utterances=(replace(KITCHEN.utterances[0], end=None),))
    with pytest.raises(InputError, match="a start and an end"):
        formats.write(untimed, "subrip")
    odd = replace(KITCHEN, utterances=(replace(KITCHEN.utterances[0], speaker="Ana: the cook"),))
    with pytest.raises(InputError, match="without colons"):
        formats.write(odd, "subrip")


@modest
@given(st.text(alphabet=st.sampled_from("01:,->AnaB \n[]-{}<i>é"), max_size=120))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(InputError):
        assert list(read_as("subrip", b"1\n00:00:01,000 --> 00:00:02,000\n" + text.encode()))
