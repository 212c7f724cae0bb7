"""oTranscribe's `.otr`: JSON with the transcript as HTML, times in spans, names before a colon."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from heartsay.conversation import Conversation
from heartsay.formats.cleaning import build_conversation
from heartsay.formats.conversations.json_values import JsonForm
from heartsay.formats.conversations.text_lines import read_lines
from heartsay.formats.source import Source

_BREAK = re.compile(r"</p>|<p(?:\s[^<>]*)?>|<br\s?/?>|</div>", re.IGNORECASE)
_MARK_UP = re.compile(r"<[^<>]*>")


def _fits(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("text"), str)
        and ("media-time" in document or "timestamp" in document["text"])
        and "<" in document["text"]
    )


def read(document: dict[str, Any], source: Source) -> Iterator[Conversation]:
    """The one conversation of a parsed file.

    Raises:
        InputError: no line of it is told to be a turn.
    """
    lines = [
        html.unescape(_MARK_UP.sub(" ", line)).replace("\u00a0", " ")
        for line in _BREAK.split(document["text"])
    ]
    rows, warnings = read_lines(enumerate(lines, 1), source)
    yield build_conversation(
        rows, source, locate=lambda at: f"{source.name}, line {at} of the text", warnings=warnings
    )


FORM = JsonForm(_fits, read)
