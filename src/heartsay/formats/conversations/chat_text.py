"""Chats exported as text: a date and a time before each message, as WhatsApp, Signal, LINE and Zoom write.

A line that begins with a time is a message, `[date, time] Name: text`, `date, time - Name: text`, `[time]
<name> text`, `time From Name to Everyone:`, or below a line with the day `time<tab>name<tab>text` and
`[name] [time] text`; other lines go on with the one before. What the program says of itself is no message,
and files sent are events. Read line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from heartsay.conversation import Conversation
from heartsay.formats.cleaning import Row, build_conversation
from heartsay.formats.clock import parse_moment
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec

_MARKS = "\u200e\u200f\u202a\u202c\ufeff"
_DATE = r"[0-9]{1,4}[-/.] ?[0-9]{1,2}[-/.] ?[0-9]{1,4}\.?"
_CLOCK = r"[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?"
_HALF = r"[\s\u202f]?(?:[AaPp]\.?[\s\u202f]?[Mm]\.?|[صم])"
_TIME = rf"(?:(?:上午|下午|午前|午後|오전|오후)\s?)?{_CLOCK}(?:{_HALF})?"
_DATED = re.compile(
    rf"[{_MARKS}]*\[?({_DATE})[,،]?[T\s\u202f]+(?:à\s+)?({_TIME})\]?(?:\s*[-–:]\s+|,\s+|\s+|\t)(.*)",
    re.DOTALL,
)
_NAMED = re.compile(r"([^:\n]{1,80}?)\s?:\s+(.*)|([^:\n]{1,80}):\s*$", re.DOTALL)
_ZOOM = re.compile(
    rf"({_TIME})\t?\s*(?:From|Von|De)\s+(.{{1,80}}?)(?:\s+(?:to|an|à)\s+.{{1,80}}?)?\s?:(?:[ \t]+(.*)|\s*$)",
    re.DOTALL,
)
_IRC = re.compile(rf"\[?({_TIME})\]?\s+<[ @+]?([^<>\s]{{1,40}})>\s+(.*)", re.DOTALL)
_ABOUT = re.compile(rf"\[?{_TIME}\]?\s+(?:\*|-!-|-->|<--|===)\s.*", re.DOTALL)
_LINE = re.compile(rf"({_TIME})\t([^\t\n]{{1,60}})\t(.*)", re.DOTALL)
_KAKAO = re.compile(rf"\[([^\[\]\n]{{1,60}})\] \[({_TIME})\] (.*)", re.DOTALL)
_DAY = re.compile(
    r"[-—\s]*(?:[^\W\d_]{3,9},\s+)?"
    r"([0-9]{1,4}[-/.] ?[0-9]{1,2}[-/.] ?[0-9]{1,4}|[0-9]{4}[年년] ?[0-9]{1,2}[月월] ?[0-9]{1,2}[日일])"
    r"(?:[\s.]*\(?[^\W\d_]{1,9}\)?)?[-—\s]*"
)
"""The line above the messages of a day: `2024/01/05(Fri)`, `--- 2024년 1월 5일 금요일 ---`."""

_SENT = (
    r"<[^<>\n]{3,80}>",  # what Android puts in place of a file, in any language
    r"(?:image|video|audio|sticker|gif|document|contact card) omitted",
    r".{1,80} \(file attached\)",
    r"\[(?:photo|video|sticker|album|voice message|file|写真|スタンプ|動画|사진|이모티콘)\]",
    r"(?:this message was|you) deleted(?: this message)?\.?",
    r"null",
)
_MEDIA = re.compile(rf"[{_MARKS}]*(?:{'|'.join(_SENT)})\s*", re.IGNORECASE)
_EDITED = re.compile(rf"\s*[{_MARKS}]*<[^<>]{{3,60}}>[{_MARKS}]*\Z")
"""`<This message was edited>` at the end of a message."""

_FIRST_LINES = 6
"""Lines within which the day of the first messages is named, where an export has such lines."""


class _Message(NamedTuple):
    """The beginning of a message: its time, with the date if the line has it, who sends it, and its text.

    The name is "" where nobody speaks.
    """

    time: str
    name: str
    text: str
    dated: bool = False


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of an export.

    Raises:
        InputError: as `build_conversation`.
    """
    rows: list[Row] = []
    parts: list[str] = []
    about = 0
    skipping = False
    day = "1970-01-01"  # times alone are of one day, and go on after midnight
    for number, line in enumerate(source.lines(), 1):
        message = _message(line)
        if message is None:
            if found := _day(line):
                day = found
            elif rows and not skipping and line.strip():
                parts.append(line)
            elif not rows and line.strip():
                about += 1
            continue
        _close(rows, parts)
        skipping = not message.name
        if skipping:
            about += 1
            continue
        parts = [f"{message.text}\n"]
        when = message.time if message.dated else f"{day} {message.time}"
        rows.append(Row(number, "", message.name.strip(f" {_MARKS}~"), parse_moment(when)))
    _close(rows, parts)
    notes = [f"{about} lines in which nobody speaks left out ({source.name})"] if about else []
    yield build_conversation(rows, source, warnings=notes)


def _close(rows: list[Row], parts: list[str]) -> None:
    """Give the last message its text, now that all its lines are there."""
    if rows and parts:
        text = "".join(parts).strip(" \n\t\r")
        # What the program puts in place of a file, and says in the name of a sender, begins with a mark.
        media = text[:1] == "\u200e" or _MEDIA.fullmatch(text) is not None
        if not media and text[-1:] in ">\u200e":
            text = _EDITED.sub("", text)
        if len(parts) > 1 and text[:1] == text[-1:] == '"':
            text = text[1:-1].replace('""', '"')
        rows[-1] = rows[-1]._replace(text=text.strip(f" {_MARKS}"), event=media)
        parts.clear()


def _day(line: str) -> str | None:
    match = _DAY.fullmatch(line.strip())
    return re.sub(r"[年년月월] ?", "-", match[1]).rstrip("日일") if match else None


def _message(line: str) -> _Message | None:
    """What begins in a line, or None where it goes on with the one before."""
    line = line.rstrip("\n")
    if match := _DATED.match(line):
        when = f"{match[1]} {match[2]}"
        named = _NAMED.fullmatch(match[3])
        if named is None:
            return _Message(when, "", match[3], dated=True)
        return _Message(when, named[1] or named[3], named[2] or "", dated=True)
    if match := _ZOOM.match(line):
        return _Message(match[1], match[2], match[3] or "")
    if (match := _IRC.match(line)) or (match := _LINE.match(line)):
        return _Message(match[1], match[2], match[3])
    if match := _KAKAO.match(line):
        return _Message(match[2], match[1], match[3])
    return _Message("", "", line) if _ABOUT.fullmatch(line) else None


def begins(text: str) -> bool:
    """Whether most of the first lines that are not indented are messages.

    Times before tabs are those of a chat only where a line names the day: else they are of a recording.
    """
    lines = [line for line in text[:8000].split("\n")[:40] if line.strip() and not line[0].isspace()]
    day = next((n for n, line in enumerate(lines[:_FIRST_LINES]) if _day(line)), None)
    if day is None and (not lines or _LINE.match(lines[0]) or _KAKAO.match(lines[0])):
        return False
    lines = lines if day is None else [line for line in lines[day + 1 :] if not _day(line)]
    found = [_message(line) for line in lines]
    messages = sum(message is not None for message in found)
    named = any(message is not None and message.name for message in found)
    return named and messages * 3 >= len(lines) and found[0] is not None


FORMAT = FormatSpec("chat-export", "a chat export", (".txt",), begins, read)
