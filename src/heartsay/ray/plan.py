"""What a run will do, written down before it begins: the partitions, and what each is made of.

``plan/parts.jsonl`` holds a line for each partition: files, a share of one large file, or a bucket of the
tables' conversations. ``plan/plan.json`` is written last and holds the rest. A resumed run follows the plan
that is there, so that the same conversations land in the same partitions whatever happened in between.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from heartsay.errors import HeartsayError, InputError
from heartsay.media import is_recording
from heartsay.ray.listing import Entry
from heartsay.ray.places import Place, put_file, read_bytes, write_bytes
from heartsay.ray.tables import Table, survey

FIRST, BYTES = 8 * 1024, 512 * 1024
"""Bytes of files that are read into one partition: into the first ones, and at most."""

FILES = 1000
"""Files that are read into one partition at most."""

SHARES = 64
"""Parts that one large file is divided into at most: each worker reads all of it and analyses its share."""

SHARED = (".jsonl", ".csv", ".tsv")
"""Suffixes of files that hold many conversations and are read bit by bit."""

_PLAN, _PARTS = "plan/plan.json", "plan/parts.jsonl"


@dataclass(frozen=True)
class Part:
    """What a partition is made of.

    Attributes:
        number: of it.
        files: that are read into it.
        share: of the conversations of the only file those whose position leaves this remainder, by a divisor.
        bucket: of the gathered rows of tables, or None.
    """

    number: int
    files: tuple[Entry, ...] = ()
    share: tuple[int, int] = (0, 1)
    bucket: int | None = None


@dataclass(frozen=True)
class Plan:
    """What a run will do.

    Attributes:
        settings: what the results depend on, as JSON holds it.
        lines: offset and length of the line of each part in ``parts.jsonl``.
        table: the tables among the inputs, or None.
    """

    settings: Mapping[str, Any]
    lines: tuple[tuple[int, int], ...]
    table: Table | None


def made(
    out: Place,
    settings: Mapping[str, Any],
    found: Iterable[Entry],
    kept: tuple[str, ...],
    workers: int,
    of_recordings: Callable[[], Mapping[str, Any]] = dict,
) -> Plan:
    """Make the plan of a run and write it down; memory holds no list of files.

    Args:
        out: folder of the outputs.
        settings: what the results depend on.
        found: the inputs, as `listing.entries`.
        kept: columns of tables that are handed on beside the results.
        workers: that there are.
        of_recordings: gives what results depend on besides; asked where there are recordings.

    Raises:
        InputError: there is nothing to read, or a table lacks columns.
        HeartsayError: the plan cannot be written.
    """
    tables: list[Entry] = []
    lines: list[tuple[int, int]] = []
    with tempfile.TemporaryDirectory() as scratch:
        local = Path(scratch, "parts.jsonl")
        with local.open("wb") as file:
            for entries, share in _grouped(found, tables, workers):
                _write_line(file, lines, {"files": entries, "share": share})
                if is_recording(entries[0].path):
                    settings = {**settings, **of_recordings()}
            table = survey(tables, kept, workers) if tables else None
            for bucket in range(len(table.ends) if table else 0):
                _write_line(file, lines, {"bucket": bucket})
        if not lines:
            raise InputError(
                expected="conversations",
                found="no file",
                where=", ".join(map(str, settings["sources"]))[:300],
                do="check the path",
            )
        if kept and table is None:
            raise InputError(
                expected="tables, whose columns can be kept",
                found="none",
                where="--keep",
                do="leave it out, or name Parquet tables",
            )
        put_file(local, out / _PARTS)
    content = {"plan": 1, "settings": settings, "lines": lines, "table": table and asdict(table)}
    write_bytes(out / _PLAN, json.dumps(content).encode())
    return Plan(settings, tuple(lines), table)


def _write_line(file: IO[bytes], lines: list[tuple[int, int]], part: Mapping[str, Any]) -> None:
    line = json.dumps({"number": len(lines), **part}).encode() + b"\n"
    lines.append((file.tell(), len(line)))
    file.write(line)


def _grouped(
    found: Iterable[Entry], tables: list[Entry], workers: int
) -> Iterator[tuple[list[Entry], tuple[int, int]]]:
    """Files that go into one partition, and which share of them; tables are put aside.

    The first partitions are small and each worker's next is twice as large, so that results come soon.
    """
    waiting: list[Entry] = []
    size = groups = 0
    for entry in found:
        if entry.is_table:
            tables.append(entry)
            continue
        if is_recording(entry.path):
            yield [entry], (0, 1)
            continue
        shares = min(SHARES, entry.size // BYTES + 1)
        if shares > 1 and os.path.splitext(entry.path)[1].lower() in SHARED:  # noqa: PTH122
            for share in range(shares):
                yield [entry], (share, shares)
            continue
        most = min(BYTES, FIRST << min(groups // workers, 16))
        if waiting and (size + entry.size > most or len(waiting) >= FILES):
            yield waiting, (0, 1)
            waiting, size, groups = [], 0, groups + 1
        waiting.append(entry)
        size += entry.size
    if waiting:
        yield waiting, (0, 1)


def written(out: Place) -> Plan | None:
    """The plan of a folder; None where none was finished.

    Raises:
        HeartsayError: it is none of this version, or cannot be read.
    """
    content = read_bytes(out / _PLAN)
    if content is None:
        return None
    try:
        found = json.loads(content)
        if found["plan"] != 1:
            raise KeyError("plan")
        table = None if found["table"] is None else Table.of(found["table"])
        return Plan(found["settings"], tuple((a, b) for a, b in found["lines"]), table)
    except (ValueError, KeyError, TypeError) as error:
        raise HeartsayError(
            f"{out / _PLAN} is not a plan of this version; name another folder with --out."
        ) from error


def part_at(out: Place, offset: int, length: int) -> Part:
    """One part of the plan of a folder.

    Raises:
        HeartsayError: the plan cannot be read.
    """
    from heartsay.ray.places import in_words, opened

    filesystem, path = opened((out / _PARTS).name)
    with in_words(out / _PARTS), filesystem.open_input_file(path) as file:
        found = json.loads(file.read_at(length, offset))
    files = tuple(
        Entry(path, label, size, tuple((p, name) for p, name in twins), shared)
        for path, label, size, twins, shared in found.get("files", ())
    )
    share = tuple(found.get("share", (0, 1)))
    return Part(found["number"], files, (share[0], share[1]), found.get("bucket"))
