"""Tables without a header row, as ELAN exports them by default: columns are told by what they hold.

Of the columns whose cells are all times, the first is the start and the next that is later in every row the
end; the speaker is the first column of few different short cells, and the text the one with most words.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

from heartsay.formats.clock import ClockTime, parse_time
from heartsay.formats.fields import Field

_LEAST_COLUMNS = 3
_SHORT = 60


def find_columns(lines: Sequence[str], delimiter: str = "\t") -> dict[str, Field]:
    """The column of each role in the first lines of a table; empty where they are none.

    Args:
        lines: of the table, without blank ones.
        delimiter: between cells.
    """
    rows = list(csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE))
    width = len(rows[0]) if rows else 0
    if width < _LEAST_COLUMNS or any(len(row) != width for row in rows):
        return {}
    columns = [[row[place].strip() for row in rows] for place in range(width)]
    times = {place: found for place, cells in enumerate(columns) if (found := _times(cells)) is not None}
    others = [place for place in range(width) if place not in times and any(columns[place])]
    if not times or not others:
        return {}
    text = max(others, key=lambda place: sum(len(cell.split()) for cell in columns[place]))
    roles = {"text": Field(text)}
    named = [place for place in others if place != text and all(0 < len(c) <= _SHORT for c in columns[place])]
    if named:
        roles["speaker"] = Field(named[0])
    clocks = [place for place, found in times.items() if all(type(x) is ClockTime for x in found)]
    chosen = clocks or list(times)
    start = chosen[0]
    roles["start"] = Field(start)
    end = next(
        (p for p in chosen[1:] if all(b > a for a, b in zip(times[start], times[p], strict=True))), None
    )
    if end is not None:
        roles["end"] = Field(end)
    return roles


def _times(cells: Sequence[str]) -> list[float] | None:
    try:
        return [parse_time(cell) for cell in cells] if all(cells) else None
    except ValueError:
        return None
