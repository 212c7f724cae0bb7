"""`heartsay query`: questions to a folder of results, as a table, JSON, CSV or a drawing."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from heartsay.cli.console import AsJson, print_json, print_notes, reporting, rich_console
from heartsay.errors import InputError

if TYPE_CHECKING:
    from rich.text import Text

    from heartsay.query import Answer, Question, Results

SHOWN, LEAST = 40, 16
"""Rows that are printed for people, and letters of what was said, however narrow the terminal."""

TIMES, REPORTS = ("start", "end", "cause_start", "seconds"), ("report", "surest")
"""Columns that are shown as times of a recording, and as links."""


def query(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Results, written with --format parquet.")],
    sql: Annotated[
        str, typer.Argument(metavar="[SQL]", help="A SELECT over utterances, causes and conversations.")
    ] = "",
    emotion: Annotated[str | None, typer.Option(help="Only this label.", show_default=False)] = None,
    at_least: Annotated[
        str | None,
        typer.Option(
            metavar="CONFIDENCE",
            help="How sure the label is, or with --causes the cause: likely (one half), or a number.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="From there on: 0.75 is the last quarter.", min=0, max=1, show_default=False
        ),
    ] = None,
    until: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="Up to there: 0.25 is the first quarter.", min=0, max=1, show_default=False
        ),
    ] = None,
    speaker: Annotated[str | None, typer.Option(help="Only who is called so.", show_default=False)] = None,
    conversation: Annotated[str | None, typer.Option(metavar="ID", show_default=False)] = None,
    containing: Annotated[
        str | None, typer.Option(metavar="WORDS", help="That the text holds.", show_default=False)
    ] = None,
    settled: Annotated[bool, typer.Option("--settled", help="None that are left open.")] = False,
    by: Annotated[
        Literal["speaker", "conversation", "emotion"] | None,
        typer.Option(help="Count them instead of listing them.", show_default=False),
    ] = None,
    causes: Annotated[bool, typer.Option("--causes", help="List what caused them.")] = False,
    plot: Annotated[
        Literal["flow", "influence"] | None,
        typer.Option(
            help="Draw them: emotions along the conversation, or who moves whom.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of the drawing: .png, .svg or .pdf.", show_default=False),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all rows as CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask all results of a folder at once.

    \b
    Examples:
      heartsay analyze interviews/ --format parquet,html --out results
      heartsay query results --emotion anger --at-least likely --since 0.75
      heartsay query results --emotion anger --at-least likely --since 0.75 --by speaker
      heartsay query results --emotion joy --causes --csv
      heartsay query results "SELECT speaker, avg(p_fear) FROM utterances GROUP BY speaker"
      heartsay query results "DESCRIBE utterances"
      heartsay query results --plot flow --out flow.png
      heartsay query results --plot influence --out influence.svg

    Rows name the report of their conversation and the place in it. SQL is DuckDB's; it can read the views
    utterances, causes and conversations, and no file. The extra `query` brings what it needs.
    """
    with reporting("query", as_json):
        from heartsay import query as asking

        question = asking.Question(
            emotion=emotion,
            confidence=None if at_least is None else asking.at_least(at_least),
            since=since,
            until=until,
            speaker=speaker,
            conversation=conversation,
            containing=containing,
            settled=settled,
        )
        _check(bool(sql), question, {"--by": by, "--causes": causes, "--plot": plot}, out, as_csv, as_json)
        results = asking.open_results(folder)
        print_notes([f"{path} is no table of results and was passed over" for path in results.passed_over])
        _check_known(results, question)
        if plot is not None:
            assert out is not None
            _draw(results, question, plot, out, as_json)
            return
        if sql:
            asked = results.ask(sql)
        elif by is not None:
            asked = results.ask(*question.counted(by))
        else:
            asked = results.ask(*(question.caused() if causes else question.listed()))
        _say(asked, results.folder, as_csv, as_json)


