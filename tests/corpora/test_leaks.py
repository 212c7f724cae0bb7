from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from heartsay.conversation import Conversation, Utterance
from heartsay.corpora import drop_held_out, ecf_to_meld, get, load, training_part
from heartsay.corpora.leaks import (
    EVERYBODY,
    HeldOut,
    clean,
    describe,
    describe_splits,
    meld_ids,
    reasons_to_drop,
)
from heartsay.corpora.text import normalise


def talk(id_: str, *texts: str, pairs: frozenset[tuple[int, int]] | None = None) -> Conversation:
    return Conversation(id_, tuple(Utterance(str(i + 1), "Ana", t) for i, t in enumerate(texts)), pairs)


def reasons(conversation: Conversation, held: HeldOut) -> list[str | None]:
    """By the rules that know no map."""
    return [*reasons_to_drop(conversation, held, meld_ids(conversation, {}))]


def test_the_map_is_keyed_by_split_and_position(small_root: Path) -> None:
    mapping = ecf_to_meld(small_root)
    assert mapping["ecf_train_1", 3] == "test_dia0_utt1"
    assert mapping["ecf_dev_2", 0] == "dev_dia0_utt0"
    assert ("ecf_train_1", 4) not in mapping
    assert len(mapping) == 10


def test_held_out_ids_come_from_both_corpora(small_root: Path) -> None:
    test_ids = {"test_dia0_utt0", "test_dia0_utt1", "test_dia0_utt3"}
    assert describe_splits(root=small_root).ids == test_ids | {"dev_dia0_utt0", "dev_dia0_utt1"}
    assert describe_splits(("test",), small_root).ids == test_ids


def test_a_planted_leak_is_found_and_removed(small_root: Path) -> None:
    train, mapping, held = (
        load("ecf", "train", small_root),
        ecf_to_meld(small_root),
        describe_splits(root=small_root),
    )
    assert reasons_to_drop(train[0], held, meld_ids(train[0], mapping)) == [
        None,
        None,
        None,
        "id",
        "beside",
        "id",
    ]
    cleaned = clean(train, held, mapping)
    (left,) = cleaned.conversations
    assert [u.id for u in left.utterances] == ["1", "2", "3"]
    assert left.pairs == {(1, 0), (2, 1)}
    assert cleaned.dropped == {"id": 2, "beside": 1}
    assert drop_held_out(train, root=small_root) == [left]


def test_training_talk_that_leaks_nothing_is_untouched(small_root: Path) -> None:
    train = load("meld", "train", small_root)
    assert drop_held_out(train, root=small_root) == train


def test_development_talk_stays_against_test_and_goes_against_itself(small_root: Path) -> None:
    for corpus in ("meld", "ecf"):
        dev = load(corpus, "dev", small_root)
        assert drop_held_out(dev, ("test",), small_root) == dev
        assert drop_held_out(dev, root=small_root) == []


def test_the_same_words_after_the_same_words_are_held_out() -> None:
    held = describe([talk("x", "Where's my hat?", "On you.")])
    said_before = talk("a", "So .", "Where is my hat ?", "On you .")
    assert reasons(said_before, held) == [None, None, "context"]
    assert reasons(talk("a", "Where is my coat ?", "On you ."), held) == [None, None]
    assert reasons(talk("a", "Where is my hat ?"), held) == ["context"]


def test_a_new_neighbour_made_by_removal_is_looked_at_again() -> None:
    held = describe([talk("x", "Red."), talk("y", "Blue.", "Green.")])
    cleaned = clean([talk("a", "Blue it was.", "Blue.", "Grey."), talk("b", "Red.", "Red.", "Stays.")], held)
    assert [[u.text for u in c.utterances] for c in cleaned.conversations] == [
        ["Blue it was.", "Blue.", "Grey."],
        ["Stays."],
    ]
    assert cleaned.dropped == {"context": 2}


LONG = "one two three four five six seven eight nine"


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        (f"Well {LONG}", True),
        (f"{LONG} and then came ten eleven", True),
        ("one two three four five six seven eight", False),
        (f"{LONG} but the rest of this turn is much too long and says other things altogether", False),
    ],
)
def test_long_shared_runs_of_words_are_held_out(text: str, leaks: bool) -> None:
    held = describe([talk("x", "So.", LONG)])
    assert reasons(talk("a", "Well.", text), held) == [None, "overlap" if leaks else None]


def test_lines_are_looked_at_where_no_map_leads_to_the_others() -> None:
    held = describe([talk("x", "Red.", "We go by the old road.", "Never again.")], by_lines=True)
    train = talk("a", "Grey.", "We go by the old road .", "Never again !", "Never at all.", "So be it.")
    assert reasons(train, held) == [None, "line", "context", None, None]
    assert reasons(train, describe([talk("x", "Red.", "We go by the old road.")])) == [None] * 5
    assert reasons(talk("a", "Grey.", "Red."), held) == [None, None], "short lines say nothing by themselves"


