from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError
from heartsay.explanation.annotations import Annotated, read, single
from heartsay.formats import read_many
from heartsay.training.explained_talk import explained_talk, names_of, utterances_by_name


def talk(number: int) -> list[Conversation]:
    return [
        Conversation(
            id=f"c{k}",
            utterances=(
                Utterance(id="1", speaker="Ben", text="I sold\nthe van."),
                Utterance(id="2", speaker="Mara", text="You did what?", emotion="anger"),
                Utterance(id=f"only-{k}", speaker="Ben", text="Well.", emotion="neutral"),
            ),
        )
        for k in range(number)
    ]


def written(*items: str, text: str = "Ben sold the van.", emotion: str | None = None) -> dict[str, Annotated]:
    return {item: Annotated(item, "anna", text, emotion) for item in items}


def test_explanations_become_questions_with_the_talk_before_them() -> None:
    found = explained_talk(written(*(f"c{k}/2" for k in range(12))), talk(12))
    assert (len(found.parts["train"]), len(found.parts["dev"]), found.notes[1:]) == (11, 1, ())
    assert found.notes[0].startswith("12 explanations are few to learn from")
    first = found.parts["train"][0]
    assert (first.emotion, first.speaker, first.answer) == ("anger", "Mara", "Ben sold the van.")
    assert first.context == "Ben: I sold the van.\n"


def test_no_conversation_is_in_both_parts() -> None:
    items = [f"c{k}/{u}" for k in range(9) for u in ("1", "2")]
    told = {item: Annotated(item, "anna", f"Of {item[:2]}.", "joy") for item in items}
    found = explained_talk(told, talk(9))
    of = {name: {asked.answer for asked in part} for name, part in found.parts.items()}
    assert of["dev"]
    assert not of["dev"] & of["train"]


def test_what_is_left_out_is_said() -> None:
    given = (
        written("c0/2", "c1/2") | written("c2/2", text="Ben sold the v") | written("c3/1", "only-3", "x/9")
    )
    found = explained_talk(given, talk(4))
    assert found.left_out == 4
    assert len(found.notes) == 4
    assert "1 explanation does not end as a sentence does and was left out, that of c2/2" in found.notes
    assert "1 explanation is of no utterance of this talk and was left out, that of x/9" in found.notes
    more = explained_talk(given | written("x/8"), talk(4))
    assert "2 explanations are of no utterance of this talk and were left out, x/9 among them" in more.notes


def test_a_name_that_two_utterances_have_names_neither() -> None:
    places = utterances_by_name(talk(2))
    assert "2" not in places
    assert places["only-1"][0].id == "c1"
    assert names_of(talk(2))["c1", "only-1"] == "c1/only-1"  # as the others are called, whose ids repeat
    assert names_of(talk(2))["c0", "2"] == "c0/2"
    assert names_of(talk(1))["c0", "2"] == "2"


def test_names_are_longer_until_no_two_are_alike() -> None:
    one = talk(1)[0]
    inside = [replace(one, id=f"{folder}/c0") for folder in ("a", "b")]
    assert names_of(inside)["a/c0", "2"] == "a/c0/2"
    assert names_of([one, inside[0]]) == {
        (c, u): f"{c}/{u}" for c in ("c0", "a/c0") for u in ("1", "2", "only-0")
    }
    assert names_of([]) == {}


def test_one_conversation_is_too_few() -> None:
    with pytest.raises(InputError, match="at least two conversations"):
        explained_talk(written("c0/2"), talk(1))
    with pytest.raises(InputError, match="of no utterance"):
        explained_talk(written("9"), talk(3))


def test_the_example_of_the_documentation_joins_without_loss() -> None:
    example = Path(__file__).resolve().parents[2] / "docs" / "annotated"
    both = read([example / "anna.csv", example / "ben.csv"])
    assert (len(both.rows), both.warnings) == (32, ())
    conversations = [
        item for item in read_many([str(example / "talk.csv")]) if isinstance(item, Conversation)
    ]
    found = explained_talk(single(example / "anna.csv").rows, conversations)
    assert found.left_out == 0
    assert sum(map(len, found.parts.values())) == 16
    names = set(names_of(conversations).values())
    assert {row.item for row in both.rows} <= names  # as `generate` calls them
