"""What a format of conversations is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from heartsay.conversation import Conversation
from heartsay.formats.source import Source


@dataclass(frozen=True, slots=True)
class FormatSpec:
    """A format of conversations.

    Attributes:
        name: what options and `read(..., format=...)` call it.
        title: what messages and pages call it.
        suffixes: of its files' names, in small letters with the dot; the first is the one it is written with.
        begins: whether a text, given without blank space at its start, begins like one; must be strict.
        read: the conversations of a source, in order, each with the id that the file gives it.
        write: a conversation as a text that `read` takes back as far as the format can hold it, or None;
            raises `InputError` for a conversation that the format cannot hold.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    begins: Callable[[str], bool]
    read: Callable[[Source], Iterator[Conversation]]
    write: Callable[[Conversation], str] | None = None
