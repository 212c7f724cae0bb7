from __future__ import annotations

import pytest

from heartsay.metrics.generated import read_answers

NAMES = ("neutral", "joy", "anger")


@pytest.mark.parametrize(
    ("answer", "index"),
    [
        ("Joy.", 1),
        ("The speaker shows ANGER, and a lot of anger.", 2),
        ("neither joy nor anger", -1),
        ("I cannot tell.", -1),
        ("", -1),
        ("The joyless voice is angering", -1),
        ("She is happy", 1),
    ],
)
def test_an_answer_counts_where_it_names_one_label(answer: str, index: int) -> None:
    assert read_answers([answer], NAMES, {"happy": "joy"}).tolist() == [index]


def test_a_synonym_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no label"):
        read_answers([], NAMES, {"glad": "happiness"})
