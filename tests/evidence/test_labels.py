from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.dummies.conversations import make_conversation
from tests.dummies.model import build_tokenizer

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.evidence.labels import LabelledPack, label_packs
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tokens import TokenSettings
from heartsay.labels import EMOTIONS, LabelSpace

TOKENIZER = build_tokenizer()
SHORT, LONG = (TokenSettings(lead=2, end=3, pad=0, unknown=1, longest=n) for n in (64, 512))


def labelled(emotions: list[str | None], pairs: set[tuple[int, int]] | None) -> Conversation:
    plain = make_conversation("c", *[("AB"[k % 2], "the boat is late again") for k in range(len(emotions))])
    said = tuple(replace(u, emotion=emotion) for u, emotion in zip(plain.utterances, emotions, strict=True))
    return replace(plain, utterances=said, pairs=None if pairs is None else frozenset(pairs))


def gold_of(item: LabelledPack) -> set[tuple[int, int]]:
    assert item.pair is not None
    place = item.pack.utterance
    return {(int(place[i]), int(place[j])) for i, j in zip(*np.nonzero(item.pair), strict=True)}


def test_labels_stand_on_the_rows_of_their_utterances() -> None:
    emotions = ["joy", None, "anger", "neutral"]
    (item,) = label_packs(labelled(emotions, {(2, 0), (3, 3), (1, 2)}), TOKENIZER, LONG)
    assert item.emotion.tolist() == [EMOTIONS.index("joy"), UNLABELLED, EMOTIONS.index("anger"), 0]
    assert item.pair is not None
    assert item.pair.shape == (4, 4)
    assert gold_of(item) == {(2, 0), (3, 3), (1, 2)}


def test_no_pairs_and_unannotated_are_told_apart() -> None:
    (none_found,) = label_packs(labelled(["joy"], set()), TOKENIZER, LONG)
    (not_annotated,) = label_packs(labelled(["joy"], None), TOKENIZER, LONG)
    assert none_found.pair is not None
    assert not none_found.pair.any()
    assert not_annotated.pair is None


def test_each_window_has_the_labels_of_what_it_shows() -> None:
    count = 30
    pairs = {(k, k - 1) for k in range(1, count)} | {(count - 1, 0)}
    emotions: list[str | None] = [EMOTIONS.names[k % 7] for k in range(count)]
    items = label_packs(labelled(emotions, pairs), TOKENIZER, SHORT)
    assert len(items) > 2
    for item in items:
        shown = item.pack.utterance.tolist()
        assert item.emotion.tolist() == [k % 7 for k in shown]
        assert gold_of(item) == {(i, j) for i, j in pairs if i in shown and j in shown}


def test_a_row_is_paired_when_its_utterance_is_in_any_gold_pair_seen_whole_or_not() -> None:
    count = 30
    pairs = {(count - 1, 0), (7, 6), (9, 9)}
    emotions: list[str | None] = ["joy"] * count
    items = label_packs(labelled(emotions, pairs), TOKENIZER, SHORT)
    assert len(items) > 2
    for item in items:
        assert item.paired is not None
        assert item.paired.tolist() == [k in (0, 6, 7, 9, count - 1) for k in item.pack.utterance]
    (unannotated,) = label_packs(labelled(["joy"], None), TOKENIZER, LONG)
    assert unannotated.paired is None
    (empty,) = label_packs(labelled(["joy"], set()), TOKENIZER, LONG)
    assert empty.paired is not None
    assert not empty.paired.any()


def test_votes_become_shares_and_a_label_without_votes_stands_alone() -> None:
    plain = labelled(["joy", None, None], None)
    votes = {"joy": 3, "surprise": 1}
    voted = replace(
        plain,
        utterances=(plain.utterances[0], replace(plain.utterances[1], votes=votes), plain.utterances[2]),
    )
    (item,) = label_packs(voted, TOKENIZER, LONG)
    assert item.shares is not None
    assert item.shares.sum(1).tolist() == [1.0, 1.0, 0.0]
    assert item.shares[0, EMOTIONS.index("joy")] == 1.0
    assert [item.shares[1, EMOTIONS.index(name)] for name in ("joy", "surprise")] == [0.75, 0.25]
    (hard,) = label_packs(plain, TOKENIZER, LONG)
    assert hard.shares is None


def test_labels_are_those_of_the_space_that_is_given() -> None:
    space = LabelSpace(("merry", "glum"))
    (item,) = label_packs(labelled(["glum", "merry"], None), TOKENIZER, LONG, space)
    assert item.emotion.tolist() == [1, 0]
    with pytest.raises(InputError, match="glum"):
        label_packs(labelled(["glum"], None), TOKENIZER, LONG)
