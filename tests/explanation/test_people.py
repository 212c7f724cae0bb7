from __future__ import annotations

import pytest

from heartsay.explanation.people import first_name, is_named, listener, person


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


@pytest.mark.parametrize("name", ["All", "Both", "Chandler and Joey", "Ines/Theo", "The Girls", "Ines, Theo"])
def test_some_names_are_of_several_people(name: str) -> None:
    assert person(name).several
    assert person(name).reflexive == "themselves"


@pytest.mark.parametrize("name", ["Mara", "Ballard", "Sandy", "Dr. Hall", "Speaker 1", "Andy"])
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


def test_somebody_is_called_by_the_first_name() -> None:
    assert first_name("Dr. Ines Berg") == "Ines"
    assert first_name("The Fireman") == "Fireman"
    assert not is_named(" ")
    assert not is_named("Unknown")
