"""The commands about corpora: which are known, and whether a copy is as published."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from heartsay.cli.console import DONE, SOME_FAILED, AsJson, print_json, reporting, rich_console
from heartsay.cli.progress import Reporter

corpora_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List the corpora that the project knows, or check a copy of one.",
)


@corpora_app.command("list")
def list_corpora(as_json: AsJson = False) -> None:
    """List the corpora: language, terms and size of each, and where it is to be had."""
    with reporting("corpora list", as_json):
        from heartsay import corpora

        known = [corpora.get(name) for name in corpora.names()]
        if as_json:
            made = [_stated(benchmark) for benchmark in corpora.benchmarks().values()]
            values = {"corpora": [_corpus_values(corpus) for corpus in known], "benchmarks": made}
            print_json("corpora list", values)
            return
        for corpus in known:
            sizes = ", ".join(f"{split} {c.conversations:,}" for split, c in corpus.expected.items())
            print(f"{corpus.name}: {corpus.title} ({corpus.language})")
            print(f"  conversations: {sizes}\n  licence: {corpus.licence}\n  home: {corpus.home}")
            if corpus.notes:
                print(f"  {corpus.notes}")
        for benchmark in corpora.benchmarks().values():
            clips = ", ".join(f"{split} {c['clips']:,}" for split, c in benchmark.expected.items())
            print(f"{benchmark.name}: {benchmark.title} ({benchmark.language})")
            print(f"  clips: {clips}\n  licence: {benchmark.licence}\n  home: {benchmark.home}")
            print(f"  {benchmark.notes}")


def _corpus_values(corpus: Any) -> dict[str, Any]:
    return {
        **{
            name: getattr(corpus, name)
            for name in ("name", "title", "language", "licence", "home", "citation", "notes")
        },
        "labels": list(corpus.labels),
        "splits": {
            split: {"conversations": c.conversations, "utterances": c.utterances, "pairs": c.pairs}
            for split, c in corpus.expected.items()
        },
    }


def _stated(corpus: Any) -> dict[str, Any]:
    stated = ("name", "title", "language", "licence", "home", "citation", "notes")
    return {name: getattr(corpus, name) for name in stated}


@corpora_app.command("check")
def check_corpus(
    name: Annotated[
        str, typer.Argument(help="A corpus that `corpora list` names, or module:NAME of your own.")
    ],
    as_json: AsJson = False,
) -> None:
    """Compare the copy under HEARTSAY_DATA with the published counts; exit code 1 where they differ."""
    with reporting("corpora check", as_json):
        from heartsay import corpora

        with Reporter(f"Reading {name} and counting", as_json):
            report = corpora.check(name)
        if as_json:
            print_json("corpora check", report.to_dict())
        else:
            from rich.table import Table

            table = Table("split", "what", "expected", "found", "", box=None)
            for c in report.comparisons:
                table.add_row(c.split, c.what, f"{c.expected:,}", f"{c.found:,}", "" if c.ok else "differs")
            rich_console().print(table)
            print(f"{name}: " + ("as published" if report.ok else f"{len(report.differences)} counts differ"))
    raise typer.Exit(DONE if report.ok else SOME_FAILED)
