from __future__ import annotations

import pytest

from heartsay.explanation.people import person
from heartsay.explanation.reported import clause

THEO, MARA = person("Theo"), person("Mara")
HE, SHE = person("Theo", "he"), person("Mara", "she")
NAMES = ["Theo", "Mara", "Ines"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("About the van. I sold it on Tuesday.", "they sold it on Tuesday"),
        ("I was two months behind on the rent.", "they were two months behind on the rent"),
        ("I'm so happy I could cry.", "they are so happy they could cry"),
        ("Well, I really love my new flat!", "they really love their new flat"),
        ("We got the pitch!", "they got the pitch"),
        ("That's great news.", "it’s great news"),
        ("Oh no, Mara, the flat is being sold.", "the flat is being sold"),
        ("I've gotta leave.", "they have to leave"),
        ("You should have asked me.", "Mara should have asked them"),
        ("I'll lend you your money.", "they will lend Mara Mara’s money"),
        ("Your van is gone.", "Mara’s van is gone"),
        ("Mr. Berg was kind to me.", "Mr Berg was kind to them"),
        ("I can't believe I have two-two children.", "they can’t believe they have two children"),
    ],
)
def test_statements_are_told_in_the_third_person(said: str, told: str) -> None:
    found = clause(said, THEO, MARA, [*NAMES, "Mr Berg"])
    assert found is not None
    assert found.text == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("I sell cookies by the case.", "he sells cookies by the case"),
        ("I don't care about it.", "he doesn’t care about it"),
        ("I never worry about it.", "he never worries about it"),
        ("I went home with my own key.", "he went home with his own key"),
        ("You are late again.", "Mara is late again"),
        ("I think you love it.", "he thinks Mara loves it"),
    ],
)
def test_verbs_follow_he_and_a_name(said: str, told: str) -> None:
    found = clause(said, HE, SHE, NAMES)
    assert found is not None
    assert found.text == told


@pytest.mark.parametrize(
    "said",
    [
        "You did what?",
        "Come here, both of you.",
        "How dare you!",
        "I'll do it tomorrow.",
        "I left it here.",
        "Because I...",
        "They told me that I owe them.",  # who is "they"?
        "It's beautiful I love it.",
        "Ross and I are married.",
        "What a day!",
        "Let's go home.",
        "I’m not-I’m not gay!",
        "I said “go away” to him.",
        "Not the kettle.",
        "I want to and",
    ],
)
def test_what_cannot_be_told_rightly_is_left_to_be_quoted(said: str) -> None:
    assert clause(said, THEO, MARA, NAMES) is None


def test_you_is_told_only_where_it_is_known_who_is_meant() -> None:
    assert clause("You are late again.", THEO, None, NAMES) is None
    assert clause("I like you a lot.", THEO, None, NAMES) is None


@pytest.mark.parametrize("said", ["I put it there.", "I go there and buy it."])
def test_forms_that_could_be_two_tenses_or_need_a_second_change_are_left(said: str) -> None:
    assert clause(said, HE, SHE, NAMES) is None
    assert clause(said, THEO, MARA, NAMES) is not None


def test_the_share_tells_how_much_of_the_utterance_is_told() -> None:
    found = clause("No! The harbour? I love the harbour.", THEO, MARA, NAMES)
    assert found is not None
    assert found.share == pytest.approx(4 / 7)
    assert not found.names_listener


def test_nothing_said_gives_nothing() -> None:
    for said in ("", "   ", "...", "?!", "—", "'", "I", "you"):
        assert clause(said, THEO, MARA, NAMES) is None
