"""The drawing of a conversation as numbers: lanes, marks, arcs and ticks, in rows as a score has systems.

The template only writes these numbers down.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import itemgetter

from heartsay.analysis import Analysis
from heartsay.conversation import speaker_indices
from heartsay.report.arcs import add_arcs, links
from heartsay.report.shapes import Lane, Mark, Pause, Size, System, Tick, Timeline
from heartsay.report.spacing import Row, Spacing, break_rows, clock_text, place, space, tick_step

SIZES = (
    Size("wide", width=1120, gutter=120, narrowest=22, head=30, bar=52, foot=30),
    Size("medium", width=680, gutter=96, narrowest=23, head=28, bar=44, foot=29),
    Size("narrow", width=328, gutter=0, narrowest=24, head=46, bar=38, foot=29),
)
ALL_LANES_UP_TO = 6
"""With more speakers than this, a row shows only those who speak in it."""
SHORTEST_GUTTER = 64.0
LETTER = 8.0
"""Width that a letter of a lane name is taken to have."""
LONGEST_NAME = 36
"""Letters of a name within a row, as the template shortens it."""
PAUSE_ROOM = 72.0
"""Width that the words on a silence take."""


def draw(analysis: Analysis, size: Size) -> Timeline:
    """Lay out a conversation at a size: by its times where it has them, evenly where not."""
    utterances = analysis.utterances
    spacing = space([(u.start, u.end) for u in utterances], size.narrowest)
    lanes = speaker_indices(u.speaker for u in utterances)
    fills = [u.emotion.confidence or 0.0 for u in utterances]
    longest = max((len(u.speaker) for u in utterances), default=0)
    gutter = min(size.gutter, max(SHORTEST_GUTTER, longest * LETTER + 12))
    rows = break_rows(spacing.spans, size.width - gutter)
    # Without a gutter names stand within the rows, the first where silences are told.
    named = 0.0 if size.gutter else min(longest, LONGEST_NAME) * LETTER
    systems = [_system(row, spacing, lanes, fills, size, gutter, named) for row in rows]
    add_arcs(links(analysis), systems, size)
    return Timeline(size, gutter, systems, bool(spacing.clock))


def _system(
    row: Row,
    spacing: Spacing,
    speakers: Sequence[int],
    fills: Sequence[float],
    size: Size,
    gutter: float,
    named: float,
) -> System:
    members = range(row.first, row.last)
    everyone = sorted(set(speakers))
    shown = everyone if len(everyone) <= ALL_LANES_UP_TO else sorted({speakers[i] for i in members})
    floor = {speaker: k * size.lane + size.head + size.bar for k, speaker in enumerate(shown)}

    def across(x: float) -> float:
        return gutter + (x - row.left) * row.scale

    marks = []
    for i in members:
        start, end = spacing.spans[i]
        x, right = across(start) + 1.5, across(end) - 1.5
        marks.append(
            Mark(i, x, floor[speakers[i]] - size.bar, max(right - x, 2.0), size.bar, size.bar * fills[i])
        )
    right = max(mark.x + mark.width for mark in marks)
    first_line = row.left
    last_line = max(end for _, end in spacing.spans[row.first : row.last])
    return System(
        first=row.first,
        last=row.last,
        right=right,
        height=len(shown) * size.lane + (size.axis if spacing.clock else 2.0),
        lanes=[Lane(speaker, y) for speaker, y in floor.items()],
        marks=marks,
        ticks=[
            Tick(across(x), text) for x, text in _ticks(spacing, first_line, last_line, right - gutter, size)
        ],
        pauses=_pauses(
            [(across(x), long) for x, long in spacing.pauses if first_line < x < last_line],
            named,
        ),
    )


def _pauses(silences: list[tuple[float, float]], left: float) -> list[Pause]:
    """Silences in order; told are those right of `left`, and of some that lie close together the longest."""
    told: list[float] = []
    for x, _ in sorted(silences, key=itemgetter(1), reverse=True):
        if x - PAUSE_ROOM / 2 >= left and all(abs(x - other) >= PAUSE_ROOM for other in told):
            told.append(x)
    return [Pause(x, clock_text(seconds), x in told) for x, seconds in silences]


def _ticks(spacing: Spacing, first: float, last: float, width: float, size: Size) -> list[tuple[float, str]]:
    start = bisect_left(spacing.clock, first, key=itemgetter(1))
    stop = bisect_right(spacing.clock, last, key=itemgetter(1))
    if stop - start < 2:
        return []
    begin, end = spacing.clock[start][0], spacing.clock[stop - 1][0]
    step = tick_step(end - begin, max(1, int(width / size.tick_room)))
    ticks: list[tuple[float, str]] = []
    apart = size.tick_room * 0.55 * (last - first) / max(width, 1.0)
    moment = -(-begin // step) * step
    while moment <= end:
        x = place(spacing.clock, moment)
        if not ticks or x - ticks[-1][0] >= apart:
            ticks.append((x, clock_text(moment)))
        moment += step
    return ticks
