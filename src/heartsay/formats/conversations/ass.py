"""Advanced SubStation Alpha (`.ass`, `.ssa`): `Dialogue:` lines whose fields a `Format:` line names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.clock import ClockTime, parse_clock
from heartsay.formats.conversations.captions import Cue, read_cues
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec

_OVERRIDE = re.compile(r"\{[^{}]*\}")
_BREAK = re.compile(r"\\[Nn]")
_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of a file, in the order of its times.

    Raises:
        InputError: no dialogue, or times that are none.
    """
    fields, cues = list(_FIELDS), []
    in_events = False
    for number, line in enumerate(source.text().split("\n"), 1):
        kind, _, rest = line.strip().partition(":")
        if line.lstrip().startswith("["):
            in_events = line.strip().casefold() == "[events]"
        elif in_events and kind == "Format":
            fields = [name.strip().casefold() for name in rest.split(",")]
        elif kind == "Dialogue":
            cells = [cell.strip() for cell in rest.split(",", len(fields) - 1)]
            cue = _cue(dict(zip(fields, cells, strict=False)), number, source)
            cues.append(cue)
    if not cues:
        raise InputError(
            expected="lines 'Dialogue: ...' under [Events]",
            found="none",
            where=source.name,
            do="check that the file was written completely",
        )
    yield read_cues(sorted(cues, key=lambda cue: cue.start), source, [])


def _cue(cell: dict[str, str], number: int, source: Source) -> Cue:
    try:
        start, end = (ClockTime(parse_clock(cell[name])) for name in ("start", "end"))
    except (KeyError, ValueError):
        raise InputError(
            expected="a dialogue with a start and an end such as 0:00:01.00",
            found=repr(", ".join(cell.values())[:60]),
            where=source.line(number),
            do="correct the line",
        ) from None
    raw = cell.get("text", "")
    text = _BREAK.sub("\n", _OVERRIDE.sub("", raw)).replace("\\h", " ")
    return Cue(number, "", start, end, [(cell.get("name", cell.get("actor", "")) or None, text)], raw)


FORMAT = FormatSpec(
    "ass", "SubStation Alpha", (".ass", ".ssa"), lambda text: text.startswith("[Script Info]"), read
)
