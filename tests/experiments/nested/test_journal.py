"""The log of what was read when: it cannot be rewritten, and the outer test opens once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heartsay.errors import InputError
from heartsay.experiments.nested.journal import INNER, OPENED, READ, Journal, digest


def test_the_outer_test_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).open_outer("models 1")
    Journal(path).open_outer("models 1")  # interrupted, and gone on with
    with pytest.raises(InputError, match="a choice or a weight has changed"):
        Journal(path).open_outer("models 2")
    Journal(path).write(READ, readings="of them")
    with pytest.raises(InputError, match="one that was read at 20"):
        Journal(path).open_outer("models 1")
    assert [entry["event"] for entry in Journal(path).entries] == [OPENED, READ]


@pytest.mark.parametrize("spoil", ["change", "remove", "put in"])
def test_a_line_that_somebody_changed_is_found(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "journal.jsonl"
    for run in ("a", "b", "c"):
        Journal(path).write(INNER, run=run)
    lines = path.read_text("utf-8").splitlines()
    if spoil == "change":
        lines[1] = json.dumps({**json.loads(lines[1]), "run": "d"})
    elif spoil == "remove":
        del lines[1]
    else:
        lines.insert(1, json.dumps({"event": READ, "before": ""}))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(InputError, match="does not follow the one before it"):
        Journal(path)


@pytest.mark.parametrize("spoil", ["last line", "end"])
def test_a_log_without_its_end_is_found(tmp_path: Path, spoil: str) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for event in (OPENED, READ):
        journal.write(event)
    if spoil == "last line":
        first = journal.path.read_text("utf-8").splitlines()[0]
        journal.path.write_text(first + "\n", "utf-8")
    else:
        journal.end.unlink()
    with pytest.raises(InputError, match="a line was removed, or that file is not there"):
        Journal(journal.path)


@pytest.mark.parametrize("before", [0, 1])
def test_a_log_that_was_killed_between_its_files_goes_on(tmp_path: Path, before: int) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for run in range(before):
        journal.write(INNER, run=run)
    end = journal.end.read_text("utf-8") if before else None
    journal.write(INNER, run="killed after this line")
    journal.end.write_text(end or digest(journal.entries[0]), "utf-8")
    again = Journal(journal.path)
    again.write(READ)
    assert [entry["event"] for entry in Journal(journal.path).entries] == [INNER] * (before + 1) + [READ]


def test_another_plan_than_the_one_written_down_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).begin("plan 1")
    Journal(path).begin("plan 1")
    with pytest.raises(InputError, match="trials, splits and features"):
        Journal(path).begin("plan 2")
    assert len(Journal(path).entries) == 1
