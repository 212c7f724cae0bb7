"""WebVTT captions (`.vtt`), with voices `<v Name>text` or tags `Name: text`."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.clock import format_clock
from heartsay.formats.conversations.captions import (
    Cue,
    parse_timing,
    read_cues,
    require_times,
    without_doubles,
)
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec

_HEADER = re.compile(r"WEBVTT(?:[ \t].*)?")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t\n]+([^<>]*)>|</v>|<v>")
_NUMBERED_NAME = re.compile(r'(?:[0-9]+\s+)?"([^"]{1,80})"(?:\s+\([0-9]+\))?')
"""An identifier that says who speaks, as Webex writes: `3 "Ana Gil" (2468)`."""

_OTHER_MARK_UP = re.compile(r"</?(?:[cibu]|ruby|rt|lang|font)(?:[.\s][^<>]*)?>|<[0-9][0-9:.]*>")


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of a WebVTT file, one utterance per cue and voice.

    Notes, styles, regions, cue settings and mark-up other than voices are passed over.

    Raises:
        InputError: no `WEBVTT` at its beginning, no cues, or times that are none.
    """
    lines = source.text().lstrip("\ufeff").split("\n")
    if not _HEADER.fullmatch(lines[0].rstrip()):
        raise InputError(
            expected="WEBVTT in the first line",
            found=repr(lines[0].strip()[:40]) if lines[0].strip() else "a blank line",
            where=source.name,
            do="check that this is a WebVTT file (a SubRip file is called .srt)",
        )
    warnings: list[str] = []
    cues = list(_cues(lines, source, warnings))
    if not cues:
        raise InputError(
            expected="at least one cue, a line 00:00:01.000 --> 00:00:02.000 and text",
            found="none",
            where=source.name,
            do="check that the file was written completely",
        )
    if sum(line[:6] == "WEBVTT" and _HEADER.fullmatch(line.rstrip()) is not None for line in lines) > 1:
        cues = without_doubles(cues, source.name, warnings)
    yield read_cues(_named(cues), source, warnings)


def _named(cues: list[Cue]) -> list[Cue]:
    """Cues with the speakers that their identifiers name, where all do."""
    names = [_NUMBERED_NAME.fullmatch(cue.identifier) for cue in cues]
    if not all(names):
        return cues
    return [
        replace(cue, identifier="", voices=[(speaker or name[1], text) for speaker, text in cue.voices])
        for cue, name in zip(cues, names, strict=True)
        if name
    ]


def _cues(lines: list[str], source: Source, warnings: list[str]) -> Iterator[Cue]:
    number = 1 if lines else 0
    stray = 0
    header = True  # what it has to say goes up to a blank line, or to the first times
    while number < len(lines):
        line = lines[number].strip()
        header = (header and line != "") or (line[:6] == "WEBVTT" and _HEADER.fullmatch(line) is not None)
        if not line or (header and not _times_follow(lines, number)):
            number += 1
            continue
        header = False
        identifier = ""
        times = parse_timing(line, source, number + 1) if "-->" in line else None
        if times is None and number + 1 < len(lines) and "-->" in lines[number + 1]:
            times = parse_timing(lines[number + 1], source, number + 2)
            if times is not None:
                identifier = line
                number += 1
        at = number + 1
        text: list[str] = []
        number += 1
        while number < len(lines) and (more := lines[number]) and "-->" not in more:
            if not more.isspace():
                text.append(more)
            elif _ends(lines, number):
                break
            number += 1
        if times is not None:
            raw = "\n".join(text)
            yield Cue(at, identifier, *times, _voices(raw), raw)
        elif lines[at - 1].split(maxsplit=1)[0] not in ("NOTE", "STYLE", "REGION"):
            stray += 1
    if stray:
        warnings.append(
            f"{stray} block{'s' if stray > 1 else ''} of text without times left out ({source.name})"
        )


def _times_follow(lines: list[str], number: int) -> bool:
    """Whether a cue begins in a line: with its times, or with its identifier and then these."""
    return "-->" in lines[number] or (number + 1 < len(lines) and "-->" in lines[number + 1])


def _ends(lines: list[str], number: int) -> bool:
    """Whether a line of blank space ends a cue; where more words come, it stands within the cue."""
    after = next((n for n in range(number, min(len(lines), number + 50)) if lines[n].strip()), None)
    return after is None or not all(lines[n] for n in range(number, after)) or _times_follow(lines, after)


def _voices(text: str) -> list[tuple[str | None, str]]:
    """The text of a cue, cut where voices begin and end."""
    if text.count("<") <= 1:  # as most are: one voice, or none
        if "<" not in text:
            return [(None, text if text.strip() else "")]
        name, closing, words = text[3:].partition(">")
        if text[:3] == "<v " and closing and "\n" not in name and words.strip() and name.strip():
            return [(name.strip(), words)]
    pieces: list[tuple[str | None, str]] = []
    speaker: str | None = None
    cursor = 0
    for mark in [*_VOICE.finditer(text), None]:
        piece = text[cursor : mark.start() if mark else len(text)]
        piece = _OTHER_MARK_UP.sub("", piece)
        if piece.strip():
            pieces.append((speaker, piece))
        if mark:
            speaker = (mark[1] or "").strip() or None
            cursor = mark.end()
    return pieces or [(speaker, "")]


def write(conversation: Conversation) -> str:
    """The conversation as WebVTT that `read` takes back, ids as cue identifiers and speakers as voices.

    Emotions and pairs are lost, and times are rounded to milliseconds.

    Raises:
        InputError: an utterance has no start or no end, or its id cannot be a cue identifier.
    """
    blocks = ["WEBVTT\n"]
    for item, start, end in require_times(conversation):
        if "-->" in item.id:
            raise InputError(
                expected="an id that can be a cue identifier",
                found=repr(item.id[:40]),
                where=f"conversation {conversation.id!r}",
                do="rename the utterance, or write JSON or CSV instead",
            )
        times = f"{format_clock(start)} --> {format_clock(end)}"
        blocks.append(f"{item.id}\n{times}\n<v {_escape_name(item.speaker)}>{_escape(item.text or '')}\n")
    return "\n".join(blocks)


def _escape_name(name: str) -> str:
    """A name whose hyphens make no arrow with the mark that ends it, as in times."""
    text = _escape(name)
    return f"{text[:-1]}&#45;" if text.endswith("--") else text


def _escape(text: str) -> str:
    return html.escape(text, quote=False)


FORMAT = FormatSpec("webvtt", "WebVTT", (".vtt",), lambda text: text.startswith("WEBVTT"), read, write)
