"""Chats exported as text: a date and a time before each message, as WhatsApp, Signal, LINE and Zoom write.

A line that begins with a time is a message, `[date, time] Name: text`, `date, time - Name: text`, `[time]
<name> text` or `time From Name to Everyone:`; other lines go on with the one before. What the program says
of itself, and files sent, are no messages. Read line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from heartsay.conversation import Conversation
from heartsay.formats.cleaning import Row, build_conversation
from heartsay.formats.clock import parse_moment
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec

_DATE = r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{2,4}"
_TIME = r"[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?(?:[\s\u202f]?[AaPp]\.?[\s\u202f]?[Mm]\.?)?"
_DATED = re.compile(
    rf"[\u200e\u200f\ufeff]*\[?({_DATE}),?[T\s\u202f]+({_TIME})\]?(?:\s*[-–:]\s+|\s+|\t)[\u200e\u200f]*(.*)",
    re.DOTALL,
)
_NAMED = re.compile(r"([^:\n]{1,80}?):\s+(.*)|([^:\n]{1,80}):\s*$", re.DOTALL)
_ZOOM = re.compile(
    rf"({_TIME})\t?\s*(?:From|Von|De)\s+(.{{1,80}}?)\s+(?:to|an|à)\s+(.{{1,80}}?)\s?:[ \t]*(.*)", re.DOTALL
)
_IRC = re.compile(rf"\[?({_TIME})\]?\s+<[ @+]?([^<>\s]{{1,40}})>\s+(.*)", re.DOTALL)
_LINE = re.compile(rf"({_TIME})\t([^\t\n]{{1,60}})\t(.*)", re.DOTALL)
_SENT = (
    r"<(?:media omitted|medien ausgeschlossen|médias omis|multimedia omitido|attached: [^<>]*)>",
    r"(?:image|video|audio|sticker|gif|document|contact card) omitted",
    r".{1,80} \(file attached\)",
    r"\[(?:photo|video|sticker|album|voice message|file)\]",
    r"(?:this message was|you) deleted(?: this message)?\.?",
)
_MEDIA = re.compile(rf"[\u200e\u200f]*(?:{'|'.join(_SENT)})\s*", re.IGNORECASE)


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of an export.

    Raises:
        InputError: as `build_conversation`.
    """
    rows: list[Row] = []
    parts: list[str] = []
    about = 0
    skipping = False
    for number, line in enumerate(source.lines(), 1):
        message = _message(line)
        if message is None:
            if rows and not skipping and line.strip():
                parts.append(line)
            continue
        _close(rows, parts)
        time, name, text = message
        skipping = not name
        if not name:
            about += 1
            continue
        parts = [f"{text}\n"]
        rows.append(Row(number, "", name.strip(" \u200e\u200f~"), parse_moment(time)))
    _close(rows, parts)
    notes = [f"{about} lines in which nobody speaks left out ({source.name})"] if about else []
    yield build_conversation(rows, source, warnings=notes)


def _close(rows: list[Row], parts: list[str]) -> None:
    """Give the last message its text, now that all its lines are there."""
    if rows and parts:
        text = "".join(parts).strip(" \n\t\r\u200e\u200f")
        media = _MEDIA.fullmatch(text) is not None
        rows[-1] = rows[-1]._replace(text=text, event=media)
        parts.clear()


def _message(line: str) -> tuple[str, str, str] | None:
    """Time, name and text of a line that begins a message; the name is "" where nobody speaks."""
    line = line.rstrip("\n")
    if match := _DATED.match(line):
        named = _NAMED.fullmatch(match[3])
        if named is None:
            return f"{match[1]} {match[2]}", "", match[3]
        return f"{match[1]} {match[2]}", named[1] or named[3], named[2] or ""
    if match := _ZOOM.match(line):
        return match[1], match[2], match[4]
    if (match := _IRC.match(line)) or (match := _LINE.match(line)):
        return match[1], match[2], match[3]
    return None


def begins(text: str) -> bool:
    """Whether most of the first lines that are not indented are messages."""
    lines = [line for line in text[:8000].split("\n")[:40] if line.strip() and not line[0].isspace()]
    messages = sum(_message(line) is not None for line in lines)
    named = sum(1 for line in lines if (found := _message(line)) and found[1])
    return named >= 1 and messages * 3 >= len(lines) and _message(lines[0]) is not None


FORMAT = FormatSpec("chat-export", "a chat export", (".txt",), begins, read)
