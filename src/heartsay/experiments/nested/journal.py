"""The log of what was read when: written by the code, each line bound to the one before it.

A line is never changed, and the last one's hash stands in a file beside it. That is against accidents and
afterthoughts; who makes the whole log anew is not found out. The outer test may be opened once, for models
that are named by hash: whoever is interrupted then goes on with the very same models, and once it has been
read it is refused.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from heartsay.atomic import write_text
from heartsay.errors import InputError

BEGUN, INNER, CHOSEN, OPENED, READ = (
    "begun",
    "inner data read",
    "chosen",
    "outer test opened",
    "outer test read",
)

Entry = dict[str, Any]


class Journal:
    """A file of JSON lines; one process writes it.

    Args:
        path: of the file, which need not exist.

    Raises:
        InputError: a line was changed, removed or put in by hand.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: list[Entry] = []
        if path.exists():
            for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
                entry: Entry = json.loads(line)
                if entry.get("before") != self._last():
                    raise InputError(
                        expected="every line as the program wrote it",
                        found="a line that does not follow the one before it",
                        where=f"{path}, line {number}",
                        do="bring the file back as it was, or begin anew in another folder",
                    )
                self.entries.append(entry)
            self._check_end()

    @property
    def end(self) -> Path:
        """The file that holds the last line's hash."""
        return self.path.with_name(self.path.name + ".end")

    def _check_end(self) -> None:
        """Refuse a log whose last lines were taken away; one that was killed between both files goes on."""
        ends = {digest(entry) for entry in self.entries[-2:]}
        if self.entries and (not self.end.exists() or self.end.read_text("utf-8") not in ends):
            raise InputError(
                expected=f"a log that ends as {self.end.name} says",
                found="another end: a line was removed, or that file is not there",
                where=str(self.path),
                do="bring both files back as they were, or begin anew in another folder",
            )

    def write(self, event: str, **about: Any) -> None:
        """Add a line with the time."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.entries.append({"at": now, "event": event, **about, "before": self._last()})
        lines = "".join(json.dumps(entry) + "\n" for entry in self.entries)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.end.exists():
            write_text(self.end, digest(self.entries[0]))  # so that a log never stands without it
        write_text(self.path, lines)
        write_text(self.end, self._last())

    def of(self, event: str) -> list[Entry]:
        """The lines of one kind."""
        return [entry for entry in self.entries if entry["event"] == event]

    def begin(self, plan: str) -> None:
        """Write down what is planned before anything is read; the same plan may go on.

        Args:
            plan: hash of trials, splits and features.

        Raises:
            InputError: something else had been planned.
        """
        begun = self.of(BEGUN)
        if not begun:
            self.write(BEGUN, plan=plan)
        elif begun[0]["plan"] != plan:
            raise InputError(
                expected=f"the plan of {begun[0]['at']}: its trials, splits and features",
                found="another one",
                where=str(self.path),
                do="bring back what has changed since, or begin anew in another folder with --work",
            )

    def open_outer(self, models: str) -> None:
        """Open the outer test for models whose choices and weights are named by a hash.

        Raises:
            InputError: it has been read, or was opened for other models.
        """
        if read := self.of(READ):
            raise InputError(
                expected="an outer test that nobody has read",
                found=f"one that was read at {read[0]['at']}",
                where=str(self.path),
                do="leave out --read-outer-test: the tables are made from that one reading",
            )
        opened = self.of(OPENED)
        if not opened:
            self.write(OPENED, models=models)
        elif opened[0]["models"] != models:
            raise InputError(
                expected=f"the models for which it was opened at {opened[0]['at']}",
                found="others: a choice or a weight has changed since",
                where=str(self.path),
                do="bring them back, or begin anew in another folder with --work",
            )

    def _last(self) -> str:
        return digest(self.entries[-1]) if self.entries else ""


def digest(content: Any) -> str:
    """A hash of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
