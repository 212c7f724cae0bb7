"""A folder of results as a database that can be read and nothing else.

DuckDB reads the Parquet tables through Arrow, as they are asked for. It is locked before any question comes:
no file but these tables can be read, none can be written, nothing is loaded or fetched, one `SELECT` at a
time is taken, and memory has a limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartsay.errors import DAMAGE, InputError, MissingDependencyError
from heartsay.formats import document_path
from heartsay.limits import limit, raising

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

NEEDED = frozenset(
    {"conversation", "utterance_id", "speaker", "start", "end", "text"}
    | {"feeling_found", "label", "confidence", "abstain", "causes"}
)
"""Columns by which a table of results is known."""

VIEWS = ("utterances", "causes", "conversations")
"""What can be asked about."""

BATCH = 1000

_UTTERANCES = """
CREATE VIEW utterances AS
WITH placed AS (
    SELECT *, row_number() OVER talk AS position, count(*) OVER whole AS turns,
        count(start) OVER whole AS timed, min(start) OVER whole AS first, max("end") OVER whole AS last
    FROM rows
    WINDOW talk AS (PARTITION BY results, conversation ORDER BY row),
        whole AS (PARTITION BY results, conversation)
)
SELECT placed.* EXCLUDE (row, turns, timed, first, last),
    CASE WHEN timed = turns AND last > first THEN (start - first) / (last - first)
        ELSE (position - 1) / greatest(turns - 1, 1) END AS progress,
    reports.report || '#u' || position AS report
FROM placed LEFT JOIN reports USING (results, conversation)
"""

_CAUSES = """
CREATE VIEW causes AS
WITH pairs AS (SELECT *, unnest(causes) AS pair FROM utterances)
SELECT felt.results, felt.conversation, felt.utterance_id, felt.speaker, felt.label, felt.start, felt.text,
    felt.progress, felt.abstain, felt.pair.utterance AS cause, said.speaker AS cause_speaker,
    said.start AS cause_start, said.text AS cause_text, felt.pair.direction AS direction,
    felt.pair.confidence AS confidence, felt.report
FROM pairs AS felt LEFT JOIN utterances AS said ON said.results = felt.results
    AND said.conversation = felt.conversation AND said.utterance_id = felt.pair.utterance
"""

_CONVERSATIONS = """
CREATE VIEW conversations AS
SELECT results, conversation, count(*) AS utterances, count(DISTINCT speaker) AS speakers,
    max("end") - min(start) AS seconds, count(*) FILTER (abstain) AS left_open,
    count(*) FILTER (feeling_found) AS feelings, avg(confidence) AS mean_confidence,
    regexp_replace(any_value(report), '#u[0-9]+$', '') AS report
