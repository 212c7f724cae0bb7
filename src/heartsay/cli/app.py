"""The commands: thin, each imports what it needs when it runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from heartsay import __version__
from heartsay.cli import causes, corpora, research
from heartsay.cli.check_backbone import check_backbone
from heartsay.cli.console import (
    DONE,
    NOTHING_DONE,
    READER_GONE,
    SOME_FAILED,
    STOPPED,
    AsJson,
    in_words,
    reporting,
    rich_console,
)
from heartsay.errors import HeartsayError

if TYPE_CHECKING:
    from heartsay.analysis import Analysis
    from heartsay.batch import Outcome, Settings
    from heartsay.runtime import ExportedModel

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="""
    Read the emotions of a recorded conversation, and how far each reading can be trusted.

    \b
    Start here:
      heartsay analyze chat.json             a report and a JSON document in heartsay-out/
      heartsay analyze interviews/           every conversation in a folder
      heartsay analyze - < chat.vtt          standard input
      heartsay COMMAND --help                more about a command
    """,
)


def main() -> None:
    """Run the command line; never shows a traceback for what a user can cause."""
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = _complain("Stopped.", STOPPED)
    except BrokenPipeError:
        code = READER_GONE
    except HeartsayError as error:
        code = _complain(str(error), NOTHING_DONE)
    except OSError as error:
        code = _complain(in_words(error), NOTHING_DONE)
    except Exception as error:
        # Errors of usage; their class is private in some versions of the library.
        if not hasattr(error, "format_message"):
            raise
        message = error.format_message()
        if not message.startswith("Usage:"):  # a command without arguments shows its help
            message = f"{message.rstrip('.')}; see heartsay --help."
        code = _complain(message, NOTHING_DONE)
    try:
        sys.stdout.flush()
    except OSError:
        # It has been reported; what is still to be written must not fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code if isinstance(code, int) else DONE)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"heartsay {__version__}")
        raise typer.Exit


@app.callback()
def heartsay(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The command without a subcommand prints help."""


