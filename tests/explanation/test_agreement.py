from __future__ import annotations

from collections.abc import Sequence

import pytest

from heartsay.explanation.agreement import agreement
from heartsay.explanation.annotations import Annotated


def shared_words(one: Sequence[str], other: Sequence[str]) -> list[float]:
    """Share of words that two sentences have in common."""
    pairs = [(set(a.split()), set(b.split())) for a, b in zip(one, other, strict=True)]
    return [len(a & b) / len(a | b) for a, b in pairs]


def rows(*texts: tuple[str, str, str] | tuple[str, str, str, str | None]) -> list[Annotated]:
    return [Annotated(*text) for text in texts]


def test_what_is_too_unlike_is_listed_least_alike_first() -> None:
    found = agreement(
        rows(
            ("1", "anna", "he sold the van"),
            ("1", "ben", "he sold the van"),
            ("2", "anna", "he sold the van"),
            ("2", "ben", "he sold a boat"),
            ("3", "anna", "he sold the van"),
            ("3", "ben", "it rains"),
            ("4", "anna", "only she wrote this"),
        ),
        shared_words,
    )
    assert [i.item for i in found.to_discuss] == ["3", "2"]
    assert found.to_discuss[1].discuss == "the explanations are 0.33 alike, less than 0.75"
    assert found.alone == ("4",)
    assert found.agreed == pytest.approx(1 / 3)
    assert found.likeness == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert found.items[0].explanation == "he sold the van"


def test_of_three_the_text_most_like_the_others_is_taken_and_most_decide() -> None:
    found = agreement(
        rows(
            ("1", "anna", "it rains", "sadness"),
            ("1", "ben", "he sold the van", "anger"),
            ("1", "cleo", "he sold the old van", "anger"),
        ),
        shared_words,
        threshold=0.2,
    )
    assert found.items[0].explanation in {"he sold the van", "he sold the old van"}
    assert found.items[0].emotion == "anger"


def test_a_tie_of_emotions_is_discussed() -> None:
    same = rows(("1", "anna", "he left", "anger"), ("1", "ben", "he left", "sadness"))
    found = agreement(same, shared_words)
    assert found.items[0].emotion is None
    assert found.items[0].discuss == "no emotion leads: anger, sadness"


def test_kappa_is_fleiss() -> None:
    # Fleiss (1971): two raters, four items, three of which they agree on.
    chosen = [("joy", "joy"), ("anger", "anger"), ("joy", "joy"), ("anger", "joy")]
    both = [
        (str(k), who, "text", emotion)
        for k, pair in enumerate(chosen)
        for who, emotion in zip(("anna", "ben"), pair, strict=True)
    ]
    chance = (5 / 8) ** 2 + (3 / 8) ** 2
    assert agreement(rows(*both), shared_words).kappa == pytest.approx((0.75 - chance) / (1 - chance))
    assert agreement(rows(*both[:2]), shared_words).kappa is None  # nothing could disagree


def test_kappa_is_of_the_items_with_the_commonest_number_of_choices() -> None:
    pairs = [("joy", "joy"), ("anger", "anger"), ("joy", "anger"), ("joy", "joy")]
    people = [("anna", "ben"), ("anna", "cleo"), ("ben", "cleo"), ("anna", "ben")]
    given = [
        (str(k), who, "text", emotion)
        for k, (by, pair) in enumerate(zip(people, pairs, strict=True))
        for who, emotion in zip(by, pair, strict=True)
    ]
    third = ("3", "cleo", "text", "anger")  # of three choices, which the other items have not
    unfelt = [("4", "anna", "text", "joy"), ("4", "ben", "text", None)]
    found = agreement(rows(*given, third, *unfelt), shared_words)
    chance = (3 / 6) ** 2 + (3 / 6) ** 2
    assert found.kappa == pytest.approx((2 / 3 - chance) / (1 - chance))
    assert (found.kappa_items, found.kappa_choices) == (3, 2)
    # One item of two choices, and one of three: of equals the larger number counts.
    found = agreement(rows(*given[:2], *given[6:], third), shared_words)
    assert (found.kappa_items, found.kappa_choices) == (1, 3)
    assert found.kappa == pytest.approx((1 / 3 - 5 / 9) / (1 - 5 / 9))


def test_nothing_shared_gives_no_number() -> None:
    found = agreement(rows(("1", "anna", "a"), ("2", "ben", "b")), shared_words)
    assert (found.likeness, found.agreed, found.kappa, found.items) == (None, None, None, ())
    assert (found.kappa_items, found.kappa_choices) == (0, 0)
