"""YouTube's captions (`.sbv`): a line of times `0:00:01.000,0:00:03.000`, then the words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.clock import ClockTime, parse_clock
from heartsay.formats.conversations.captions import Cue, read_cues
from heartsay.formats.source import Source, first_lines
from heartsay.formats.spec import FormatSpec

_TIMES = re.compile(r"\s*([0-9]+:[0-9]{2}:[0-9]{2}\.[0-9]{1,3}),([0-9]+:[0-9]{2}:[0-9]{2}\.[0-9]{1,3})\s*")


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of a file.

    Raises:
        InputError: words before the first times, or times that are none.
    """
    cues: list[Cue] = []
    said: list[list[str]] = []  # lines of each cue
    for number, line in enumerate(source.text().split("\n"), 1):
        times = _TIMES.fullmatch(line)
        if times:
            try:
                start, end = (ClockTime(parse_clock(part)) for part in times.groups())
            except ValueError:
                raise _misfit(line, source.line(number)) from None
            cues.append(Cue(number, "", start, end, []))
            said.append([])
        elif line.strip():
            if not cues:
                raise _misfit(line, source.line(number))
            said[-1].append(line)
    for cue, lines in zip(cues, said, strict=True):
        cue.voices = [(None, "\n".join(lines))]
    yield read_cues(cues, source, [])


def _misfit(line: str, where: str) -> InputError:
    return InputError(
        expected="times such as 0:00:01.000,0:00:03.000",
        found=repr(line.strip()[:60]),
        where=where,
        do="correct the line",
    )


FORMAT = FormatSpec(
    "sbv", "SBV", (".sbv",), lambda text: _TIMES.fullmatch(first_lines(text, 1)[0]) is not None, read
)
