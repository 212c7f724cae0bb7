"""`heartsay summary`: a page about all results of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heartsay.cli.console import AsJson, print_json, print_notes, reporting


def summary(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Results, as Parquet tables.")],
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Count utterances by this column; one of dates may be cut: date:month. Can be given again.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="summary.html in FOLDER.", show_default=False)
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Of the page; the folder's name.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Sum up a whole corpus on one page: feelings by column, likeliest passages, what was left open.

    \b
    Examples:
      heartsay analyze calls.parquet --engine ray --keep date,role --out results
      heartsay summary results --by date:month --by role

    The extra `query` brings what it needs.
    """
    with reporting("summary", as_json):
        from heartsay.atomic import write_text
        from heartsay.query.summary import summarise
        from heartsay.report.corpus import render_corpus

        found = summarise(folder, by or ())
        path = out or (folder if folder.is_dir() else folder.parent) / "summary.html"
        write_text(path, render_corpus(found, title or found.folder))
        print_notes([note.rstrip(".") for note in found.notes])
    if as_json:
        print_json("summary", {"written": str(path), "utterances": found.utterances})
    else:
        print(f"Written: {path}")