@app.command(no_args_is_help=True)
def analyze(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Files or folders: JSON, CSV, SRT, WebVTT, WhisperX JSON, ECF text; - is standard input.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str, typer.Option(metavar="FOLDER", help="Where results go; - prints JSON.")
    ] = "heartsay-out",
    formats: Annotated[
        str,
        typer.Option(
            "--format", metavar="LIST", help="Some of json, csv, parquet, html.", show_default=False
        ),
    ] = "",
    coverage: Annotated[
        float, typer.Option(metavar="SHARE", help="How often prediction sets shall hold the true emotion.")
    ] = 0.9,
    evidence: Annotated[
        Literal["auto", "always", "never"],
        typer.Option(help="Whether to compute what moved each reading; auto does up to 200 utterances."),
    ] = "auto",
    false_discovery_rate: Annotated[
        float | None,
        typer.Option(
            metavar="LEVEL",
            help="List causes so that of a conversation's at most this share is expected to be wrong:"
            " promised on average over talk like the model's own, not for each conversation nor for other"
            " talk. Causes said later are left out. Without it, the likely causes are listed.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="An exported model, if not the one that comes along."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Say who feels what, how sure that is, and why.

    \b
    Examples:
      heartsay analyze chat.csv
      heartsay analyze interviews/ --out results --format json,csv,html
      heartsay analyze interviews/ --out results --resume
      heartsay analyze chat.csv --false-discovery-rate 0.2
      heartsay analyze chat.srt --out - | jq '.utterances[].emotion.label'

    Formats json (the default, with html) and html give a file per conversation; csv and parquet give one
    table of all utterances. Exit codes: 0 all done, 1 some inputs could not be read, 2 nothing could be
    done, 130 stopped.
    """
    with reporting("analyze", as_json):
        from heartsay.batch import FORMATS, Settings
        from heartsay.pipeline import load_model

        wanted = tuple(dict.fromkeys(part.strip() for part in formats.split(",") if part.strip()))
        if unknown := [name for name in wanted if name not in FORMATS]:
            raise HeartsayError(f"--format knows {', '.join(FORMATS)}, not {', '.join(unknown)}.")
        if out == "-" and (as_json or resume or set(wanted) - {"json"}):
            raise HeartsayError(
                "--out - prints JSON documents alone: leave out --json, --resume and --format."
            )
        settings = Settings(coverage, evidence, wanted or ("json", "html"), false_discovery_rate)
        loaded = load_model(model)
        if out == "-":
            code = _print_documents(paths, loaded, settings)
        else:
            code = _analyze_into(Path(out), paths, loaded, settings, resume, as_json, quiet)
    raise typer.Exit(code)


def _analyze_into(
    folder: Path,
    paths: list[str],
    model: ExportedModel,
    settings: Settings,
    resume: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    from heartsay.batch import Outcome, analyze_into
    from heartsay.formats import read_many

    outcome = Outcome(folder)
    try:
        with _progress(quiet) as show:
            analyze_into(
                folder, read_many(paths), model, settings, resume=resume, outcome=outcome, progress=show
            )
    except (KeyboardInterrupt, HeartsayError, OSError) as error:
        if not outcome.conversations:
            raise
        saved = f"{_count(outcome.conversations, 'conversation')} saved in {folder}"
        saved += "; run it again with --resume to go on."
        if isinstance(error, KeyboardInterrupt):
            return _complain(f"Stopped. {saved}", STOPPED)
        raise HeartsayError(f"{in_words(error)} {saved}") from error
    for _, sentence in outcome.failures:
        _complain(sentence, SOME_FAILED)
    if as_json:
        print(
            json.dumps(
                {"command": "analyze", "version": __version__, **outcome.to_dict()}, ensure_ascii=False
            )
        )
    elif not quiet and outcome.conversations:
        _print_outcome(outcome)
    if outcome.failures:
        return SOME_FAILED if outcome.conversations else NOTHING_DONE
    return DONE


def _print_documents(paths: list[str], model: ExportedModel, settings: Settings) -> int:
    """Print one document indented, several one per line."""
    from heartsay.batch import analyze_items
    from heartsay.formats import read_many

    failed = False
    first: Analysis | None = None
    count = 0
    for result in analyze_items(read_many(paths), model, settings):
        if not isinstance(result, tuple):
            failed = True
            _complain(str(result.error), SOME_FAILED)
            continue
        count += 1
        analysis = result[1]
        if count == 1:
            first = analysis
            continue
        if first is not None:
            print(first.model_dump_json())
            first = None
        print(analysis.model_dump_json(), flush=True)
    if first is not None:
        print(first.model_dump_json(indent=2))
    sys.stdout.flush()
    if failed:
        return SOME_FAILED if count else NOTHING_DONE
    return DONE


def _print_outcome(outcome: Outcome) -> None:
    console = rich_console()
    folder = outcome.folder
    if outcome.only is not None:
        from heartsay.cli.table import print_analysis

        print_analysis(outcome.only, console)
        for warning in outcome.only.warnings:
            console.print(f"Note: {warning}.", style="dim", markup=False)
        written = [*outcome.documents[0].files.values(), *outcome.tables]
    else:
        console.print(
            f"{_count(outcome.conversations, 'conversation')}, {_count(outcome.utterances, 'utterance')},"
            f" {outcome.abstained:,} of them left open"
        )
        if outcome.warned:
            console.print(f"{_count(outcome.warned, 'conversation')} with warnings, listed in the documents")
        written = outcome.tables or [""]
    pages = [name for name in written if name.endswith(".html")]
    for name in written:
        # Paths as plain lines: unbroken, so that they can be copied.
        print(f"{'Report' if name in pages else 'Written'}: {folder / name}")


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[Outcome], None]]:
    """A line on standard error that counts, where that is a terminal."""
    console = rich_console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda outcome: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("reading")

        def show(outcome: Outcome) -> None:
            failed = f", {len(outcome.failures):,} could not be read" if outcome.failures else ""
            progress.update(
                task,
                description=f"{_count(outcome.conversations, 'conversation')},"
                f" {_count(outcome.utterances, 'utterance')}{failed}",
            )

        yield show


def _complain(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


research.add_to(app)
app.command("check-backbone", no_args_is_help=True)(check_backbone)
corpora.add_to(app)
causes.add_to(app)
