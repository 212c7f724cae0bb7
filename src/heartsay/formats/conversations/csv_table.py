"""Tables of utterances: CSV, semicolon, tab or bar separated, MELD's own CSVs among them.

A header row names the columns: text, and as far as there are any speaker, start, end or duration,
conversation, id and emotion, under the names of `fields`. Columns such as `emotion_1` and `emotion_2`, or
`annotator_a` and `annotator_b`, hold the labels of several annotators. Other columns are passed over. The
rows of a conversation must stand together: an id that comes back later is refused, so that a table of any
length is read row by row. Where no column names speakers and rows hold whole talks, `Agent: ... Customer:
...`, every row is a conversation.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation, clean_text, write_entities
from heartsay.formats.clock import in_unit, parse_moment
from heartsay.formats.conversations.csv_lines import (
    DELIMITERS,
    allow_long_cells,
    header_cells,
    read_cells,
    repaired,
)
from heartsay.formats.conversations.headless import find_columns
from heartsay.formats.conversations.tier_columns import read_tiers, tiers_of
from heartsay.formats.fields import NAMES, Field, find_fields, names_of, plain
from heartsay.formats.source import Source, first_lines
from heartsay.formats.spec import FormatSpec
from heartsay.formats.turns import split_talk

_VOTE = re.compile(r"(?:emotion|annotator|coder|rater)(?:annotator|coder|rater)?(?:\d{1,2}|[a-z])")
"""Names of columns that hold one annotator's label each, where there are two or more."""

_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=(.)"?\s*')
_NO_TIME = frozenset(("", "nan", "none", "null", "na", "n/a", "-"))
_LOOK = 50
"""Rows that are looked at to tell whether they hold whole talks, and whether a column groups them."""

_CLIPS = frozenset(plain(name) for name in NAMES["conversation"] if "file" in name or "audio" in name) | {
    *("video", "videoid", "recording", "document", "docid", "case", "caseid"),
}
"""Columns that name a conversation, or a clip of each utterance."""


_DAYTIMES, _DATES = frozenset(("time", "uhrzeit", "heure", "hora")), frozenset(("date", "datum", "fecha"))

_OWN = ("id", "speaker", "text", "start", "end", "emotion")
"""The header that is written here."""


class _Table(NamedTuple):
    """The header of a table: its line, delimiter and cells, and the column of each role."""

    line: int
    delimiter: str
    header: list[str]
    columns: dict[str, Field]


def read(source: Source) -> Iterator[Conversation]:
    """The conversations of a table, in order, each as soon as its last row is read.

    Raises:
        InputError: no text column, a row of another length than the header, an open quotation mark, a
            conversation in two places, or whatever `build_conversation` refuses.
    """
    allow_long_cells()
    lines = source.lines()
    skipped, first = next(((number, line) for number, line in enumerate(lines) if line.strip()), (0, ""))
    stated = _SEPARATOR_LINE.fullmatch(first)
    if stated:  # as Excel writes it for itself
        skipped, first = next(
            ((number, line) for number, line in enumerate(lines, skipped + 1) if line.strip()), (0, "")
        )
    delimiter, header, columns = read_header(first, stated[1] if stated else None)
    if tiers := tiers_of(header, columns):
        width = len(header)
        numbered = read_cells(repaired(lines, delimiter, width), delimiter, width, source, skipped + 1)
        found = sorted(read_tiers(numbered, tiers, columns, source), key=lambda row: row.start or 0.0)
        yield build_conversation(found, source)
        return
    if "text" not in columns and "conversation" in columns and "speaker" not in columns:
        columns = {**columns, "text": columns["conversation"]}  # `dialogue`, of whole talks
        del columns["conversation"]
    if "text" not in columns:
        begun = list(islice(lines, _LOOK))
        roles = find_columns([line for line in (first, *begun) if line.strip()])
        if roles:
            header = first.rstrip("\n").split("\t")
            table = _Table(skipped, "\t", header, roles)
            blank = "\t" * (len(header) - 1) + "\n"  # stands for the header
            given = repaired(chain([first], begun, lines), "\t", len(header))
            rows = _rows(chain([blank], given), table._replace(line=skipped - 1), source)
            yield from _conversations(rows, table, source)
            return
    if "text" not in columns:
        named = ", ".join(repr(cell[:40]) for cell in header[:12])
        raise InputError(
            expected=f"a header row with a column for the text ({names_of('text', 3)}...)",
            found=f"the columns {named}" if first else "only blank lines",
            where=f"{source.name}, first line",
            do="name the columns, at least speaker and text",
        )
    table = _Table(skipped, delimiter, header, columns)
    rows = _rows(chain([first], repaired(lines, delimiter, len(header))), table, source)
    yield from _conversations(rows, table, source)


