"""SubRip captions (`.srt`), with speaker tags `Name: text`, `[Name] text` or `- Name: text`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.clock import format_clock
from heartsay.formats.conversations.captions import (
    Cue,
    parse_timing,
    read_cues,
    require_times,
    write_tagged,
)
from heartsay.formats.source import Source, first_lines
from heartsay.formats.spec import FormatSpec

_TIMES = re.compile(r"\s*[0-9]{1,3}:[0-5][0-9]:[0-5][0-9][,.][0-9]{1,3}\s*-->\s*[0-9]{1,3}:[0-5][0-9]:")
_MARK_UP = re.compile(r"</?(?:[bcius]|font)(?:[\s.][^<>]*)?>|<[0-9][0-9:.]*>|\{\\[^{}]*\}", re.IGNORECASE)


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of a SubRip file, one utterance per caption and speaker.

    A caption's text ends where the next one's number and times begin, so blank lines inside it do no harm.

    Raises:
        InputError: no captions, or times that are none.
    """
    cues: list[Cue] = []
    texts: list[list[str]] = [[]]
    for number, line in enumerate(source.text().split("\n"), 1):
        times = parse_timing(line, source, number)
        if times is None:
            texts[-1].append(line)
            continue
        above = texts[-1]
        identifier = above.pop().strip() if above and above[-1].strip().isdecimal() else ""
        _drop_stray(above, identifier)
        cues.append(Cue(number, identifier, *times, []))
        texts.append([])
    before, *texts = texts
    if not cues or any(line.strip(" \ufeff\t") for line in before):
        found = next((line.strip() for line in before if line.strip()), "")
        raise InputError(
            expected="captions, each a number, a line 00:00:01,000 --> 00:00:02,000, and text",
            found=f"text that begins with {found[:40]!r}" if found else "none",
            where=source.name,
            do="check that this is an SRT file (a WebVTT file is called .vtt)",
        )
    for cue, lines in zip(cues, texts, strict=True):
        cue.raw = "\n".join(line for line in lines if line.strip())
        cue.voices.append((None, _MARK_UP.sub("", cue.raw)))
    yield read_cues(cues, source, [])


def _drop_stray(above: list[str], identifier: str) -> None:
    """Take a number out that an editor left over: that of the next caption, alone between blank lines."""
    lines = [number for number, line in enumerate(above) if line.strip()]
    if identifier and lines and lines[-1] > 0:
        last = lines[-1]
        if above[last].strip() == identifier and not above[last - 1].strip() and last < len(above) - 1:
            del above[last]


def begins(text: str) -> bool:
    """Whether one of the first two lines is one of times."""
    return any(_TIMES.match(line) for line in first_lines(text, 2))


def write(conversation: Conversation) -> str:
    """The conversation as SubRip captions that `read` takes back.

    Captions are numbered from 1, so ids of another kind are lost, as are emotions and pairs; times are
    rounded to milliseconds.

    Raises:
        InputError: an utterance has no start or no end, or a speaker's name cannot be a tag.
    """
    blocks = []
    timed = list(require_times(conversation))
    for number, ((_, start, end), line) in enumerate(zip(timed, write_tagged(conversation), strict=True), 1):
        blocks.append(f"{number}\n{format_clock(start, ',')} --> {format_clock(end, ',')}\n{line}\n")
    return "\n".join(blocks)


FORMAT = FormatSpec("subrip", "SubRip", (".srt",), begins, read, write)
