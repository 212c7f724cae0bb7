import json

import pytest
from tests.formats.samples import read_text, texts

from heartsay.conversation import UNKNOWN_SPEAKER
from heartsay.errors import InputError


def word(text, start=None, end=None, speaker=None):
    times = {} if start is None else {"start": start, "end": end}
    return {"word": text, "score": 0.9, **times, **({"speaker": speaker} if speaker else {})}


def read(*segments):
    (conversation,) = read_text(json.dumps({"segments": segments, "word_segments": []}), "call.json")
    return conversation


def test_segments_are_utterances():
    conversation = read(
        {
            "start": 0.1,
            "end": 1.5,
            "text": " Hello there. ",
            "speaker": "SPEAKER_00",
            "words": [word("Hello")],
        },
        {"start": 1.6, "end": 2.5, "text": "Hi.", "speaker": "SPEAKER_01"},
    )
    assert texts(conversation) == [("SPEAKER_00", "Hello there."), ("SPEAKER_01", "Hi.")]
    assert [(item.id, item.start, item.end) for item in conversation.utterances] == [
        ("1", 0.1, 1.5),
        ("2", 1.6, 2.5),
    ]


def test_a_segment_is_split_where_its_words_change_speaker():
    conversation = read(
        {
            "start": 0.0,
            "end": 4.0,
            "text": " Are you in? Yes, 100 percent. Good.",
            "speaker": "A",
            "words": [
                word("Are", 0.1, 0.3, "A"),
                word("you", 0.3, 0.5, "A"),
                word("in?", 0.5, 0.9, "A"),
                word("Yes,", 1.2, 1.5, "B"),
                word("100"),
                word("percent.", 1.6, 2.2, "B"),
                word("Good.", 3.0, 3.6, "A"),
            ],
        }
    )
    assert texts(conversation) == [("A", "Are you in?"), ("B", "Yes, 100 percent."), ("A", "Good.")]
    assert [(item.start, item.end) for item in conversation.utterances] == [
        (0.1, 0.9),
        (1.2, 2.2),
        (3.0, 3.6),
    ]


def test_text_without_spaces_is_cut_and_not_respaced():
    words = [word(mark, n, n + 1, "A" if n < 2 else "B") for n, mark in enumerate("你好再见")]
    conversation = read({"start": 0, "end": 4, "text": "你好再见", "words": words})
    assert texts(conversation) == [("A", "你好"), ("B", "再见")]


def test_what_stands_before_the_first_word_is_kept():
    words = [word("Hi", 0, 1, "A"), word("ho", 1, 2, "B")]
    conversation = read({"start": 0, "end": 2, "text": "... Hi? ho!", "words": words})
    assert texts(conversation) == [("A", "... Hi?"), ("B", "ho!")]


def test_words_that_are_not_in_the_text_are_joined():
    words = [word("one", 0, 1, "A"), word("2", 1, 2, "B"), word("three", 2, 3, "B")]
    conversation = read({"start": 0, "end": 3, "text": "one two three", "words": words})
    assert texts(conversation) == [("A", "one"), ("B", "2 three")]


def test_without_speakers_it_is_one_unknown_speaker():
    conversation = read({"start": 0, "end": 1, "text": "a"}, {"start": 1, "end": 2, "text": "b"})
    assert {item.speaker for item in conversation.utterances} == {UNKNOWN_SPEAKER}
    assert conversation.warnings


def test_the_words_speaker_stands_in_for_the_segments():
    assert texts(read({"text": "a b", "words": [word("a"), word("b", speaker="A")]})) == [("A", "a b")]


@pytest.mark.parametrize(
    ("segment", "message"),
    [
        ("a", r"call.json, segments\[0\]: expected a segment"),
        ({"start": 0}, "a segment with a string 'text', found one with 'start'"),
        ({"text": "a", "words": [1]}, r"segments\[0\].words: expected a list of words"),
        ({"text": "a", "start": "x"}, r"segments\[0\].start: expected a time"),
        ({"text": "a", "speaker": {}}, r"segments\[0\].speaker"),
    ],
)
def test_what_is_amiss_is_said(segment, message):
    with pytest.raises(InputError, match=message):
        read(segment)
