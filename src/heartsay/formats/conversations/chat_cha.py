"""CHAT transcripts of TalkBank and CHILDES (`.cha`): main lines `*MOT:<tab>words`, times in milliseconds.

Words stay as they are coded; dependent tiers (`%mor:`) are passed over, comments on sounds and actions
(`%act:`, `%com:`, `&=laughs`) are events. Format: the CHAT manual of TalkBank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, build_conversation
from heartsay.formats.clock import in_unit
from heartsay.formats.fields import MILLISECONDS
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec

_BULLET = re.compile(r"\s*[\x15•](?:%\w+:\"[^\"]*\")?_?([0-9]{1,9})_([0-9]{1,9})[\x15•]")
_MAIN = re.compile(r"\*([\w-]{1,10}):\s*(.*)", re.DOTALL)
_EVENT = re.compile(r"&=([\w:]+)")
_SPACES = re.compile(r" {2,}")
_COMMENTS = ("%act:", "%com:", "%par:", "%gpx:", "%exp:")


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of a transcript.

    Raises:
        InputError: a line that is no header, no main line and no tier, or no main line at all.
    """
    rows: list[Row] = []
    tiers = 0
    for number, line in _lines(source):
        if line.startswith("@"):
            continue
        if line.startswith("%"):
            tiers += not line.startswith(_COMMENTS)
            if line.startswith(_COMMENTS):
                rows.append(Row(number, f"[{line.partition(':')[2].strip()}]", event=True))
            continue
        match = _MAIN.fullmatch(line)
        if match is None:
            raise InputError(
                expected="a line '*MOT:' and what was said, '%mor:' or '@Header'",
                found=repr(line.strip()[:60]),
                where=source.line(number),
                do="check that this is a CHAT transcript",
            )
        spoken = match[2]
        times = _BULLET.search(spoken)
        start, end = (
            (in_unit(float(part), MILLISECONDS) for part in times.groups()) if times else (None, None)
        )
        words = _BULLET.sub("", spoken)
        rows += [
            Row(number, f"[{event[1]}]", match[1], start, end, event=True) for event in _EVENT.finditer(words)
        ]
        rows.append(Row(number, _SPACES.sub(" ", _EVENT.sub(" ", words)).strip(), match[1], start, end))
    noun = "1 line" if tiers == 1 else f"{tiers} lines"
    notes = [f"{noun} of dependent tiers (%mor and the like) left out ({source.name})"] if tiers else []
    yield build_conversation(rows, source, warnings=notes)


def _lines(source: Source) -> Iterator[tuple[int, str]]:
    """Lines with those that go on after a tab joined, each with the number of its first."""
    current, at = "", 0
    for number, line in enumerate(source.lines(), 1):
        line = line.rstrip("\n").lstrip("\ufeff")
        if line[:1] in ("\t", " ") and current:
            current += f" {line.strip()}"
        else:
            if current.strip():
                yield at, current
            current, at = line, number
    if current.strip():
        yield at, current


FORMAT = FormatSpec("chat", "CHAT", (".cha",), lambda text: text.startswith(("@UTF8", "@Begin")), read)