def test_a_scene_of_which_half_is_held_out_goes_whole() -> None:
    held = describe([talk("x", "Red it was, my dear.", "Blue it was, my dear.")], by_lines=True)
    half = talk("a", "Oh.", "Red it was, my dear.", "Well, well.", "Blue it was, my dear.")
    less = talk("b", "Oh.", "Red it was, my dear.", "Well.")
    cleaned = clean([half, less], held)
    assert [(c.id, [u.text for u in c.utterances]) for c in cleaned.conversations] == [
        ("b", ["Oh.", "Well."])
    ]
    assert cleaned.dropped == {"line": 3, "scene": 2}


def test_indices_of_pairs_follow_a_removal() -> None:
    held = describe([talk("x", "Red.", "Blue.")])
    train = talk("a", "Red it is.", "Red.", "Blue.", "Green.", pairs=frozenset({(3, 0), (2, 1), (3, 3)}))
    (left,) = clean([train], held).conversations
    assert [u.text for u in left.utterances] == ["Red it is.", "Red.", "Green."]
    assert left.pairs == {(2, 0), (2, 2)}


# On the real corpora. These look at the result with their own eyes and not through `reasons_to_drop`.


def contexts(conversations: Sequence[Conversation]) -> set[tuple[str, str]]:
    found = set()
    for conversation in conversations:
        previous = ""
        for utterance in conversation.utterances:
            own = normalise(utterance.text)
            found.add((previous, own))
            previous = own
    return found


def ids(conversations: Sequence[Conversation], mapping: Mapping[tuple[str, int], str]) -> set[str]:
    return {
        id_ for conversation in conversations for id_ in meld_ids(conversation, mapping) if id_ is not None
    }


def mapped_by_utterance(
    original: Sequence[Conversation], mapping: Mapping[tuple[str, int], str]
) -> dict[tuple[str, str], str | None]:
    return {
        (conversation.id, utterance.id): mapping.get((conversation.id, index))
        for conversation in original
        for index, utterance in enumerate(conversation.utterances)
    }


@pytest.fixture(scope="session")
def real(real_root: Path) -> dict[tuple[str, str], list[Conversation]]:
    for corpus in ("meld", "ecf"):
        if not (real_root / corpus).is_dir():
            pytest.skip(f"no folder {corpus} in HEARTSAY_DATA")
    return {(c, s): load(c, s, real_root) for c in ("meld", "ecf") for s in ("train", "dev", "test")}


def test_what_the_real_map_says(real: dict[tuple[str, str], list[Conversation]], real_root: Path) -> None:
    mapping = ecf_to_meld(real_root)
    split_of = {u.id: s for s in ("train", "dev", "test") for c in real["meld", s] for u in c.utterances}
    found = {
        split: Counter(
            split_of[mapping[c.id, i]] if (c.id, i) in mapping else "none"
            for c in real["ecf", split]
            for i in range(len(c))
        )
        for split in ("train", "dev", "test")
    }
    assert found == {
        "train": {"train": 9776, "test": 11, "none": 179},
        "dev": {"dev": 1078, "none": 9},
        "test": {"test": 2524, "none": 42},
    }


@pytest.mark.parametrize(
    ("split", "against", "reasons"),
    [
        ("train", ("dev", "test"), {"id": 11, "beside": 2, "context": 308, "overlap": 16}),
        ("dev", ("test",), {"context": 33}),
    ],
)
def test_real_training_and_development_data_share_nothing_with_what_is_held_out(
    real: dict[tuple[str, str], list[Conversation]],
    real_root: Path,
    split: str,
    against: tuple[str, ...],
    reasons: dict[str, int],
) -> None:
    mapping = ecf_to_meld(real_root)
    used = [*real["meld", split], *real["ecf", split]]
    held = [c for corpus in ("meld", "ecf") for s in against for c in real[corpus, s]]
    cleaned = clean(used, describe_splits(against, real_root), mapping)
    left = cleaned.conversations

    by_utterance = mapped_by_utterance(used, mapping)
    left_ids = {by_utterance[c.id, u.id] or u.id for c in left for u in c.utterances}
    assert contexts(used) & contexts(held), "without cleaning there is something to find"
    assert not contexts(left) & contexts(held)
    assert not left_ids & ids(held, mapping)
    assert cleaned.dropped == reasons
    assert sum(map(len, used)) - sum(map(len, left)) == sum(reasons.values())


@pytest.mark.parametrize(
    ("name", "dropped"),
    [
        ("emorynlp", {"context": 584, "overlap": 67, "line": 54, "scene": 117}),
        ("reccon", {"context": 351, "overlap": 37, "line": 19, "scene": 20}),
    ],
)
def test_other_projects_train_on_nothing_that_anybody_holds_out(
    real_root: Path, name: str, dropped: dict[str, int]
) -> None:
    for corpus in EVERYBODY:
        if not (real_root / corpus).is_dir():
            pytest.skip(f"no folder {corpus} in HEARTSAY_DATA")
    splits = [(c, s) for c in EVERYBODY for s in ("dev", "test") if s in get(c).splits]
    held = [c for corpus, split in splits for c in load(corpus, split, real_root)]
    left, found = training_part(name, real_root)
    lines = {line for _, line in contexts(held) if len(line.split()) >= 5}
    assert not contexts(left) & contexts(held)
    assert not {line for _, line in contexts(left)} & lines
    assert found == dropped
    assert sum(map(len, left)) == sum(map(len, load(name, "train", real_root))) - sum(dropped.values())
