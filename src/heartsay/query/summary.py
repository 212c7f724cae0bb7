"""A whole corpus in numbers: feelings by any column, the likeliest passages, and what was left open.

The tables are read once for each section, as a stream; memory holds groups and conversations, not utterances.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heartsay.errors import InputError
from heartsay.query.database import Results, connected, find_tables, unfinished_runs
from heartsay.report.corpus import Bar, CorpusPage, Group, Passage, Section

PARTS = ("year", "quarter", "month", "week", "day", "hour")
"""What a column of dates can be cut to: `date:month`."""

GROUPS = 60
"""Groups of a section, the first in time or those of most utterances."""

PASSAGES = 24
REASONS = 12

TABLE = "number of the table"
"""A column that is added: an id names a conversation within its table alone."""


def summarise(folder: Path, by: Sequence[str] = ()) -> CorpusPage:
    """Sum up the tables of a folder.

    Args:
        folder: what `heartsay analyze` wrote Parquet tables into, those of folders within it included.
        by: columns that utterances are counted by; one of dates may be cut, as in `date:month`.

    Raises:
        InputError: there are no tables, no such column, or no dates in it.
        MissingDependencyError: DuckDB is not installed.
    """
    import pyarrow as pa
    from pyarrow import dataset, fs

    root, tables, passed_over = find_tables(folder)
    schema = pa.unify_schemas([table.schema for table in tables.values()], promote_options="permissive")
    whole = dataset.FileSystemDataset.from_paths(
        [str(root / path) for path in tables],
        schema.append(pa.field(TABLE, pa.int32())),
        dataset.ParquetFileFormat(),
        fs.LocalFileSystem(),
        # What is said of every row of a file is read as a column of it.
        [dataset.field(TABLE) == pa.scalar(number, pa.int32()) for number in range(len(tables))],
    )
    with connected() as connection:
        connection.register("given", whole)
        if "feeling_probability" not in schema.names:
            missing = "NULL::DOUBLE AS feeling_probability, NULL::VARCHAR AS likeliest_feeling"
        else:
            missing = ""
        connection.execute(
            f"CREATE VIEW utterances AS SELECT *{', ' + missing if missing else ''} FROM given"
        )
    results = Results(root, tuple(tables), passed_over, connection)
    sql = f"""
        SELECT count(*), count(DISTINCT ("{TABLE}", conversation)), count(*) FILTER (feeling_found),
            count(*) FILTER (abstain), count(*) FILTER (confidence IS NULL), avg(confidence)
        FROM utterances"""
    total, conversations, felt, left_open, unread, confidence = next(results.ask(sql).rows)
    return CorpusPage(
        folder=root.resolve().name,
        tables=len(tables),
        utterances=total,
        conversations=conversations,
        felt=felt,
        left_open=left_open,
        unread=unread,
        confidence=confidence,
        labels=_bars(results, "true", ()),
        sections=[_section(results, name, schema.names) for name in by],
        passages=_passages(results),
        reasons=_reasons(results),
        notes=[
            *(f"{path} is no table of results and was passed over." for path in passed_over),
            *(
                f"The run in {place} has not finished all of its partitions; what is missing is not counted."
                for place in unfinished_runs(root)
            ),
        ],
    )


def _bars(results: Results, condition: str, values: Sequence[Any]) -> list[Bar]:
    sql = f"""
        SELECT label, count(*), count(*) FILTER (abstain) FROM utterances
        WHERE {condition} AND label IS NOT NULL GROUP BY label ORDER BY 2 DESC, 1"""
    return [Bar(*row) for row in results.ask(sql, values).rows]


def _section(results: Results, name: str, columns: Sequence[str]) -> Section:
    column, _, part = name.partition(":")
    if column not in columns or (part and part not in PARTS):
        raise InputError(
            expected=f"a column of the results, or one of dates with :{', :'.join(PARTS)}",
            found=repr(name),
            where="--by",
            do=f"name one of {', '.join(columns)}; columns of your own are kept with"
            " `heartsay analyze --engine ray --keep`",
        )
    quoted = '"' + column.replace('"', '""') + '"'
    key = f"CAST({quoted} AS VARCHAR)"
    if part:
        key = f"strftime(date_trunc('{part}', try_cast({quoted} AS TIMESTAMP)), '{_form(part)}')"
    sql = f"""
        SELECT {key} AS name, label, count(*), count(*) FILTER (abstain), count(*) FILTER (feeling_found)
        FROM utterances GROUP BY ALL"""
    groups: dict[str | None, Group] = {}
    for value, label, count, abstained, felt in results.ask(sql).rows:
        group = groups.setdefault(value, Group(value))
        group.add(label, count, abstained, felt)
    if part and set(groups) <= {None}:
        raise InputError(
            expected="dates, such as 2024-05-01 or 2024-05-01 12:30:00",
            found="none",
            where=f"column {column!r}",
            do=f"leave :{part} out",
        )
    ordered = sorted(groups.values(), key=lambda group: (group.name is None, str(group.name)))
    if not part and len(ordered) > GROUPS:
        ordered.sort(key=lambda group: -group.utterances)
    return Section(column, part, ordered[:GROUPS], ordered[GROUPS:])


def _form(part: str) -> str:
    return {"year": "%Y", "quarter": "%Y-%m", "month": "%Y-%m", "hour": "%Y-%m-%d %H:00"}.get(
        part, "%Y-%m-%d"
    )


def _passages(results: Results) -> list[Passage]:
    """Of each conversation of a table the utterance likeliest to hold a feeling; the likeliest of these."""
    columns = ("conversation", "utterance_id", "speaker", "text", "label")
    packed = ", ".join(f"{name} := {name}" for name in columns)
    sql = f"""
        SELECT unnest(found) FROM (
            SELECT arg_max(struct_pack({packed}, probability := feeling_probability,
                feeling := likeliest_feeling), feeling_probability) AS found, "{TABLE}" AS place
            FROM utterances WHERE NOT abstain AND feeling_probability IS NOT NULL
            GROUP BY "{TABLE}", conversation)
        ORDER BY found.probability DESC, found.conversation, place LIMIT {PASSAGES}"""
    return [Passage(*row) for row in results.ask(sql).rows]


def _reasons(results: Results) -> list[tuple[str, int]]:
    sql = f"""
        SELECT coalesce(reason, 'no reason is given'), count(*) FROM utterances WHERE abstain
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {REASONS}"""
    return [(str(reason), int(count)) for reason, count in results.ask(sql).rows]
