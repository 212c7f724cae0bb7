"""RTTM: who speaks when, as diarisation tools write it (NIST, Rich Transcription 2009 evaluation plan, A).

A line has ten fields; of `SPEAKER` lines, the fourth is the onset, the fifth the duration in seconds and the
eighth the speaker. Other lines, and those of other recordings in the same file, are passed over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from heartsay.errors import InputError
from heartsay.formats.source import open_path

JOINED = 0.3
"""Seconds; turns of one speaker with a shorter pause between them are one utterance."""


class SpeakerTurn(NamedTuple):
    """From when to when somebody speaks, in seconds."""

    start: float
    end: float
    speaker: str


def read_rttm(path: Path, recording: str) -> list[SpeakerTurn]:
    """The turns of a recording, by their start.

    Args:
        path: the file.
        recording: stem of the recording's name; where the file has turns of it, those of others are left
            out, and where it has turns of one other alone, these are taken.

    Raises:
        InputError: it cannot be read, or has no turns, or turns of several other recordings alone.
    """
    with open_path(str(path)) as source:
        lines = [(number, line.split()) for number, line in enumerate(source.text().splitlines(), 1)]
    spoken = [(number, fields) for number, fields in lines if fields and fields[0] == "SPEAKER"]
    if not spoken:
        raise _refused(path, 1, "no line that begins with SPEAKER")
    own = [(number, fields) for number, fields in spoken if fields[1:2] == [recording]]
    others = sorted({fields[1] for _, fields in spoken if len(fields) > 1})
    if not own and len(others) > 1:
        names = ", ".join(others[:3]) + ("" if len(others) < 4 else " and more")
        raise InputError(
            expected=f"turns of {recording!r}, or of one recording alone",
            found=f"those of {len(others):,} others ({names})",
            where=str(path),
            do="let the second field of its lines be the name of the recording without its ending",
        )
    found = sorted(_turn(path, number, fields) for number, fields in own or spoken)
    return list(_joined(found))


def _turn(path: Path, number: int, fields: list[str]) -> SpeakerTurn:
    if len(fields) < 8:
        raise _refused(path, number, f"{len(fields)} fields")
    try:
        start, seconds = float(fields[3]), float(fields[4])
    except ValueError:
        raise _refused(path, number, f"the times {fields[3]!r} and {fields[4]!r}") from None
    if not (0 <= start < math.inf and 0 <= seconds < math.inf):
        raise _refused(path, number, f"the times {fields[3]!r} and {fields[4]!r}")
    return SpeakerTurn(start, start + seconds, fields[7])


def _joined(turns: list[SpeakerTurn]) -> Iterator[SpeakerTurn]:
    last: SpeakerTurn | None = None
    for turn in turns:
        if last is not None and turn.speaker == last.speaker and turn.start - last.end < JOINED:
            last = last._replace(end=max(last.end, turn.end))
            continue
        if last is not None:
            yield last
        last = turn
    if last is not None:
        yield last


def _refused(path: Path, line: int, found: str) -> InputError:
    return InputError(
        expected="RTTM, ten fields a line: SPEAKER file channel onset duration <NA> <NA> speaker <NA> <NA>",
        found=found,
        where=f"{path}, line {line}",
        do="write it with a diarisation tool, or name another transcript",
    )
