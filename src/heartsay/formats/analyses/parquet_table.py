"""Analyses as Parquet: one row per utterance, causes as a list of structures, written in row groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from heartsay.atomic import atomic_path
from heartsay.formats.analyses.rows import COLUMNS, CONTROL, utterance_rows
from heartsay.formats.analyses.spec import AnalysisFormat, FailedInput

if TYPE_CHECKING:
    from heartsay.analysis import Analysis

ROW_GROUP = 8192
"""Utterances held in memory and written together."""


class Kept(NamedTuple):
    """Columns of whoever brought the utterances, handed on beside the results.

    Attributes:
        schema: theirs, of Arrow.
        values: by conversation and utterance, null where there are none; may grow while analyses come.
    """

    schema: Any
    values: Mapping[tuple[str, str], Sequence[Any]]


def write_parquet(
    analyses: Iterable[Analysis | FailedInput], path: str | Path, kept: Kept | None = None
) -> None:
    """Write analyses to one Parquet file as they come; memory holds one row group.

    Columns as in `rows.COLUMNS`, numbers as float64, `set` a list of strings, `causes` a list
    of structures `utterance`, `confidence`, `direction`; missing values are null. Columns that are kept
    stand at the end.

    Raises:
        HeartsayError: it cannot be written; nothing is left behind.
    """
    import pyarrow as pa
    from pyarrow import parquet

    rows = utterance_rows(analyses)
    group = list(islice(rows, ROW_GROUP))
    schema = results = schema_of(group[0] if group else COLUMNS)
    if kept is not None:
        for column in kept.schema:
            schema = schema.append(column)
    with atomic_path(path) as temporary, parquet.ParquetWriter(temporary, schema) as writer:
        while group:
            table = pa.Table.from_pylist(group, schema=results)
            writer.write_table(table if kept is None else _beside(table, kept))
            group = list(islice(rows, ROW_GROUP))


def _beside(table: Any, kept: Kept) -> Any:
    import pyarrow as pa

    names = zip(*(table.column(name).to_pylist() for name in ("conversation", "utterance_id")), strict=True)
    nothing = [None] * len(kept.schema)
    rows = [kept.values.get(name, nothing) for name in names]
    for place, column in enumerate(kept.schema):
        table = table.append_column(column, pa.array([row[place] for row in rows], column.type))
    return table


def to_table(analyses: Iterable[Analysis | FailedInput]) -> Any:
    """The rows of `utterance_rows` as a `pyarrow.Table` in memory."""
    import pyarrow as pa

    rows = list(utterance_rows(analyses))
    return pa.Table.from_pylist(rows, schema=schema_of(rows[0] if rows else COLUMNS))


def schema_of(columns: Iterable[str]) -> Any:
    """The Arrow schema of a table of these columns."""
    import pyarrow as pa

    cause = pa.struct(
        [
            pa.field("utterance", pa.string(), nullable=False),
            pa.field("confidence", pa.float64(), nullable=False),
            pa.field("direction", pa.string(), nullable=False),
        ]
    )
    kinds = {
        **dict.fromkeys(("conversation", "utterance_id", "speaker", "text", "label", "reason"), pa.string()),
        "false_discovery_rule": pa.string(),
        "likeliest_feeling": pa.string(),
        **dict.fromkeys(("voice_label", "face_label", "conflict_between", "conflict_follows"), pa.string()),
        **dict.fromkeys(("abstain", "feeling_found"), pa.bool_()),
        "set": pa.list_(pa.string()),
        "causes": pa.list_(cause),
        "explanation": pa.string(),
    }
    given = ("conversation", "utterance_id", "speaker", "abstain", "set", "causes", "explanation", *CONTROL)
    return pa.schema(
        [pa.field(name, kinds.get(name, pa.float64()), nullable=name not in given) for name in columns]
    )


def conversations_in(path: Path) -> set[str]:
    """The conversations that a table has rows of."""
    from pyarrow import parquet

    column = parquet.read_table(path, columns=["conversation"]).column("conversation")
    return set(column.unique().to_pylist())


FORMAT = AnalysisFormat(
    "parquet", write_table=write_parquet, table="utterances.parquet", holds=conversations_in
)
