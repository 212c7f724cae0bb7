from __future__ import annotations

import pytest

from heartsay.conversation import Conversation, Utterance
from heartsay.experiments.mecec.told_removal import asked_without
from heartsay.models.hosts.asking import ask

TALK = Conversation("talk", tuple(Utterance(f"u{k}", "AB"[k % 2], f"Line {k}.") for k in range(6)))


@pytest.mark.parametrize("context", [2, 4])
@pytest.mark.parametrize("at", [2, 4, 5])
def test_what_is_taken_away_is_all_that_changes(at: int, context: int) -> None:
    told = ask(TALK, at, "joy", context=context)
    lines = told.context.splitlines()
    for gone in range(max(0, at - context), at):
        found = asked_without(TALK, at, f"u{gone}", "joy", context)
        assert found.context.splitlines() == [line for line in lines if line[3:] != f"Line {gone}."]
        assert len(found.context.splitlines()) == len(lines) - 1, "nothing is told in its place"
        assert (found.words, found.speaker) == (told.words, told.speaker)
