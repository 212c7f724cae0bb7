from __future__ import annotations

from heartsay.conversation import Conversation, Utterance
from heartsay.explanation.people import Person, person
from heartsay.explanation.reason import reason

TALK = Conversation(
    "c",
    (
        Utterance("1", "Theo", "I sold the van today."),
        Utterance("2", "Mara", "What?"),
        Utterance("3", "Mara", "How could you do that to us without a word, you of all people, Theo?"),
        Utterance("4", "Mara", "I loved that van."),
    ),
)


def known(name: str) -> Person:
    return person(name, "she" if name == "Mara" else "he")


def test_the_own_statement_is_told() -> None:
    found = reason(TALK, 3, "sadness", known)
    assert found.text == "The reason she’s sad is that she loved that van."
    assert found.cites == ["4"]
    assert reason(TALK, 3, "sadness").text == "The reason they’re sad is that they loved that van."


def test_what_is_no_statement_is_quoted() -> None:
    assert reason(TALK, 2, "anger", known).text == (
        "The reason she’s angry is that she said “How could you do that to us without a word, you of…”."
    )


def test_after_a_word_or_two_what_was_said_before_is_the_reason() -> None:
    found = reason(TALK, 1, "surprise", known)
    assert found.text == "The reason she’s surprised is that Theo said he sold the van today."
    assert found.cites == ["1"]
