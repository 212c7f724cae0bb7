import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.samples import modest

from heartsay.conversation import UNKNOWN_SPEAKER
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation, clean_text
from heartsay.formats.source import Source
from heartsay.labels import EMOTIONS


def build(*rows, pairs=None):
    source = Source(io.BytesIO(b"x"), name="file")
    return build_conversation(rows, source, identifier="c", locate=lambda at: f"line {at}", pairs=pairs)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  as it is  ", "as it is"),
        ("two\r\nlines\nand\u2028more", "two lines and more"),
        ("he\x92s lost \x96 it\x85", "he’s lost – it…"),
        ("nul\0and\x1bescape", "nul and escape"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("\u200b\ufeff", ""),
        ("e\u0301 stays decomposed", "e\u0301 stays decomposed"),
        ("tab\tstays", "tab\tstays"),
    ],
)
def test_clean_text(raw, clean):
    assert clean_text(raw) == clean


@modest
@given(st.text())
def test_clean_text_leaves_nothing_to_clean_or_to_break(raw):
    clean = clean_text(raw)
    assert clean_text(clean) == clean
    assert "\n" not in clean
    assert "\r" not in clean
    clean.encode("utf-8")


def test_an_unknown_emotion_is_refused_with_the_known_ones_named():
    with pytest.raises(InputError) as caught:
        build(Row(7, "Hi.", "A", emotion="bored"))
    assert all(name in str(caught.value) for name in (*EMOTIONS, "'bored'", "line 7"))


def test_utterances_without_text_are_left_out_with_a_warning_and_keep_their_number():
    conversation = build(Row(1, " ", "A"), Row(2, "Hi.", "A"), Row(3, "\u200b", "B"))
    assert [(item.id, item.text) for item in conversation.utterances] == [("2", "Hi.")]
    assert conversation.warnings == ("2 utterances without text left out (first: line 1)",)


def test_nothing_left_is_refused():
    with pytest.raises(InputError, match="found 2 without text"):
        build(Row(1, "", "A"), Row(2, "  ", "A"))
    with pytest.raises(InputError, match="found no utterances"):
        build()


def test_speakers_missing():
    some = build(Row(1, "Hi.", "A"), Row(2, "Ho."), Row(3, "Ha.", " "))
    assert [item.speaker for item in some.utterances] == ["A", UNKNOWN_SPEAKER, UNKNOWN_SPEAKER]
    assert "2 utterances without a speaker" in some.warnings[0]
    none = build(Row(1, "Hi."), Row(2, "Ho."))
    assert {item.speaker for item in none.utterances} == {UNKNOWN_SPEAKER}
    assert len(none.warnings) == 1
    assert "one speaker" in none.warnings[0]


def test_times_that_run_backwards_or_overlap_are_kept_with_a_warning():
    conversation = build(
        Row(1, "a", "A", 5.0, 7.0),
        Row(2, "b", "A", 6.0, 8.0),
        Row(3, "c", "A", 1.0, 2.0),
        Row(4, "d", "A", 9.0, 8.5),
    )
    assert [(item.start, item.end) for item in conversation.utterances] == [
        (5.0, 7.0),
        (6.0, 8.0),
        (1.0, 2.0),
        (9.0, 8.5),
    ]
    assert conversation.warnings == (
        "1 utterance starting before an earlier one has ended, kept so (line 2)",
        "1 utterance with a start before that of an earlier one, kept so (line 3)",
        "1 utterance with an end before the start, kept so (line 4)",
    )


def test_a_time_that_is_none_is_left_out_and_an_infinite_one_refused():
    conversation = build(Row(1, "a", "A", math.nan, -2.0))
    assert (conversation.utterances[0].start, conversation.utterances[0].end) == (None, None)
    assert len(conversation.warnings) == 2
    for time in (math.inf, -math.inf):
        with pytest.raises(InputError, match="infinite"):
            build(Row(1, "a", "A", time))


def test_ids_twice_are_refused():
    with pytest.raises(InputError, match=r"line 2: .*'x' a second time"):
        build(Row(1, "a", "A", id="x"), Row(2, "b", "A", id=" x "))


def test_pairs_point_at_what_was_kept():
    rows = (Row(1, "", "A"), Row(2, "a", "A"), Row(3, "b", "B"))
    conversation = build(*rows, pairs=[("3", "2"), ("3", "2"), ("2", "2"), ("3", "1")])
    assert conversation.pairs == {(1, 0), (0, 0)}
    assert any("1 repeated pair counted once" in line for line in conversation.warnings)
    assert any("1 pair with an utterance without text" in line for line in conversation.warnings)
    assert build(*rows).pairs is None
    assert build(*rows, pairs=[]).pairs == frozenset()
    with pytest.raises(InputError, match="a pair with '4'"):
        build(*rows, pairs=[("3", "4")])


def test_conversation_ids_may_not_differ_by_capitals_only():
    seen = UniqueIds()
    assert seen.add("a", "x") == "a"
    with pytest.raises(InputError, match="'A' a second time"):
        seen.add("A", "line 9")


def test_a_long_utterance_and_a_long_conversation_are_fine():
    long = "word " * 20_000
    conversation = build(*(Row(n, long if n == 5 else "hm", f"S{n % 3}") for n in range(10_000)))
    assert len(conversation) == 10_000
    assert len(conversation.utterances[5].text.split()) == 20_000
    assert conversation.warnings == ()
