"""What of recordings was recognised, and what was heard of whole ones, so that a killed run goes on there.

Files beside the results, named by what they depend on: the recording, the model, where speech is in it, what
lies beside it. They are removed once the results are written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from heartsay import __version__
from heartsay.atomic import write_text
from heartsay.conversation import Conversation, Word

VERSION = 1
"""Of what lies in such a file; another version's is not used."""

PREFIX = ".heartsay-heard-"
_READ_WHOLE = 1 << 20


class Notes:
    """Words by piece, kept in a folder; in memory alone where there is none."""

    def __init__(self, folder: Path | None, depends_on: Mapping[str, Any]) -> None:
        self._known: dict[int, tuple[Word, ...]] = {}
        self._path: Path | None = None
        if folder is not None:
            key = json.dumps({"version": VERSION, **depends_on}, sort_keys=True)
            self._path = folder / f"{PREFIX}{hashlib.sha256(key.encode()).hexdigest()[:20]}.jsonl"
            self._load(self._path)

    def words(self, piece: int) -> tuple[Word, ...] | None:
        """The words of a piece, if it was recognised before."""
        return self._known.get(piece)

    def add(self, piece: int, words: tuple[Word, ...]) -> None:
        """Keep the words of a piece; they survive a kill from here on."""
        self._known[piece] = words
        if self._path is not None:
            row = [[w.text, w.start, w.end, w.probability] for w in words]
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([piece, row]) + "\n")

    def _load(self, path: Path) -> None:
        whole = 0
        with suppress(OSError, ValueError, TypeError):
            for line in path.read_bytes().splitlines(keepends=True):
                if not line.endswith(b"\n"):
                    break
                piece, rows = json.loads(line)
                self._known[int(piece)] = tuple(Word(str(t), *map(float, rest)) for t, *rest in rows)
                whole += len(line)
        if path.exists():  # without half a line at the end, which the next would be joined to
            with path.open("r+b") as file:
                file.truncate(whole)


class Whole:
    """What was heard of a whole recording, kept in a folder; nowhere if there is none."""

    def __init__(self, folder: Path | None, depends_on: Mapping[str, Any]) -> None:
        self._path: Path | None = None
        if folder is not None:
            key = json.dumps({"version": __version__, **depends_on}, sort_keys=True)
            self._path = folder / f"{PREFIX}{hashlib.sha256(key.encode()).hexdigest()[:20]}.json"

    def load(self) -> Conversation | None:
        """The conversation, if it was heard before."""
        if self._path is None:
            return None
        with suppress(OSError, ValueError):
            return TypeAdapter(Conversation).validate_json(self._path.read_bytes())
        return None

    def keep(self, conversation: Conversation) -> None:
        """Keep a conversation; it survives a kill from here on."""
        if self._path is not None:
            write_text(self._path, TypeAdapter(Conversation).dump_json(conversation).decode())


def remove_notes(folder: Path) -> None:
    """Remove what was kept, once everything is done."""
    for path in folder.glob(f"{PREFIX}*"):
        path.unlink(missing_ok=True)


def fingerprint(path: Path) -> str:
    """A recording by its size and its first and last megabyte: enough, without reading hours of it."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(_READ_WHOLE))
        file.seek(max(0, size - _READ_WHOLE))
        digest.update(file.read(_READ_WHOLE))
    return digest.hexdigest()
