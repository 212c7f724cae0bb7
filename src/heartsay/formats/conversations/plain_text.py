"""Plain-text transcripts: `NAME: text`, or names and times on lines above the words."""

from __future__ import annotations

from collections.abc import Iterator

from heartsay.conversation import Conversation
from heartsay.formats.cleaning import build_conversation
from heartsay.formats.conversations.text_lines import begins, read_lines
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of a text.

    Raises:
        InputError: no line says who speaks or when.
    """
    rows, warnings = read_lines(enumerate(source.lines(), 1), source)
    yield build_conversation(rows, source, warnings=warnings)


FORMAT = FormatSpec("text", "a plain-text transcript", (".txt", ".aud", ".md"), begins, read)
