"""`heartsay analyze --engine ray`: options to a corpus, and what was done in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartsay import __version__
from heartsay.cli.console import DONE, NOTHING_DONE, SOME_FAILED, STOPPED, complain, in_words, print_json
from heartsay.cli.progress import Reporter
from heartsay.errors import HeartsayError

if TYPE_CHECKING:
    from heartsay.pipeline import EvidenceMode
    from heartsay.ray import Outcome

SHOWN = 20
"""Failures that are printed; the manifest has all."""


def refuse(given: Mapping[str, Any]) -> None:
    """Refuse options that have no meaning where work is shared out.

    Raises:
        HeartsayError: names them.
    """
    if wrong := [name for name, value in given.items() if value]:
        raise HeartsayError(
            f"--engine ray writes Parquet and does not know {', '.join(wrong)}; leave that out, or analyse"
            " without --engine."
        )


def analyze_on_ray(
    paths: Sequence[str],
    out: str,
    model: str | None,
    shared_out: tuple[str | None, int | None, str],
    resume: bool,
    as_json: bool,
    quiet: bool,
    *,
    analysis: tuple[float, EvidenceMode, float | None, bool],
    reading: tuple[str | None, str | None, str | None, bool, str | None, int | None],
) -> int:
    """Analyse a corpus and say what was done; returns the exit code.

    Args:
        paths: of inputs, addresses among them.
        out: folder or address of the outputs.
        model: its name or folder.
        shared_out: address of the cluster, workers, and columns to keep.
        resume: whether to go on.
        as_json: whether to print one JSON object.
        quiet: whether to print errors alone.
        analysis: coverage, evidence, false discovery rate, and whether the language is checked.
        reading: format, times and encoding of inputs; whether words are recognised, by what, and how many
            speak.
    """
    from heartsay.batch import Settings
    from heartsay.ray import Engine, How, Outcome, analyze_corpus
    from heartsay.ray.places import Place
    from heartsay.recordings import Listening

    coverage, evidence, rate, language_check = analysis
    format, times, encoding, words, speech_model, speakers = reading
    address, workers, keep = shared_out
    outcome = Outcome(Place(out))
    try:
        with Reporter("Analysing", as_json, quiet) as report:
            analyze_corpus(
                out,
                [str(Path(path).resolve()) if "://" not in path else path for path in paths],
                Settings(coverage, evidence, ("parquet",), rate, language_check=language_check),
                How(format, times, encoding, Listening(words, speech_model, speakers)),
                model=model,
                engine=Engine(address, workers),
                resume=resume,
                kept=tuple(dict.fromkeys(name.strip() for name in keep.split(",") if name.strip())),
                report=report,
                outcome=outcome,
            )
    except (KeyboardInterrupt, HeartsayError, OSError) as error:
        if not outcome.partitions:
            raise
        saved = f"{outcome.partitions:,} of {outcome.of:,} partitions are in {out}; add --resume to go on."
        if isinstance(error, KeyboardInterrupt):
            return complain(f"Stopped. {saved}", STOPPED)
        raise HeartsayError(f"{in_words(error)} {saved}") from error
    return _say(outcome, as_json, quiet)


def _say(outcome: Outcome, as_json: bool, quiet: bool) -> int:
    for _, sentence in outcome.failures[:SHOWN]:
        complain(sentence, SOME_FAILED)
    if (more := len(outcome.failures) - SHOWN) > 0:
        complain(f"{more:,} more could not be read; {outcome.out}/manifest.json names all.", SOME_FAILED)
    for number, reason in list(outcome.failed.items())[:SHOWN]:
        complain(f"Partition {number} was not written: {reason}", SOME_FAILED)
    if outcome.failed:
        complain("Add --resume to do the rest once that is mended.", SOME_FAILED)
    if as_json:
        facts = {**asdict(outcome), "out": str(outcome.out)}
        print_json("analyze", {"version": __version__, **facts})
    elif not quiet:
        print(
            f"{outcome.conversations:,} conversations, {outcome.utterances:,} utterances,"
            f" {outcome.left_open:,} of them left open; {outcome.partitions:,} of {outcome.of:,} partitions"
        )
        if outcome.warned:
            print(f"{outcome.warned:,} conversations with warnings, some listed in the manifest")
        print(f"Written: {outcome.out}/partitions and {outcome.out}/manifest.json")
        print(f"Look at it all: heartsay summary {outcome.out}")
    if outcome.failures or outcome.failed:
        return SOME_FAILED if outcome.conversations else NOTHING_DONE
    return DONE
