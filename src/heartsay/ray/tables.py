"""Parquet tables of utterances, whose conversations may be spread over rows, row groups and files.

Rows are gathered first: a unit of the table is read, its rows are sorted into buckets by a hash of their
conversation and written as one Arrow file with a record batch for each bucket. A partition is then made of
one bucket of all files, and has its conversations whole. The text of a billion utterances is small beside
what it takes to read them, so tables that are sorted already are treated no differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from heartsay.errors import InputError
from heartsay.formats.analyses.rows import COLUMNS, CONTROL
from heartsay.formats.clock import parse_time
from heartsay.formats.fields import find_fields, names_of
from heartsay.ray.buckets import bucket_of, ends_of
from heartsay.ray.listing import Entry
from heartsay.ray.places import Place, in_words, opened, temporary_name

if TYPE_CHECKING:
    import pyarrow as pa

UNIT = 1_000_000
"""Rows that are gathered together, and held in memory, at most."""

BATCH = 65_536
"""Rows that are read at once."""

ROLES = ("conversation", "id", "speaker", "text", "start", "end")
"""What is read of a table; `conversation` and `text` it must have."""


class Unit(NamedTuple):
    """Rows of one file that are gathered together.

    Attributes:
        number: of the unit.
        path: of the file.
        groups: its first row group, and the one after its last.
        first: how many rows of the whole table come before.
    """

    number: int
    path: str
    groups: tuple[int, int]
    first: int


@dataclass(frozen=True)
class Table:
    """The tables of a run, which count as one.

    Attributes:
        rows: in all of them.
        units: what is gathered together.
        kept: columns that are handed on.
        ends: for each bucket that conversations are sorted into, the hash that is the first beyond it.
    """

    rows: int
    units: tuple[Unit, ...]
    kept: tuple[str, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Table:
        """The table of a plan as JSON holds it."""
        units = (Unit(n, path, (a, b), first) for n, path, (a, b), first in content["units"])
        return cls(content["rows"], tuple(units), tuple(content["kept"]), tuple(content["ends"]))


def columns_of(
    names: Sequence[str], where: str, kept: Sequence[str] = ()
) -> dict[str, tuple[str, float | None]]:
    """The column of each role, and the seconds in its unit where its name states one.

    Columns that are kept have no role: `date` may be that of a call, and no time in it.

    Raises:
        InputError: there is none of conversations or of what was said.
    """
    names = [name for name in names if name not in kept]
    fields = find_fields(tuple(names))
    found = {role: (names[field.place], field.unit) for role, field in fields.items() if role in ROLES}
    named = next((name for name in names if name.casefold() == "utterance"), None)
    if "id" not in found and named is not None and found.get("text", ("",))[0] != named:
        found["id"] = (named, None)
    for role in ("conversation", "text"):
        if role not in found:
            raise InputError(
                expected=f"a table with a column for the {role} ({names_of(role, 3)}...)",
                found=f"the columns {', '.join(repr(name[:40]) for name in names[:12])}",
                where=where,
                do="name the columns conversation, utterance, speaker, text, start and end",
            )
    return found


def survey(tables: Sequence[Entry], kept: Sequence[str], workers: int) -> Table:
    """Look at the footers of tables.

    Args:
        tables: that count as one, in this order.
        kept: columns that are handed on.
        workers: that there are.

    Raises:
        InputError: one is no Parquet table, or lacks columns.
        HeartsayError: it cannot be read.
    """
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda entry: _footer(entry.path, kept), tables))
    units, rows = list[Unit](), 0
    kinds = found[0][1] if found else {}
    for entry, (groups, own) in zip(tables, found, strict=True):
        if differing := [name for name in kept if own[name] != kinds[name]]:
            name = differing[0]
            raise InputError(
                expected=f"the column {name!r} of one type in all tables, as it is to be kept",
                found=f"{own[name]}, and {kinds[name]} in {tables[0].path}",
                where=entry.path,
                do="convert it, or keep other columns",
            )
        begin, size = 0, 0
        for number, length in enumerate(groups):
            if size and size + length > UNIT:
                units.append(Unit(len(units), entry.path, (begin, number), rows))
                rows, begin, size = rows + size, number, 0
            size += length
        units.append(Unit(len(units), entry.path, (begin, len(groups)), rows))
        rows += size
    return Table(rows, tuple(units), tuple(kept), ends_of(rows, workers))


def _footer(path: str, kept: Sequence[str]) -> tuple[list[int], dict[str, str]]:
    """The rows of each row group of a table that has what is needed, and the types of what is kept."""
    taken = {name.casefold() for name in (*COLUMNS, *CONTROL)}
    if clashing := [name for name in kept if name.casefold() in taken]:
        raise InputError(
            expected="columns to keep that are not called as a column of the results is",
            found=repr(clashing[0]),
            where="--keep",
            do="rename it in the table",
        )
    with _file(path) as table:
        names = table.schema_arrow.names
        columns_of(names, path, kept)
        if lacking := [name for name in kept if name not in names]:
            raise InputError(
                expected=f"the columns {', '.join(kept)}, which are to be kept",
                found=f"none called {', '.join(lacking)}",
                where=path,
                do=f"keep some of {', '.join(names[:12])}",
            )
        groups = [table.metadata.row_group(k).num_rows for k in range(table.metadata.num_row_groups)]
        return groups, {name: str(table.schema_arrow.field(name).type) for name in kept}


def _file(path: str) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    filesystem, where = opened(path)
    with in_words(path):
        try:
            found = parquet.ParquetFile(filesystem.open_input_file(where))
            _ = found.schema_arrow.names  # which need not be text
            return found
        except (pa.ArrowInvalid, ValueError) as error:
            raise InputError(
                expected="a Parquet table",
                found=" ".join(str(error).split())[:200],
                where=path,
                do="write it again: it may be half-written",
            ) from error


def kept_schema(table: Table) -> Any:
    """The columns that are handed on, as an Arrow schema; None where there are none."""
    import pyarrow as pa

    if not table.kept:
        return None
    with _file(table.units[0].path) as file:
        schema = file.schema_arrow
        return pa.schema([schema.field(name).with_nullable(True) for name in table.kept])


def gather(unit: Unit, table: Table, folder: Place) -> int:
    """Sort the rows of a unit into buckets and write them, in pieces of `UNIT` rows; returns the pieces.

    Each piece is an Arrow file with a record batch for each bucket, in their order.

    Raises:
        InputError: a column is not of the kind that it must be.
        HeartsayError: the table cannot be read, or the folder not be written.
    """
    import pyarrow as pa

    held: list[pa.Table] = []
    pieces, waiting, row = 0, 0, unit.first
    with _file(unit.path) as file, in_words(unit.path):
        columns = columns_of(file.schema_arrow.names, unit.path, table.kept)
        wanted = list(dict.fromkeys([name for name, _ in columns.values()] + list(table.kept)))
        for batch in file.iter_batches(BATCH, row_groups=list(range(*unit.groups)), columns=wanted):
            held.append(uniform(batch, columns, table.kept, row, unit.path))
            row += batch.num_rows
            waiting += batch.num_rows
            if waiting >= UNIT:  # a single row group may hold more
                _write(pa.concat_tables(held), table.ends, folder / f"{unit.number:06d}-{pieces:03d}.arrow")
                pieces, held, waiting = pieces + 1, [], 0
    if held:
        _write(pa.concat_tables(held), table.ends, folder / f"{unit.number:06d}-{pieces:03d}.arrow")
        pieces += 1
    return pieces


def uniform(
    batch: Any, columns: Mapping[str, tuple[str, float | None]], kept: Sequence[str], row: int, where: str
) -> pa.Table:
    """Rows with columns named by role, of one type each, and the row's number in the whole table.

    Args:
        batch: of Arrow, rows of a table.
        columns: as `columns_of` finds them.
        kept: columns that are handed on, as `kept:NAME`.
        row: number of the first one.
        where: how messages call the table.

    Raises:
        InputError: a column is not of the kind that it must be.
    """
    import pyarrow as pa

    made: dict[str, Any] = {}
    for role in ROLES:
        if role not in columns:
            made[role] = pa.nulls(batch.num_rows, pa.float64() if role in ("start", "end") else pa.string())
            continue
        name, unit = columns[role]
        try:
            if role in ("start", "end"):
                made[role] = _seconds(batch.column(name), unit)
            else:
                made[role] = batch.column(name).cast(pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
            raise InputError(
                expected="times: seconds, 00:01:02.5, or points in time"
                if role in ("start", "end")
                else "text",
                found=" ".join(str(error).split())[:120],
                where=f"{where}, column {name!r}",
                do="convert the column, name it otherwise, or keep it beside the results with --keep",
            ) from error
    made["row"] = pa.array(np.arange(row, row + batch.num_rows, dtype=np.int64))
    for name in kept:
        made[f"kept:{name}"] = batch.column(name)
    return pa.table(made)


def _seconds(column: Any, unit: float | None) -> Any:
    """A column of times in seconds; points in time are seconds since 1970.

    Raises:
        ValueError: a text is no time.
        ArrowInvalid: the column is of another kind, as `ArrowNotImplementedError`.
    """
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_temporal(column.type) and not pa.types.is_time(column.type):
        moments = column.cast(pa.timestamp("us")).cast(pa.int64())
        return compute.divide(moments.cast(pa.float64()), 1e6)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts = column.to_pylist()
        times = [float(parse_time(text)) if text and text.strip() else None for text in texts]
        return pa.array(times, pa.float64())
    numbers = column.cast(pa.float64())
    if unit is None or unit == 1.0:
        return numbers
    # 2400 milliseconds are the very float 2.4, as readers of text have it.
    return compute.divide(numbers, float(round(1 / unit))) if unit < 1 else compute.multiply(numbers, unit)


def _write(rows: pa.Table, buckets: Sequence[int], place: Place) -> None:
    import pyarrow as pa

    encoded = rows.column("conversation").combine_chunks().dictionary_encode()
    codes = np.array([bucket_of(name, buckets) for name in encoded.dictionary.to_pylist()] or [0])
    numbers = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)
    of_row = codes[numbers] if len(encoded.dictionary) else np.zeros(len(rows), np.int64)
    of_row = np.where(np.asarray(encoded.is_null()), bucket_of(None, buckets), of_row)
    order = np.argsort(of_row, kind="stable")
    ends = np.searchsorted(of_row[order], np.arange(len(buckets) + 1))
    rows = rows.take(pa.array(order)).combine_chunks()
    filesystem, path = opened(place.name)
    with in_words(place):
        filesystem.create_dir(path.rpartition("/")[0], recursive=True)
        temporary = temporary_name(path)
        with filesystem.open_output_stream(temporary) as sink, pa.ipc.new_file(sink, rows.schema) as writer:
            for begin, end in pairwise(ends.tolist()):
                found = rows.slice(begin, end - begin).combine_chunks().to_batches()
                writer.write_batch(found[0] if found else pa.RecordBatch.from_pylist([], rows.schema))
        filesystem.move(temporary, path)


def bucket(number: int, pieces: Sequence[Place]) -> pa.Table:
    """The rows of one bucket of all pieces, those of a conversation together, in the table's order.

    Raises:
        HeartsayError: a piece cannot be read.
    """
    import pyarrow as pa

    found = []
    for piece in pieces:
        filesystem, path = opened(piece.name)
        with in_words(piece), filesystem.open_input_file(path) as file:
            found.append(pa.Table.from_batches([pa.ipc.open_file(file).get_batch(number)]))
    return pa.concat_tables(found).sort_by([("conversation", "ascending"), ("row", "ascending")])


def talks(rows: pa.Table) -> Iterator[tuple[str | None, pa.Table]]:
    """The rows of each conversation, where those of one stand together."""
    names = rows.column("conversation").to_pylist()
    begin = 0
    for place in range(1, len(names) + 1):
        if place == len(names) or names[place] != names[begin]:
            yield names[begin], rows.slice(begin, place - begin)
            begin = place