def _check(
    sql: bool, question: Question, modes: Mapping[str, Any], out: Path | None, as_csv: bool, as_json: bool
) -> None:
    from heartsay.query.plots import check_suffix

    given = [name for name, value in modes.items() if value]
    if sql and (given or question != type(question)()):
        raise _refused("SQL, or options that make it", "both", "leave one of them out")
    if len(given) > 1:
        raise _refused("one of --by, --causes and --plot", " and ".join(given), "ask one after the other")
    if as_csv and as_json:
        raise _refused("--csv or --json", "both", "leave one of them out")
    if bool(modes["--plot"]) != (out is not None):
        raise _refused("--plot with --out FILE", "one without the other", "give both, or neither")
    if out is not None:
        check_suffix(out)


def _check_known(results: Results, question: Question) -> None:
    """Refuse what no utterance has, rather than answer with nothing."""
    columns = {"label": question.emotion, "speaker": question.speaker, "conversation": question.conversation}
    for column, value in columns.items():
        if value is None:
            continue
        sql = f"SELECT DISTINCT {column} FROM utterances WHERE {column} IS NOT NULL ORDER BY 1"
        known = [str(name) for (name,) in results.ask(sql).rows]
        if value not in known:
            some = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
            option = {"label": "emotion"}.get(column, column)
            raise InputError(
                expected=f"one of {some}", found=repr(value), where=f"--{option}", do="name one of these"
            )


def _refused(expected: str, found: str, do: str) -> InputError:
    return InputError(expected=expected, found=found, where="heartsay query", do=do)


def _draw(results: Results, question: Question, plot: str, out: Path, as_json: bool) -> None:
    from heartsay.query.plots import PLOTS, save

    save(PLOTS[plot](results, question), out)
    if as_json:
        print_json("query", {"written": str(out)})
    else:
        print(f"Written: {out}")


def _say(asked: Answer, folder: Path, as_csv: bool, as_json: bool) -> None:
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(asked.columns)
        writer.writerows(asked.rows)
    elif as_json:
        rows = [dict(zip(asked.columns, map(_plain, row), strict=True)) for row in asked.rows]
        print_json("query", {"columns": list(asked.columns), "rows": rows})
    else:
        _print_table(asked.columns, asked.rows, folder)


def _plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, dict):
        return {str(key): _plain(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(own) for own in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _print_table(columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]], folder: Path) -> None:
    from rich import box
    from rich.table import Table

    shown = list(islice(rows, SHOWN))
    more = sum(1 for _ in rows)
    cells = [[_cell(name, value, folder) for name, value in zip(columns, row, strict=True)] for row in shown]
    texts = [place for place, name in enumerate(columns) if name.endswith("text")]
    headings = [name.replace("_", " ") for name in columns]
    widths = [
        max([*map(len, heading.split()), *(len(row[place]) for row in cells)])
        for place, heading in enumerate(headings)
    ]
    console = rich_console()
    # What was said gives way to everything else.
    used = sum(width for k, width in enumerate(widths) if k not in texts) + 2 * len(columns) + 2
    room = max(LEAST, (console.width - used) // max(1, len(texts)))
    table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", no_wrap=place in texts)
    for row in cells:
        for place in texts:
            row[place].truncate(room, overflow="ellipsis")
        table.add_row(*row)
    console.print(table if shown else "Nothing.")
    if more:
        print(f"… and {more:,} more rows; --csv and --json give all")


def _cell(name: str, value: Any, folder: Path) -> Text:
    from rich.text import Text

    from heartsay.report.spacing import clock_text

    if value is None:
        return Text("")
    if name in REPORTS and isinstance(value, str):
        path, _, place = value.rpartition("#")
        uri = (folder / (path or value)).resolve().as_uri()
        return Text(value, style=f"link {uri}{'#' + place if path else ''}")
    if isinstance(value, float):
        return Text(clock_text(value) if name in TIMES else f"{value:.3g}")
    # Whatever a text holds, it does not steer the terminal.
    return Text(" ".join("".join(c if c.isprintable() else " " for c in str(value)).split()))
