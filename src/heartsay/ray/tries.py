"""How often a partition was begun, and at what its workers died: notes that a dead worker leaves behind.

Whoever begins a partition leaves a note. Who finds one knows that a worker died, and goes on carefully: one
conversation after the other, each named by a note before it is touched. What is named twice has killed two
workers by itself and is set aside. A model is named before it is loaded, too: where the same worker has died
of that twice it is not tried again. The notes of a driver that was killed say nothing of conversations, so
that a new run begins without any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

from heartsay.errors import HeartsayError
from heartsay.ray.places import Place, listed, remove_file, remove_folder, write_bytes

Loaded = TypeVar("Loaded")

ALLOWED = 2
"""How often what kills its worker is tried by itself, and how often a worker dies of loading its model."""

MOST = 100
"""How often a partition is begun before it is given up."""


class Tries:
    """The notes of one partition.

    Args:
        folder: of the notes of all.
        number: of the partition.

    Attributes:
        before: how often it was begun before.

    Raises:
        HeartsayError: it was begun too often, or notes cannot be written.
    """

    def __init__(self, folder: Place, number: int) -> None:
        self._folder = folder / f"{number:06d}"
        self._names = set(listed(self._folder))
        self.before = sum(name.startswith("begun") for name in self._names)
        if self.before >= MOST:
            raise HeartsayError(
                f"partition {number} was begun {self.before} times, and its worker died each time; look at"
                " the memory of the workers, and add --resume to try it again."
            )
        write_bytes(self._folder / f"begun-{self.before}", b"")

    def allowed(self, kind: str, name: str) -> bool:
        """Name what is to be touched next; False where it has been named too often."""
        key = _key(kind, name)
        earlier = sum(note.startswith(key) for note in self._names)
        if earlier >= ALLOWED:
            return False
        write_bytes(self._folder / f"{key}-{earlier}", b"")
        return True

    def survived(self, kind: str, name: str) -> None:
        """Take back the last name: nothing died of it."""
        key = _key(kind, name)
        remove_file(self._folder / f"{key}-{sum(note.startswith(key) for note in self._names)}")

    def forget(self) -> None:
        """The partition is finished."""
        remove_folder(self._folder)


def loading(folder: Place, worker: str, load: Callable[[], Loaded]) -> Loaded | None:
    """What a worker loads, named before it is touched; None where the worker has died of it too often.

    Args:
        folder: of the notes of all.
        worker: its name, which it keeps when it is started again.
        load: loads.

    Raises:
        HeartsayError: notes cannot be written; whatever `load` raises.
    """
    notes = folder / "loading" / worker
    deaths = len(listed(notes))
    if deaths >= ALLOWED:
        return None
    write_bytes(notes / f"begun-{deaths}", b"")
    loaded = load()
    remove_folder(notes)
    return loaded


def _key(kind: str, name: str) -> str:
    return f"{kind}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"
