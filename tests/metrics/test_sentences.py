from __future__ import annotations

import pytest

from heartsay.metrics.sentences import tokenised, without_opening, without_prefix, words


def test_words_are_lower_case_with_straight_apostrophes_and_without_marks() -> None:
    assert words("“She’s here” — isn't she?") == ["she's", "here", "isn't", "she"]


@pytest.mark.parametrize(
    ("sentence", "prefix", "reason"),
    [
        ("The reason she’s angry is that he left.", "angry is that he left.", "he left."),
        ("The reason they’re angry is that he left.", "angry is that he left.", "he left."),
        ("The reason I'm scared is that he left.", "scared is that he left.", "he left."),
        ("The reason for his joy was the ring.", "joy was the ring.", "the ring."),
        ("What upset her was that he left.", "What upset her was that he left.", "he left."),
        ("He's happy because they won.", "He's happy because they won.", "they won."),
        ("They won.", "They won.", "They won."),
        ("The reason she was upset is her job.", "was upset is her job.", "her job."),
        ("The reason Rachel Hall is sad was the van.", "Hall is sad was the van.", "the van."),
        ("The reason Joey likes him is the van.", "likes him is the van.", "the van."),
        ("The reason he was happ", "was happ", "The reason he was happ"),
        ("The reason Joey is sad is tha", "is sad is tha", "The reason Joey is sad is tha"),
        ("What matters is the van.", "What matters is the van.", "the van."),
        ("He's sad about the ring because she left.",) * 2 + ("she left.",),
        ("He is the man that sold it.", "He is the man that sold it.", "He is the man that sold it."),
        ("He was told that she left.", "He was told that she left.", "He was told that she left."),
        ("She was so angry that she left.", "She was so angry that she left.", "she left."),
    ],
)
def test_the_opening_goes_and_the_reason_stays(sentence: str, prefix: str, reason: str) -> None:
    assert without_prefix(sentence) == prefix
    assert without_opening(sentence) == reason


def test_nothing_is_stripped_to_nothing() -> None:
    assert without_opening("The reason she was angry was that ") == "The reason she was angry was that"


def test_a_part_is_asked_for_by_name() -> None:
    assert tokenised(["The reason he is sad is that it rains."], "reason alone") == [["it", "rains"]]
