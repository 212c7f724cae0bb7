from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.dummies.conversations import random_conversation
from tests.dummies.model import model_folder

from heartsay.batch.journal import NAME, Entry, Journal, digest
from heartsay.conversation import Event, Word
from heartsay.errors import HeartsayError
from heartsay.pipeline import analyze

SETTINGS = {"model": "abc", "coverage": 0.9}


def entries(count: int) -> list[Entry]:
    conversations = [random_conversation(seed, 3) for seed in range(count)]
    found = [
        Entry(input=digest(c), analysis=a)
        for c, a in zip(conversations, analyze(conversations, model=model_folder()), strict=True)
    ]
    return [*found, Entry(input="bad.json", path="bad.json", error="it is bad")]


def written(folder: Path, count: int = 3) -> list[Entry]:
    journal = Journal.open(folder, SETTINGS, resume=False)
    for entry in entries(count):
        journal.append(entry)
    journal.close()
    return entries(count)


def test_what_was_noted_is_read_back(tmp_path: Path) -> None:
    expected = written(tmp_path)
    journal = Journal.open(tmp_path, SETTINGS, resume=True)
    assert journal.finished == 4
    assert list(journal.entries()) == expected
    journal.close()


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_a_line_cut_by_a_kill_is_dropped_and_written_anew(tmp_path: Path, cut: int) -> None:
    expected = written(tmp_path)
    path = tmp_path / NAME
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    path.write_bytes(whole[: max(last, len(whole) - cut)])

    journal = Journal.open(tmp_path, SETTINGS, resume=True)
    assert journal.finished == 3
    journal.append(expected[-1])
    journal.close()

    assert path.read_bytes() == whole


@pytest.mark.parametrize("left", [b"", b'{"journal": 1, "sett'])
def test_a_journal_killed_in_its_first_line_begins_anew(tmp_path: Path, left: bytes) -> None:
    (tmp_path / NAME).write_bytes(left)
    journal = Journal.open(tmp_path, SETTINGS, resume=True)
    assert journal.finished == 0
    assert list(journal.entries()) == []
    journal.close()


def test_what_a_kill_left_half_written_is_swept_when_the_run_goes_on(tmp_path: Path) -> None:
    written(tmp_path)
    left, own = tmp_path / ".heartsay-0123456789ab.part", tmp_path / "mine.part"
    for path in (left, own):
        path.write_bytes(b"half")
    Journal.open(tmp_path, SETTINGS, resume=True).close()
    assert not left.exists()
    assert own.exists()


def test_an_interrupted_run_is_not_overwritten(tmp_path: Path) -> None:
    written(tmp_path)
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(HeartsayError, match="--resume"):
        Journal.open(tmp_path, SETTINGS, resume=False)
    assert (tmp_path / NAME).read_bytes() == before


def test_a_run_with_other_settings_is_not_resumed(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(HeartsayError, match=r"coverage was 0\.9, now 0\.8"):
        Journal.open(tmp_path, {**SETTINGS, "coverage": 0.8}, resume=True)


def test_a_run_that_stated_more_or_less_than_the_defaults_is_not_resumed(tmp_path: Path) -> None:
    more = {**SETTINGS, "limits": {"evidence_utterances": 2}}
    for name, began, goes_on in (("a", more, SETTINGS), ("b", SETTINGS, more)):
        (tmp_path / name).mkdir()
        Journal.open(tmp_path / name, began, resume=False).close()
        with pytest.raises(HeartsayError, match=r"limits was .*the default"):
            Journal.open(tmp_path / name, goes_on, resume=True)


@pytest.mark.parametrize("content", [b"[]\n", b"hello\n", b'{"settings": 3}\n'])
def test_something_else_of_that_name_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(HeartsayError, match="not a journal"):
        Journal.open(tmp_path, SETTINGS, resume=True)
    assert (tmp_path / NAME).read_bytes() == content


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1] + b'{"input": 3}\n' + lines[3])
    journal = Journal.open(tmp_path, SETTINGS, resume=True)
    with pytest.raises(HeartsayError, match="line 3 is damaged"):
        list(journal.entries())
    journal.close()


def test_two_runs_cannot_write_one_folder(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, SETTINGS, resume=False)
    for resume in (True, False):
        with pytest.raises(HeartsayError, match="another run is writing"):
            Journal.open(tmp_path, SETTINGS, resume=resume)
    journal.close()


CHANGES: tuple[dict[str, Any], ...] = (
    {"start": 1.0},
    {"speaker_confidence": 0.5},
    {"words": (Word("No.", 0.0, 1.0, 0.5),)},
    {"words": (Word("No.", 0.5, 1.0, 0.5),)},
)
"""Of an utterance, of which each makes another analysis or another document."""


def test_the_digest_follows_the_talk() -> None:
    conversation = random_conversation(0, 3)
    first = conversation.utterances[0]
    changed = [
        replace(conversation, id="other"),
        replace(conversation, utterances=conversation.utterances[:2]),
        replace(conversation, events=(Event("[door slams]", 1),)),
        replace(conversation, utterances=(replace(first, text="No."), *conversation.utterances[1:])),
        *(
            replace(conversation, utterances=(replace(first, **change), *conversation.utterances[1:]))
            for change in CHANGES
        ),
    ]
    assert len({digest(conversation), *map(digest, changed)}) == 5 + len(CHANGES)
