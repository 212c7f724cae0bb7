import contextlib
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.formats.samples import KITCHEN, WITHOUT_GOLD, conversations, modest, read_as, read_text, texts

from heartsay import formats
from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError
from heartsay.formats.conversations.captions import _is_label


def test_the_written_conversation_reads_back():
    (conversation,) = read_text(formats.write(KITCHEN, "webvtt"), "kitchen.vtt")
    assert conversation.id == "kitchen"
    assert conversation.utterances == WITHOUT_GOLD
    assert conversation.warnings == ()


@modest
@given(conversations(timed=True))
def test_any_conversation_reads_back_ids_included(conversation):
    assume(not any("-->" in item.id for item in conversation.utterances))
    # Where speakers are mark-up, a name or a time alone is left out, and that is said.
    assume(not any(_is_label(item.text or "") for item in conversation.utterances))
    (back,) = read_text(formats.write(conversation, "webvtt"), "x.vtt")
    assert back.utterances == tuple(replace(item, emotion=None) for item in conversation.utterances)


FULL = """\ufeffWEBVTT - a meeting
Kind: captions

STYLE
::cue(v[voice="Ana"]) { color: red }

REGION
id:fred

NOTE
not said: by anyone

intro
00:01.000 --> 00:02.500 align:start position:10%
<v.loud Ana>Hi <i.x>there</i>, <00:01.500><c>you</c> &amp; you &lt;all&gt;!</v>

00:00:03.000 --> 00:00:04.000
<v Ana>Tea?</v> <v Ben &amp; Co>No,
thanks.</v>

NOTE 3

1:00:05.000 --> 1:00:06.000
and <b>nothing</b> else
1:00:07.000 --> 1:00:08.000
<v Ana>Right.
"""


def test_voices_notes_styles_settings_and_mark_up():
    (conversation,) = read_text(FULL, "x.vtt")
    assert texts(conversation) == [
        ("Ana", "Hi there, you & you <all>!"),
        ("Ana", "Tea?"),
        ("Ben & Co", "No, thanks."),
        ("Ben & Co", "and nothing else"),
        ("Ana", "Right."),
    ]
    assert [item.id for item in conversation.utterances] == ["1", "2", "3", "4", "5"]
    assert [item.start for item in conversation.utterances] == [1.0, 3.0, 3.0, 3605.0, 3607.0]
    assert any("given to the speaker before" in line for line in conversation.warnings)


def test_tags_of_the_plain_kind():
    text = "WEBVTT\n\na\n00:01.000 --> 00:02.000\nAna: Hi &gt; ho.\n\n"
    text += "b\n00:02.000 --> 00:03.000\n[Ben] Yes: no.\n"
    (conversation,) = read_text(text, "x.vtt")
    assert [(item.id, item.speaker, item.text) for item in conversation.utterances] == [
        ("a", "Ana", "Hi > ho."),
        ("b", "Ben", "Yes: no."),
    ]


def test_text_without_times_is_left_out_with_a_warning():
    text = "WEBVTT\n\nlost words\n\n00:01.000 --> 00:02.000\n<v Ana>Hi.\n"
    (conversation,) = read_text(text, "x.vtt")
    assert texts(conversation) == [("Ana", "Hi.")]
    assert conversation.warnings == ("1 block of text without times left out (x.vtt)",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n00:00:01,000 --> 00:00:02,000\nHi.\n", "what looks like SubRip"),
        ("Hello\n", "expected WEBVTT in the first line, found 'Hello'"),
        ("WEBVTTX\n", "expected WEBVTT"),
        ("WEBVTT\n\nNOTE nothing\n", "at least one cue"),
        ("WEBVTT\n\n00:01.000 --> 00:0", "line 3: expected times|without text"),
        ("WEBVTT\n\n00:61.000 --> 01:00.000\nHi.\n", "line 3: expected times"),
    ],
)
def test_what_is_amiss_is_said(text, message):
    with pytest.raises(InputError, match=message):
        read_text(text, "x.vtt")


def test_an_id_that_is_no_identifier_is_refused():
    odd = replace(KITCHEN, utterances=(replace(KITCHEN.utterances[0], id="a --> b"),))
    with pytest.raises(InputError, match="cue identifier"):
        formats.write(odd, "webvtt")


@modest
@given(st.text(alphabet=st.sampled_from("01:.->vAna &;<>/\nNOTE"), max_size=120))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(InputError):
        assert list(read_as("webvtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + text.encode()))


def test_a_name_that_ends_in_hyphens_reads_back() -> None:
    talk = Conversation("x", (Utterance("1", "Mo--", "hi", 0.0, 1.0), Utterance("2", "--", "ho", 1.0, 2.0)))
    (back,) = read_text(formats.write(talk, "webvtt"), "x.vtt")
    assert back.utterances == talk.utterances
