"""Tables with a column for each speaker's words, as ELAN exports tiers: rows of times, and who fills one.

The header names a start, an end and no text; every column that is neither a time nor a duration is a tier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from heartsay.errors import InputError
from heartsay.formats.cleaning import Row
from heartsay.formats.clock import in_unit
from heartsay.formats.fields import Field, find_fields
from heartsay.formats.source import Source


def tiers_of(header: Sequence[str], columns: Mapping[str, Field]) -> dict[int, str]:
    """The columns that are tiers, with their names; empty where the table is of another kind."""
    if "text" in columns or "speaker" in columns or not {"start", "end"} <= columns.keys():
        return {}
    return {
        place: name.strip()
        for place, name in enumerate(header)
        if name.strip() and not find_fields((name,)).keys() & {"start", "end", "duration", "id"}
    }


def read_tiers(
    rows: Iterable[tuple[int, list[str]]],
    tiers: Mapping[int, str],
    columns: Mapping[str, Field],
    source: Source,
) -> Iterator[Row]:
    """The utterances of the rows under a header.

    Args:
        rows: line number and cells of each.
        tiers: as `tiers_of` gives them.
        columns: of the times.
        source: the file.

    Raises:
        InputError: a cell of times that is none.
    """
    for line, cells in rows:
        start, end = (_seconds(cells, columns[role], line, source) for role in ("start", "end"))
        for place, name in tiers.items():
            if place < len(cells) and cells[place].strip():
                yield Row(line, cells[place], name, start, end)


def _seconds(cells: Sequence[str], field: Field, line: int, source: Source) -> float | None:
    cell = cells[field.place] if field.place < len(cells) else ""
    if not cell.strip():
        return None
    try:
        seconds = source.time(cell)
    except ValueError:
        raise InputError(
            expected="a time, or a blank cell",
            found=repr(cell[:40]),
            where=source.line(line),
            do="correct it or leave it blank",
        ) from None
    return seconds if field.unit is None or type(seconds) is not float else in_unit(seconds, field.unit)
