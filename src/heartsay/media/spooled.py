"""Sound and faces kept out of memory: in a temporary file once there is much of them."""

from __future__ import annotations

import tempfile
import threading
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import in_words

IN_MEMORY = 32_000_000
"""Bytes up to which no file is used: about eight minutes of one channel at 16 kHz."""


Value = TypeVar("Value", bound=np.generic)


class Spooled(Generic[Value]):
    """Rows of numbers by number; the file has no name and is gone when this is.

    Args:
        count: how many there are at most; those that were not put are None.
        kind: of the numbers.
    """

    def __init__(self, count: int, kind: type[Value]) -> None:
        self._kind = np.dtype(kind)
        self._places: list[tuple[int, int] | None] = [None] * count
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - it lives as long as this
        self._lock = threading.Lock()
        self._end = 0

    def __len__(self) -> int:
        return len(self._places)

    def put(self, number: int, row: NDArray[Value]) -> None:
        """Keep a row, (N,).

        Raises:
            HeartsayError: no room for temporary files.
        """
        with in_words(tempfile.gettempdir()):
            self._file.seek(self._end)
            self._file.write(row.tobytes())
        self._places[number] = (self._end, len(row))
        self._end += row.nbytes

    def get(self, number: int) -> NDArray[Value] | None:
        """A row, (N,), or None; several threads may ask at once."""
        place = self._places[number]
        if place is None:
            return None
        with self._lock:
            self._file.seek(place[0])
            return np.frombuffer(self._file.read(place[1] * self._kind.itemsize), self._kind)
