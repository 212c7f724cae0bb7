"""What a run has finished, line by line, so that a run that was killed can go on.

``progress.jsonl`` in the output folder: first a line with the settings of the run, then one line per
input in the order of reading, either a conversation with its analysis or a file that could not be read.
A line counts once its line end is there; whatever a kill left after the last one is cut off.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import astuple
from io import BufferedRandom
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from heartsay.analysis import Analysis
from heartsay.atomic import lock, remove_leftovers
from heartsay.conversation import Conversation
from heartsay.errors import HeartsayError

NAME = "progress.jsonl"

_NAME = re.compile(rb'^{"input":"[^"]*","analysis":{[^{}]*?"conversation":("(?:[^"\\]|\\.)*")')
"""The id of the conversation in a line of the journal."""


class Entry(BaseModel):
    """One input that has been dealt with.

    Attributes:
        input: what it was, so that a resumed run notices when its inputs have changed.
        analysis: of a conversation.
        path: of a file that could not be read.
        error: why it could not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: str
    analysis: Analysis | None = None
    path: str | None = None
    error: str | None = None


class Journal:
    """An open journal; a second run cannot open it at the same time.

    Attributes:
        path: where it is.
        finished: entries that were there when it was opened.
    """

    def __init__(self, path: Path, file: BufferedRandom, finished: int) -> None:
        self.path = path
        self.finished = finished
        self._file = file

    @classmethod
    def open(cls, folder: Path, settings: dict[str, Any], *, resume: bool) -> Self:
        """Begin a journal in `folder`, or go on with the one that is there.

        Raises:
            HeartsayError: there is one and `resume` is false, it is of a run with other settings, or
                another run is writing it.
            OSError: it cannot be written.
        """
        path = folder / NAME
        there = path.exists()
        file = path.open("r+b" if there else "x+b")
        try:
            lock(file, folder)
            if there and not resume:
                raise HeartsayError(
                    f"{folder} holds a run that was interrupted; add --resume to go on with it, name another"
                    f" folder with --out, or delete {path} to begin anew."
                )
            remove_leftovers(folder)
            lines = _cut_to_whole_lines(file)
            file.seek(0)
            if lines == 0:
                try:
                    _write(file, json.dumps({"journal": 1, "settings": settings}))
                except OSError:  # no room: what says nothing must not stand in the way of the next run
                    path.unlink()
                    raise
                return cls(path, file, 0)
            _check_settings(file.readline(), settings, folder)
            file.seek(0, os.SEEK_END)
            return cls(path, file, lines - 1)
        except BaseException:
            file.close()
            raise

    def append(self, entry: Entry) -> None:
        """Note an input as dealt with; it survives a kill from here on."""
        _write(self._file, entry.model_dump_json(exclude_defaults=True))

    def entries(self, wanted: Callable[[str], bool] = lambda conversation: True) -> Iterator[Entry]:
        """All entries in order, one at a time.

        Args:
            wanted: tells by a conversation's id whether its entry is; others are passed over without being
                read, and what is no conversation is wanted.

        Raises:
            HeartsayError: a line is not one that this version writes.
        """
        with self.path.open("rb") as file:
            next(file)
            for number, line in enumerate(file, 2):
                try:
                    name = _NAME.search(line)
                    if name is not None and not wanted(json.loads(name[1])):
                        continue
                    entry = Entry.model_validate_json(line)
                except ValueError as error:
                    raise HeartsayError(
                        f"{self.path}, line {number} is damaged or of another version;"
                        " delete the file to begin anew."
                    ) from error
                yield entry

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):  # what could not be flushed has been reported when it was written
            self._file.close()

    def remove(self) -> None:
        """Close and delete it: the run is finished, or nothing came of it."""
        self.close()
        self.path.unlink(missing_ok=True)


def digest(conversation: Conversation) -> str:
    """A short hash of everything in a conversation that its analysis depends on."""
    content: list[Any] = [conversation.id, conversation.source, conversation.warnings]
    content += [astuple(event) for event in conversation.events]
    if (recording := conversation.recording) is not None:
        # Its size stands for what is in it: to hash hours of sound would take long.
        content.append([str(recording), recording.stat().st_size if recording.is_file() else None])
    turns: list[Any] = [
        (u.id, u.speaker, u.text, u.start, u.end, u.speaker_confidence) for u in conversation.utterances
    ]
    turns += [
        [[w.text, w.start, w.end, w.probability] for w in u.words] for u in conversation.utterances if u.words
    ]
    return hashlib.sha256(json.dumps([content, turns]).encode()).hexdigest()[:16]


def _write(file: BufferedRandom, line: str) -> None:
    file.write(line.encode() + b"\n")
    file.flush()


def _cut_to_whole_lines(file: BufferedRandom) -> int:
    """Cut what follows the last line end; returns the number of lines left."""
    lines = end = 0
    file.seek(0)
    for line in file:
        if line.endswith(b"\n"):
            lines += 1
            end += len(line)
    file.truncate(end)
    return lines


def _check_settings(line: bytes, settings: dict[str, Any], folder: Path) -> None:
    try:
        found = json.loads(line)["settings"]
        refuse_other_settings(found, settings, folder)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise HeartsayError(f"{folder / NAME} is not a journal; move it away and begin anew.") from None


def refuse_other_settings(found: Mapping[str, Any], settings: Mapping[str, Any], folder: object) -> None:
    """Refuse to go on with a run of a folder that had other settings.

    Raises:
        HeartsayError: names what differs.
    """
    # Also what one of them alone states: defaults are not written down.
    names = dict.fromkeys((*settings, *found))
    differing = [name for name in names if found.get(name) != settings.get(name)]
    if differing:
        was = ", ".join(
            f"{name} was {_show(found.get(name))}, now {_show(settings.get(name))}" for name in differing
        )
        raise HeartsayError(
            f"{folder} holds a run with other settings ({was}); resume it with the same settings, or name"
            " another folder with --out."
        )


def _show(value: Any) -> str:
    if value is None:
        return "the default"
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 20 else f"{text[:12]}…"
