"""`heartsay analyze`: conversations in, reports and documents out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from heartsay import __version__
from heartsay.cli.console import (
    DONE,
    NOTHING_DONE,
    SOME_FAILED,
    STOPPED,
    AsJson,
    complain,
    in_words,
    print_json,
    reporting,
    rich_console,
)
from heartsay.cli.options import InputEncoding, InputFormat, InputTimes, Model
from heartsay.cli.progress import Reporter
from heartsay.conversation import Conversation
from heartsay.errors import HeartsayError, InputError
from heartsay.formats import Interpretation, ReadFailure, as_brought, count_files, read_many

if TYPE_CHECKING:
    from heartsay.analysis import Analysis
    from heartsay.batch import Item, Outcome, Settings
    from heartsay.runtime import Bundle, ModalityExperts


def analyze(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Files or folders: transcripts, captions, chats, tables, JSON of speech services, ELAN,"
            " Praat, Word; - is standard input. The documentation of the formats lists all.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str, typer.Option(metavar="FOLDER", help="Where results go; - prints JSON.")
    ] = "heartsay-out",
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="LIST",
            help="Some of json, csv, parquet, html, textgrid, eaf, srt, vtt, label-studio.",
            show_default=False,
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
            " talk. Without it, the likely causes are listed.",
            show_default=False,
        ),
    ] = None,
    audio: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The recording, audio or video, that the transcript's times are of. Each voice is then"
            " read by itself and shown beside the words, and where the two are likely to disagree is marked.",
            show_default=False,
        ),
    ] = None,
    voice_expert: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="An exported expert that reads the voices, in place of the one that comes along.",
            show_default=False,
        ),
    ] = None,
    model: Model = None,
    input_format: InputFormat = None,
    times: InputTimes = None,
    encoding: InputEncoding = None,
    language_check: Annotated[
        Literal["on", "off"],
        typer.Option(help="Whether to leave talk open that is clearly in another language than English."),
    ] = "on",
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
      heartsay analyze calls/ --input-format mychat:FORMAT
      heartsay analyze chat.csv --false-discovery-rate 0.2
      heartsay analyze call.vtt --audio call.wav
      heartsay analyze chat.srt --out - | jq '.utterances[].emotion.label'

    Formats json (the default, with html), html, textgrid, eaf, srt and vtt give a file per conversation; csv,
    parquet and label-studio one table of all utterances, beside one of other conversations if that is
    there. Exit codes: 0 all done, 1 some inputs could not be read, 2 nothing could be done, 130 stopped.
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
        inputs = _Inputs(paths, input_format, as_brought(times, encoding), audio)
        experts = _voice_experts(audio, voice_expert)
        settings = Settings(
            coverage,
            evidence,
            wanted or ("json", "html"),
            false_discovery_rate,
            experts,
            language_check == "on",
        )
        loaded = load_model(model)
        if out == "-":
            code = _print_documents(inputs, loaded, settings, quiet)
        else:
            code = _analyze_into(Path(out), inputs, loaded, settings, resume, as_json, quiet)
    raise typer.Exit(code)


class _Inputs:
    """Hands on what is read, and knows how far through the files that is."""

    def __init__(
        self, paths: list[str], input_format: str | None, how: Interpretation, audio: Path | None = None
    ) -> None:
        self._audio = audio
        self._items = read_many(paths, input_format, how)
        self._files = count_files(paths, input_format)
        self._begun = self._handed_on = 0

    def __iter__(self) -> Iterator[Item]:
        place: str | None = None
        heard = False
        for item in self._items:
            found = item.path if isinstance(item, ReadFailure) else item.source
            self._begun += found != place or not self._begun
            self._handed_on += 1
            place = found
            if self._audio is not None and isinstance(item, Conversation):
                if heard:
                    raise InputError(
                        expected="one conversation, whose recording it is",
                        found="several",
                        where="--audio",
                        do="analyse each transcript with its own recording",
                    )
                heard, item = True, replace(item, recording=self._audio)
            yield item

    def row(self) -> dict[str, Any]:
        """What a reporter is told: the files dealt with, or the conversations of a single file."""
        if self._files == 1:
            return {"done": self._handed_on, "unit": "conversations"}
        return {"done": max(0, self._begun - 1), "of": self._files, "unit": "files"}


def _voice_experts(audio: Path | None, voice_expert: Path | None) -> ModalityExperts | None:
    """What reads the recording; None where there is none.

    Raises:
        InputError: there is no such recording, nothing that reads it, or nothing to read.
    """
    if audio is None:
        if voice_expert is None:
            return None
        raise InputError(
            expected="a recording for the expert to read",
            found="none",
            where="--voice-expert",
            do="name the recording with --audio",
        )
    if not audio.is_file():
        raise InputError(
            expected="a recording", found="no such file", where=str(audio), do="check the path of --audio"
        )
    from heartsay.runtime import load_modality_experts

    experts = load_modality_experts({} if voice_expert is None else {"voice": voice_expert})
    if "voice" not in experts.experts:
        raise InputError(
            expected="an expert of the voice in this installation",
            found="none",
            where="--audio",
            do="name the folder of an exported one with --voice-expert (`heartsay train voice`, `heartsay"
            " export`)",
        )
    return experts


def _analyze_into(
    folder: Path,
    inputs: _Inputs,
    model: Bundle,
    settings: Settings,
    resume: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    from heartsay.batch import Outcome, analyze_into

    outcome = Outcome(folder)
    try:
        with Reporter("Analysing", as_json, quiet) as report:
            analyze_into(
                folder,
                inputs,
                model,
                settings,
                resume=resume,
                outcome=outcome,
                progress=lambda _: report(inputs.row()),
            )
    except (KeyboardInterrupt, HeartsayError, OSError) as error:
        if not outcome.conversations:
            raise
        saved = f"{_count(outcome.conversations, 'conversation')} saved in {folder}"
        saved += "; run it again with --resume to go on."
        if isinstance(error, KeyboardInterrupt):
            return complain(f"Stopped. {saved}", STOPPED)
        raise HeartsayError(f"{in_words(error)} {saved}") from error
    for _, sentence in outcome.failures:
        complain(sentence, SOME_FAILED)
    if as_json:
        print_json("analyze", {"version": __version__, **outcome.to_dict()})
    elif not quiet and outcome.conversations:
        _print_outcome(outcome)
    if outcome.failures:
        return SOME_FAILED if outcome.conversations else NOTHING_DONE
    return DONE


def _print_documents(inputs: _Inputs, model: Bundle, settings: Settings, quiet: bool) -> int:
    """Print one document indented, several one per line."""
    from heartsay.batch import analyze_items

    failed, count = False, 0
    first: Analysis | None = None
    # On a terminal the documents themselves show how far it is.
    with Reporter("Analysing", as_json=True, quiet=quiet or sys.stdout.isatty()) as report:
        for result in analyze_items(inputs, model, settings):
            report(inputs.row())
            if not isinstance(result, tuple):
                failed = True
                complain(str(result.error), SOME_FAILED)
                continue
            count += 1
            if count == 1:
                first = result[1]
                continue
            if first is not None:
                print(first.model_dump_json())
                first = None
            print(result[1].model_dump_json(), flush=True)
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