def read_header(line: str, delimiter: str | None = None) -> tuple[str, list[str], dict[str, Field]]:
    """Tell a header row's delimiter by the columns it makes known.

    Returns:
        The delimiter, the cells, and the column of each role that is there.
    """
    best: tuple[tuple[int, int], str, list[str], dict[str, Field]] = ((-1, -1), ",", [], {})
    for mark in DELIMITERS if delimiter is None else (delimiter,):
        cells = header_cells(line, mark)
        columns = find_fields(tuple(cells))
        score = (len(columns), len(cells))
        if score > best[0]:
            best = (score, mark, cells, columns)
    return best[1:]


def _vote_columns(header: list[str]) -> list[int]:
    """Columns that each hold one annotator's label; none where there is but one."""
    found = [index for index, name in enumerate(header) if _VOTE.fullmatch(plain(name))]
    return found if len(found) > 1 else []


def _rows(lines: Iterable[str], table: _Table, source: Source) -> Iterator[tuple[str, Row]]:
    """Conversation id and row."""
    skipped, delimiter, header, columns = table
    width, votes = len(header), _vote_columns(header)
    # What a table has no column for is looked up behind its last cell, where a blank one is put.
    nowhere = Field(width)
    text, speaker, conversation, key, emotion = (
        columns.get(role, nowhere).place for role in ("text", "speaker", "conversation", "id", "emotion")
    )
    times = _times(columns, nowhere, source, _date_column(header, columns))
    numbered = read_cells(lines, delimiter, width, source, skipped)
    next(numbered, None)
    for line, cells in numbered:
        cells.append("")
        identifier = clean_text(cells[conversation])
        if not identifier and conversation < width:
            if not any(map(str.strip, cells)):
                continue
            raise InputError(
                expected="a conversation id in every row",
                found="a blank one",
                where=source.line(line),
                do="fill it in",
            )
        start, end = times(cells, line)
        chosen = Counter(cells[column] for column in votes if cells[column].strip()) if votes else None
        row = Row(line, cells[text], cells[speaker], start, end, cells[emotion], cells[key], chosen or None)
        yield identifier, row


Times = Callable[[list[str], int], tuple[float | None, float | None]]


def _date_column(header: list[str], columns: dict[str, Field]) -> int | None:
    """The column of a date that stands beside one of times of day."""
    names = [plain(name) for name in header]
    if "start" not in columns or names[columns["start"].place] not in _DAYTIMES:
        return None
    return next((place for place, name in enumerate(names) if name in _DATES), None)


def _times(columns: dict[str, Field], nowhere: Field, source: Source, date: int | None) -> Times:
    """What gives the start and the end of a row."""
    start, end, duration = (columns.get(role, nowhere) for role in ("start", "end", "duration"))

    def read_times(cells: list[str], line: int) -> tuple[float | None, float | None]:
        if date is not None and (moment := parse_moment(f"{cells[date]} {cells[start.place]}")) is not None:
            return moment, None
        try:
            first = _seconds(cells[start.place], start.unit, source, line, "start")
        except InputError:
            if end is not nowhere or (span := _span(cells[start.place], source)) is None:
                raise
            return span
        last = _seconds(cells[end.place], end.unit, source, line, "end")
        if last is None and first is not None and duration is not nowhere:
            length = _seconds(cells[duration.place], duration.unit, source, line, "duration")
            last = None if length is None else type(first)(first + length)
        return first, last

    return read_times


