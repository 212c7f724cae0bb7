"""Talk that was in training is known again without the corpora."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.dummies.conversations import make_conversation, random_conversation

from heartsay.corpora.seen import SHIPPED, SeenTalk, training_talk

LONG = "The boat that we hired for the day never came back to the old harbour."


def test_what_was_put_in_is_known_again_after_saving(tmp_path: Path) -> None:
    SeenTalk.of([make_conversation("a", ("A", LONG), ("B", "No."))]).save(tmp_path / "seen.bin")
    seen = SeenTalk.load(tmp_path / "seen.bin")
    again = make_conversation("b", ("C", LONG.upper()), ("D", "No."), ("C", f"Listen. {LONG[:-12]}"))
    assert seen.utterances(again) == 2


def test_other_talk_is_not_known() -> None:
    seen = SeenTalk.of([random_conversation(n, 20, words=15) for n in range(20)])
    others = [random_conversation(n, 20, words=15) for n in range(1000, 1040)]
    assert sum(map(seen.utterances, others)) == 0
    assert seen.utterances(random_conversation(3, 20, words=15)) == 20


def test_nothing_is_known_of_nothing() -> None:
    assert SeenTalk.of([]).utterances(make_conversation("a", ("A", LONG))) == 0


@pytest.mark.skipif(not os.environ.get("HEARTSAY_DATA"), reason="needs the corpora")
def test_the_shipped_filter_is_that_of_the_training_parts(tmp_path: Path) -> None:
    training = training_talk()
    SeenTalk.of(training).save(tmp_path / "again.bin")
    assert (tmp_path / "again.bin").read_bytes() == SHIPPED.read_bytes()
    seen = SeenTalk.load()
    assert sum(seen.utterances(c) > 0 for c in training[:200]) > 150
