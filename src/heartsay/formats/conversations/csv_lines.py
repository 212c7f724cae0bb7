"""Lines of tables, their quotation marks put right before a reader of CSV takes them apart, and their cells.

Programs write cells with quotation marks as RFC 4180 wants it, or never quote at all, or quote without
doubling the marks inside. Which it is shows line by line: by how many cells come out of it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache

from heartsay.errors import InputError
from heartsay.formats.source import Source
from heartsay.limits import limit

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
"""Between cells, with what messages call them."""

_LONGEST_CELL = 2000
"""Lines that one quoted cell may go on for."""


_QUOTED = r'"(?:[^"]|"")*+"'


def _cell(delimiter: str) -> str:
    """A cell that is quoted well, or holds marks only inside; without any way to match it twice."""
    return rf' *+(?:{_QUOTED}|(?!")[^{re.escape(delimiter)}\n]*+)'


@cache
def _whole(delimiter: str) -> re.Pattern[str]:
    """A line whose cells are all whole."""
    cell = _cell(delimiter)
    return re.compile(rf"{cell}(?:{re.escape(delimiter)}{cell})*+\n?")


@cache
def _open(delimiter: str) -> re.Pattern[str]:
    """A line whose last cell is quoted and does not end."""
    return re.compile(rf'(?:{_cell(delimiter)}{re.escape(delimiter)})*+ *+"(?:[^"]|"")*+\n?')


@cache
def _closing(delimiter: str) -> re.Pattern[str]:
    """A line in which the cell that is open ends, and no other is left open."""
    cell = _cell(delimiter)
    return re.compile(rf'(?:[^"]|"")*+"(?:{re.escape(delimiter)}{cell})*+\n?')


def repaired(lines: Iterator[str], delimiter: str, width: int) -> Iterator[str]:
    """The lines, with the quotation marks of cells that were not quoted doubled inside quotes.

    Args:
        lines: of a table, each with its line end.
        delimiter: between cells.
        width: cells of the header.
    """
    waiting: list[str] = []
    for line in lines:
        if not waiting and '"' not in line:
            yield line
            continue
        if not waiting:
            if _whole(delimiter).fullmatch(line):
                yield line
            elif _open(delimiter).fullmatch(line):
                waiting.append(line)
            else:
                yield _literal(line, delimiter, width)
            continue
        waiting.append(line)
        if _closing(delimiter).fullmatch(line) or len(waiting) > _LONGEST_CELL:
            # Lines that each have the cells of the header are no cell that goes on over lines.
            if all(each.count(delimiter) == width - 1 for each in waiting):
                yield from (_literal(each, delimiter, width) for each in waiting)
            else:
                yield from waiting
            waiting = []
    if waiting and all(each.count(delimiter) == width - 1 for each in waiting if each.strip()):
        yield from (_literal(each, delimiter, width) for each in waiting)
    else:
        yield from waiting


def _literal(line: str, delimiter: str, width: int) -> str:
    """A line whose quotation marks are meant as they stand, quoted as a reader of CSV wants it.

    A cell in quotation marks that were not doubled inside loses the outer ones. A line that has not the
    header's cells is left to the reader, which refuses it.
    """
    cells = line.rstrip("\n").split(delimiter)
    if len(cells) != width:
        return line
    if len(cells) > 1 or '"' in line:
        cells = [f'"{_inner(cell.strip())}"' if '"' in cell else cell for cell in cells]
    return delimiter.join(cells) + "\n"


def _inner(cell: str) -> str:
    """What goes between quotation marks for a cell that holds some."""
    if len(cell) > 2 and cell[0] == cell[-1] == '"' and re.match(r'[^"]*(?:\s"|$)', cell[1:-1]):
        cell = cell[1:-1]  # the first mark inside opens, so the outer ones are the cell's
    return cell.replace('"', '""')


def header_cells(line: str, delimiter: str) -> list[str]:
    """The cells of a header row; none where its quotation marks are amiss."""
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def allow_long_cells() -> None:
    """Let a cell be as long as a line may be; the library's own limit is 131,072 characters."""
    csv.field_size_limit(max(csv.field_size_limit(), limit("text_bytes")))


def read_cells(
    lines: Iterable[str], delimiter: str, width: int, source: Source, skipped: int
) -> Iterator[tuple[int, list[str]]]:
    """The number of the line and the cells of each row, as many as the header has; blank rows are left out.

    Args:
        lines: of the table, with quotation marks as RFC 4180 wants them.
        delimiter: between cells.
        width: cells of the header.
        source: the file, for messages.
        skipped: lines before these.

    Raises:
        InputError: a row of another length, or an open quotation mark.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            line = skipped + reader.line_num
            if len(cells) != width:
                if not any(map(str.strip, cells)):
                    continue
                if len(cells) < width or any(map(str.strip, cells[width:])):
                    raise _wrong_width(width, len(cells), delimiter, source, line)
                del cells[width:]
            yield line, cells
    except csv.Error as error:
        open_quote = "unexpected end" in str(error)
        raise InputError(
            expected="quotation marks in pairs around a cell, and doubled inside it",
            found="one that is never closed" if open_quote else "one in the middle of a cell",
            where=f"{source.name}, up to the end" if open_quote else source.line(skipped + reader.line_num),
            do="check that the file is complete, and double the quotation marks inside quoted cells",
        ) from None


def _wrong_width(width: int, found: int, delimiter: str, source: Source, line: int) -> InputError:
    mark = DELIMITERS.get(delimiter, repr(delimiter))
    return InputError(
        expected=f"{width} cells as in the header",
        found=f"{found}",
        where=source.line(line),
        do=f"put quotation marks around cells that contain {mark}"
        if found > width
        else "check that the file was written completely",
    )