FROM utterances GROUP BY results, conversation
"""


@dataclass(frozen=True)
class Answer:
    """What a question brought.

    Attributes:
        columns: their names.
        rows: as they come.
    """

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


@dataclass(frozen=True)
class Results:
    """Results that can be asked.

    Attributes:
        folder: where they lie.
        tables: those that were found, relative to it.
        passed_over: Parquet files that are no tables of results.
    """

    folder: Path
    tables: tuple[Path, ...]
    passed_over: tuple[Path, ...]
    _connection: DuckDBPyConnection

    def ask(self, sql: str, values: Sequence[Any] = ()) -> Answer:
        """Answer one question; the next one ends it.

        Args:
            sql: one `SELECT` over the views.
            values: what stands for `?` in it.

        Raises:
            InputError: it is no SQL, no single `SELECT`, or cannot be answered; DuckDB's reason is said.
        """
        with _in_words():
            statements = self._connection.extract_statements(sql)
            kinds = [statement.type.name for statement in statements]
            if kinds != ["SELECT"]:
                raise _refused(
                    "one SELECT", ", ".join(kinds) or "nothing", "results are read and never changed"
                )
            asked = self._connection.execute(statements[0], list(values) or None)
            columns = tuple(column[0] for column in asked.description)

        def rows() -> Iterator[tuple[Any, ...]]:
            with _in_words():
                while part := asked.fetchmany(BATCH):
                    yield from part

        return Answer(columns, rows())


def open_results(folder: Path) -> Results:
    """Open the tables of a folder, those of folders within it included.

    Args:
        folder: what `heartsay analyze --format parquet` wrote into, or one table.

    Raises:
        InputError: no such folder, or no table of results in it.
        MissingDependencyError: DuckDB is not installed.
    """
    root, tables, passed_over = find_tables(folder)
    with connected() as connection:
        _make_views(connection, root, tables)
    return Results(root, tuple(tables), passed_over, connection)


def unfinished_runs(root: Path) -> list[Path]:
    """Folders in which `heartsay analyze --engine ray` left partitions to be made; it keeps notes there."""
    if not root.is_dir():
        return []
    return sorted(notes.parent for notes in root.rglob("notes") if (notes.parent / "plan").is_dir())


def find_tables(folder: Path) -> tuple[Path, dict[Path, Any], tuple[Path, ...]]:
    """The root, the tables of results below it as datasets of Arrow, and the Parquet files that are none.

    Raises:
        InputError: as `open_results`.
        MissingDependencyError: DuckDB is not installed.
    """
    try:
        import duckdb  # noqa: F401 - nothing is looked for where it cannot be asked
    except ImportError as error:
        raise MissingDependencyError("Asking results", "query") from error
    from pyarrow import ArrowException, dataset

    root = folder if folder.is_dir() else folder.parent
    files = sorted(folder.rglob("*.parquet")) if folder.is_dir() else [folder] if folder.is_file() else []
    tables: dict[Path, Any] = {}
    passed_over = []
    for path in files:
        try:
            found = dataset.dataset(path, format="parquet")
            known = set(found.schema.names) >= NEEDED
        except (*DAMAGE, ArrowException):  # names of columns that are no text, for one
            known = False
        if known:
            tables[path.relative_to(root)] = found
        else:
            passed_over.append(path.relative_to(root))
    if not tables:
        raise InputError(
            expected="tables of results, such as utterances.parquet",
            found=f"{len(passed_over)} other Parquet files" if passed_over else "none",
            where=str(folder),
            do="write them with `heartsay analyze ... --format parquet,html --out FOLDER`",
        )
    return root, tables, tuple(passed_over)


@contextmanager
def connected() -> Iterator[DuckDBPyConnection]:
    """A database for the block to make views in; when it is left, what is there can be read and nothing more.

    Raises:
        InputError: DuckDB cannot do what is asked.
    """
    import duckdb

    # One thread, since rows are numbered as they come; what does not fit is not written to a disk.
    connection = duckdb.connect(
        ":memory:",
        config={"threads": 1, "memory_limit": f"{limit('question_megabytes')}MB", "temp_directory": ""},
    )
    with _in_words():
        yield connection
        for setting in ("enable_external_access", "python_enable_replacements"):
            connection.execute(f"SET {setting} = false")
        connection.execute("SET lock_configuration = true")


def _make_views(connection: DuckDBPyConnection, root: Path, tables: dict[Path, Any]) -> None:
    parts, ids = [], dict[Path, list[str]]()
    for number, (path, table) in enumerate(tables.items()):
        connection.register(f"table{number}", table)
        name = path.as_posix().replace("'", "''")
        parts.append(f"SELECT '{name}' AS results, row_number() OVER () AS row, * FROM table{number}")
        talk = connection.execute(f"SELECT DISTINCT conversation FROM table{number} ORDER BY 1").fetchall()
        ids[path] = [conversation for (conversation,) in talk]
    connection.register("reports", _reports(root, ids))
    connection.execute(f"CREATE VIEW rows AS {' UNION ALL BY NAME '.join(parts)}")
    for statement in (_UTTERANCES, _CAUSES, _CONVERSATIONS):
        connection.execute(statement)


def _reports(root: Path, conversations: dict[Path, list[str]]) -> pa.Table:
    """The report of each conversation that has one, relative to the folder."""
    import pyarrow as pa

    rows = []
    for path, ids in conversations.items():
        for id_ in ids:
            report = path.parent / document_path(id_, "html")
            if (root / report).is_file():
                rows.append({"results": path.as_posix(), "conversation": id_, "report": report.as_posix()})
    words = [pa.field(name, pa.string()) for name in ("results", "conversation", "report")]
    return pa.Table.from_pylist(rows, schema=pa.schema(words))


@contextmanager
def _in_words() -> Iterator[None]:
    """Say in one sentence why DuckDB cannot answer.

    Raises:
        InputError: it cannot.
    """
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        do = f"ask for less at once: fewer columns, or one conversation, {raising('question_megabytes')}"
        raise _refused(
            f"a question that needs at most {limit('question_megabytes'):,} MB of memory",
            "one that needs more",
            do,
        ) from error
    except duckdb.Error as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = lines[0].rstrip(".") if lines else type(error).__name__
        raise _refused("a question that can be answered", reason, _help(lines)) from error


def _help(lines: Sequence[str]) -> str:
    hint = next((line.rstrip(".") for line in lines[1:] if line.startswith("Did you mean")), None)
    views = f"the views are {', '.join(VIEWS)}, and `DESCRIBE {VIEWS[0]}` lists columns"
    return f"{hint[0].lower()}{hint[1:]} {views}" if hint else views


def _refused(expected: str, found: str, do: str) -> InputError:
    return InputError(expected=expected, found=found, where="the question", do=do)
