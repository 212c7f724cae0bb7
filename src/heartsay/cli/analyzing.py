"""What `heartsay analyze` does once its options are understood: read, analyse, write, say what was done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartsay import __version__
from heartsay.cli.console import (
    DONE,
    NOTHING_DONE,
    SOME_FAILED,
    STOPPED,
    complain,
    in_words,
    print_document,
    print_json,
    rich_console,
)
from heartsay.cli.progress import Reporter
from heartsay.errors import HeartsayError
from heartsay.formats import AS_BROUGHT, Interpretation, ReadFailure
from heartsay.progress import Report, silent
from heartsay.recordings import Inputs, Listening, let_go, remove_notes

if TYPE_CHECKING:
    from heartsay.analysis import Analysis
    from heartsay.batch import Item, Outcome, Settings
    from heartsay.runtime import Bundle


class Files:
    """Hands on what is read, and knows how far through the files that is.

    Attributes:
        report: who is told how far listening to a recording is.
        recordings: how many there are among them.
    """

    def __init__(
        self,
        paths: list[str],
        input_format: str | None = None,
        how: Listening | None = None,
        transcript: Path | None = None,
        taken: Interpretation = AS_BROUGHT,
        out: Path | None = None,
    ) -> None:
        from heartsay.batch import written_by_runs

        self.report: Report = silent
        self._inputs = Inputs(
            *(paths, input_format, how, transcript, lambda row: self.report(row), taken),
            without=() if out is None else written_by_runs(out),
        )
        self._files = len(self._inputs)
        self.recordings = len(self._inputs.recordings)
        self._begun = self._handed_on = 0

    def __iter__(self) -> Iterator[Item]:
        place: str | None = None
        for item in self._inputs:
            found = item.path if isinstance(item, ReadFailure) else item.source
            if self._handed_on + 1 == self.recordings:  # they come first, and this was the last to listen to
                let_go()
            self._begun += found != place or not self._begun
            self._handed_on += 1
            place = found
            yield item

    def row(self) -> dict[str, Any]:
        """What a reporter is told: the files dealt with, or the conversations of a single file."""
        if self._files == 1:
            return {"done": self._handed_on, "unit": "conversations"}
        return {"done": max(0, self._begun - 1), "of": self._files, "unit": "files"}


def analyze_files(
    folder: Path,
    files: Files,
    model: Bundle,
    settings: Settings,
    resume: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Analyse into a folder and say what was done; returns the exit code."""
    from heartsay.batch import Outcome, analyze_into

    outcome = Outcome(folder)
    try:
        with Reporter("Analysing", as_json, quiet) as report:
            files.report = report
            analyze_into(
                folder,
                files,
                model,
                settings,
                resume=resume,
                outcome=outcome,
                progress=lambda _: report(files.row()),
            )
    except (KeyboardInterrupt, HeartsayError, OSError) as error:
        if not outcome.conversations:
            raise
        if not folder.is_dir():
            raise HeartsayError(
                f"{in_words(error)} {folder} was removed meanwhile, and all in it."
            ) from error
        saved = f"{_count(outcome.conversations, 'conversation')} saved in {folder}"
        saved += "; run it again with --resume to go on."
        if isinstance(error, KeyboardInterrupt):
            return complain(f"Stopped. {saved}", STOPPED)
        raise HeartsayError(f"{in_words(error)} {saved}") from error
    remove_notes(folder)
    for _, sentence in outcome.failures:
        complain(sentence, SOME_FAILED)
    if as_json:
        print_json("analyze", {"version": __version__, **outcome.to_dict()})
    elif not quiet and outcome.conversations:
        _print_outcome(outcome)
    if outcome.failures:
        return SOME_FAILED if outcome.conversations else NOTHING_DONE
    return DONE


def print_documents(files: Files, model: Bundle, settings: Settings, quiet: bool) -> int:
    """Print one document indented, several one per line; returns the exit code."""
    from heartsay.batch import analyze_items

    failed, count = False, 0
    first: Analysis | None = None
    # On a terminal the documents themselves show how far it is.
    with Reporter("Analysing", as_json=True, quiet=quiet or sys.stdout.isatty()) as report:
        files.report = report
        for result in analyze_items(files, model, settings):
            report(files.row())
            if not isinstance(result, tuple):
                failed = True
                complain(str(result.error), SOME_FAILED)
                continue
            count += 1
            if count == 1:
                first = result[1]
                continue
            if first is not None:
                print_document(first.model_dump_json())
                first = None
            print_document(result[1].model_dump_json())
    if first is not None:
        print_document(first.model_dump_json(indent=2))
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
        if outcome.only.modality_models:
            from heartsay.report.modalities import about, flagged_sentence

            for sentence in filter(None, (flagged_sentence(outcome.only), *about(outcome.only))):
                console.print(sentence, style="dim", markup=False, highlight=False)
        for warning in outcome.only.warnings:
            console.print(f"Note: {warning}.", style="dim", markup=False)
        written = [
            *(name for key, name in outcome.documents[0].items() if key != "conversation"),
            *outcome.tables,
        ]
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


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
