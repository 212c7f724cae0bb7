from __future__ import annotations

import pytest

from heartsay.explanation.people import first_name, is_nameable, is_named, listener, person


@pytest.mark.parametrize(
    ("name", "pronoun"),
    [("Mara", "they"), ("Mrs. Berg", "she"), ("Mr. Berg", "he"), ("The Waiter", "he"), ("Dr. Berg", "they")],
)
def test_a_pronoun_is_only_what_the_name_says(name: str, pronoun: str) -> None:
    assert person(name).pronoun == pronoun


def test_a_pronoun_that_is_known_counts() -> None:
    known = person("Mara", "she")
    assert (known.subject, known.object, known.possessive, known.own) == ("she", "her", "her", "hers")
    assert known.reflexive == "herself"


@pytest.mark.parametrize(
    "name",
    [
        "All",
        "Both",
        "Chandler and Joey",
        "Ines/Theo",
        "The Girls",
        "Ines, Theo and Mara",
        "The twins",
        "The Simpsons",
    ],
)
def test_some_names_are_of_several_people(name: str) -> None:
    assert person(name).several
    assert person(name).reflexive == "themselves"


@pytest.mark.parametrize(
    "name", ["Mara", "Ballard", "Sandy", "Dr. Hall", "Speaker 1", "Andy", "Smith, John", "The Boss"]
)
def test_most_are_of_one(name: str) -> None:
    assert not person(name).several


def test_you_is_who_is_addressed_or_the_only_other() -> None:
    three = {"Theo", "Mara", "Ines"}
    assert listener("How dare you, Theo!", "Mara", three) == person("Theo")
    assert listener("Theo, you sold it.", "Mara", three) == person("Theo")
    assert listener("You sold it.", "Mara", three) is None
    assert listener("Theo said you sold it.", "Mara", three) is None
    assert listener("You sold it.", "Mara", {"Mara", "Theo"}) == person("Theo")
    assert listener("You sold it.", "Mara", {"Mara", "Unknown"}) is None


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ("I saw Monica, Theo, and Ines with you.", None),
        ("Monica, Theo and Ines left you.", None),
        ("Look, Theo, Ines is angry at you.", None),
        ("My brother, Theo, likes you.", None),
        ("I told my friend, Theo.", None),
        ("No, Theo, you lied.", "Theo"),
        ("Monica lied, Theo. You lied too.", "Theo"),
    ],
)
def test_a_name_in_a_list_or_beside_a_noun_is_not_called(said: str, who: str | None) -> None:
    found = listener(said, "Mara", {"Mara", "Theo", "Ines"})
    assert (found.name if found else None) == who


@pytest.mark.parametrize("label", ["I", "you", "Me", "they", "All", "Nobody", "7", "+49 30", "Doe, Jane"])
def test_some_labels_cannot_stand_in_a_sentence(label: str) -> None:
    assert not is_nameable(label)
    assert is_nameable("Speaker 1")


def test_somebody_is_called_by_the_first_name() -> None:
    assert first_name("Dr. Ines Berg") == "Ines"
    assert first_name("The Fireman") == "Fireman"
    assert first_name("Doe, Jane") == "Jane"
    assert not is_named(" ")
    assert not is_named("Unknown")
