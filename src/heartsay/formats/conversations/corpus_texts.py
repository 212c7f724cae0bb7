"""Texts of corpora that people bring as they are: DailyDialog's and IEMOCAP's transcriptions.

DailyDialog: a dialogue a line, `words __eou__ words __eou__`, speakers in turn (Li et al. 2017). IEMOCAP:
`Ses01F_impro01_F000 [006.2901-008.2357]: words`, the letter before the number says who (Busso et al. 2008).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from heartsay.conversation import Conversation
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation
from heartsay.formats.clock import ClockTime
from heartsay.formats.source import Source, first_lines
from heartsay.formats.spec import FormatSpec

_MARK = "__eou__"
_IEMOCAP = re.compile(
    r"(Ses[0-9]{2}[FM]_\w+_)([FMX]+)([0-9]{1,4}) \[([0-9]+\.[0-9]+)-([0-9]+\.[0-9]+)\]:\s*(.*)"
)


def read_dailydialog(source: Source) -> Iterator[Conversation]:
    """The dialogues of a file, one a line; two speakers take turns, as the corpus says.

    Raises:
        InputError: as `build_conversation`.
    """
    known = UniqueIds()
    count = 0
    for number, line in enumerate(source.lines(), 1):
        if not line.strip():
            continue
        count += 1
        turns = [turn.strip() for turn in line.split(_MARK) if turn.strip()]
        yield build_conversation(
            [Row(number, turn, "AB"[place % 2]) for place, turn in enumerate(turns)],
            source,
            identifier=known.add(str(count), source.line(number)),
            where=source.line(number),
        )


def read_iemocap(source: Source) -> Iterator[Conversation]:
    """The one dialogue of a file, in the order of its times; lines of another form are counted.

    Raises:
        InputError: as `build_conversation`.
    """
    rows, other = [], 0
    for number, line in enumerate(source.lines(), 1):
        match = _IEMOCAP.fullmatch(line.strip())
        if match is None:
            other += bool(line.strip())
            continue
        name, start, end = match[2] + match[3], ClockTime(match[4]), ClockTime(match[5])
        rows.append(Row(number, match[6], match[2], start, end, id=match[1] + name))
    rows.sort(key=lambda row: row.start or 0.0)
    notes = [f"{other} lines without the times of an utterance left out ({source.name})"] if other else []
    yield build_conversation(rows, source, warnings=notes)


DAILYDIALOG = FormatSpec(
    "dailydialog",
    "DailyDialog text",
    (".txt",),
    lambda text: _MARK in first_lines(text, 1)[0],
    read_dailydialog,
)
IEMOCAP = FormatSpec(
    "iemocap",
    "IEMOCAP transcription",
    (".txt",),
    lambda text: _IEMOCAP.fullmatch(first_lines(text, 1)[0].strip()) is not None,
    read_iemocap,
)
