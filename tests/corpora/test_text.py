from __future__ import annotations

import pytest

from heartsay.corpora.text import normalise


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
