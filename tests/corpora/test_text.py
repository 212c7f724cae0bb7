from __future__ import annotations

import pytest

from undertone.corpora.text import decode, normalise


def test_decode_leaves_utf8_alone_and_drops_the_byte_order_mark() -> None:
    assert decode("\ufeffDéjà vu — ’tis so".encode()) == "Déjà vu — ’tis so"


def test_one_bad_line_does_not_spoil_its_utf8_neighbours() -> None:
    assert decode("naïve\n".encode() + b"it\x92s \x97 so\n") == "naïve\nit’s — so\n"


def test_windows_controls_become_what_they_meant() -> None:
    assert decode("\x91so\x92 \x93so\x94 \x96 \x97 \x85".encode()) == "‘so’ “so” – — …"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It's a four.", "It is a four ."),
        ("I don’t think so!", "I do not think so ."),
        ("You can't, you won't", "You can not , you will not"),
        ("Y'know, we've met", "you know we have met"),
        ("Monica’s older brother", "Monica older brother"),
        ("You'd a rough day", "You had a rough day"),
    ],
)
def test_two_transcripts_of_one_utterance_agree(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


def test_different_words_stay_different() -> None:
    assert normalise("I do") != normalise("I don't")
    assert normalise("你好") == "你好"