def _span(cell: str, source: Source) -> tuple[float, float] | None:
    try:
        return source.span(cell)
    except ValueError:
        return None


def _seconds(cell: str, unit: float | None, source: Source, line: int, field: str) -> float | None:
    if not cell:
        return None
    try:
        seconds = source.time(cell)
    except ValueError:
        if cell.strip().casefold() in _NO_TIME:
            return None
    else:
        return seconds if unit is None or type(seconds) is not float else in_unit(seconds, unit)
    raise InputError(
        expected="a time in seconds or as HH:MM:SS.mmm, or a blank cell",
        found=repr(cell[:40]),
        where=f"{source.line(line)}, {field}",
        do="correct it or leave it blank",
    )


def _conversations(rows: Iterator[tuple[str, Row]], table: _Table, source: Source) -> Iterator[Conversation]:
    head = list(islice(rows, _LOOK))
    every: Iterator[tuple[str, Row]] = chain(head, rows)
    columns = table.columns
    talks = sum(len(split_talk(row.text)) > 1 for _, row in head)
    if talks * 2 > len(head) and ("speaker" not in columns or (talks == len(head) and len(head) > 1)):
        yield from _whole_talks(every, source)
        return
    warnings: list[str] = []
    if "conversation" in columns and plain(table.header[columns["conversation"].place]) in _CLIPS:
        ids = [identifier for identifier, _ in head]
        if len(ids) > 1 and len(set(ids)) == len(ids):
            name = table.header[columns["conversation"].place]
            warnings.append(
                f"the column {name!r}, another in every row, is not what groups rows ({source.name})"
            )
            every = (("", row) for _, row in every)
    yield from _group(every, source, warnings, seconds=tuple(table.header) == _OWN)


def _whole_talks(rows: Iterable[tuple[str, Row]], source: Source) -> Iterator[Conversation]:
    """A conversation of every row."""
    known = UniqueIds()
    for number, (identifier, row) in enumerate(rows, 1):
        turns = split_talk(row.text) or [("", row.text)]
        yield build_conversation(
            [Row(row.at, text, speaker) for speaker, text in turns],
            source,
            identifier=known.add(identifier or row.id or str(number), source.line(row.at)),
            where=source.line(row.at),
        )


def _group(
    rows: Iterable[tuple[str, Row]], source: Source, notes: list[str], *, seconds: bool
) -> Iterator[Conversation]:
    def build() -> Conversation:
        where = f"{source.name}, conversation {current!r}" if current else source.name
        return build_conversation(
            gathered,
            source,
            identifier=current or "1",
            where=where,
            warnings=warnings + notes,
            seconds=seconds,
        )

    known = UniqueIds()
    gathered: list[Row] = []
    current = ""
    warnings: list[str] = []
    for conversation, row in rows:
        repairs = source.repairs()
        if conversation != current:
            if gathered:
                yield build()
            known.add(conversation, source.line(row.at))
            current, gathered, warnings = conversation, [], []
        gathered.append(row)
        warnings = warnings or repairs
    # Without any row this refuses the table as one without utterances.
    yield build()


def write(conversation: Conversation) -> str:
    """The conversation as a CSV that `read` takes back: ids, times and emotions, not votes and pairs.

    Cells are written as they are: what spreadsheets take for formulas is not guarded against here.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_OWN)
    for item in conversation.utterances:
        texts = (item.id, write_entities(item.speaker), write_entities(item.text or ""))
        writer.writerow((*texts, item.start, item.end, item.emotion))
    return out.getvalue()


def begins(text: str) -> bool:
    """Whether the first line names at least two columns, one of them for the text, or tiers; or whether
    the first lines are a table without a header, of more than a time, a name and a text."""
    lines = first_lines(text, _LOOK)
    _, header, columns = read_header(lines[0])
    if ("text" in columns and len(columns) > 1) or tiers_of(header, columns):
        return True
    whole = [line for line in lines if line.strip()][:-1] or lines  # the last may break off
    return lines[0].count("\t") > 2 and find_columns(whole).keys() >= {"speaker", "start"}


FORMAT = FormatSpec("csv", "CSV with a header row", (".csv", ".tsv"), begins, read, write)
