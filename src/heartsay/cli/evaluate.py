"""`heartsay evaluate`: measure a model on labelled conversations, a user's own or a corpus's split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from heartsay.cli.console import AsJson, print_json, print_notes, reporting
from heartsay.cli.labels import OwnLabel, OwnLabels, own_labels
from heartsay.cli.options import InputEncoding, InputFormat, InputTimes, Model
from heartsay.cli.progress import Reporter
from heartsay.errors import InputError
from heartsay.formats import Interpretation, as_brought
from heartsay.limits import limit

if TYPE_CHECKING:
    from heartsay.pipeline.annotators import Labels
    from heartsay.runtime import Bundle


def evaluate(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILES...]",
            help="Files or folders of labelled conversations, in any format that analyze reads.",
            show_default=False,
        ),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="In place of files: a corpus that `corpora list` names, or module:NAME of your own.",
            show_default=False,
        ),
    ] = None,
    split: Annotated[str, typer.Option(metavar="NAME", help="Of the corpus: dev or test.")] = "test",
    model: Model = None,
    coverage: Annotated[float, typer.Option(metavar="SHARE", help="Coverage of the prediction sets.")] = 0.9,
    label: OwnLabel = None,
    labels: OwnLabels = None,
    input_format: InputFormat = None,
    times: InputTimes = None,
    encoding: InputEncoding = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model on labelled talk: emotions, calibration, sets and, if annotated, pairs.

    \b
    Examples:
      heartsay evaluate labelled/ --model adapted
      heartsay evaluate calls.csv --label livid=anger --json
      heartsay evaluate --corpus meld --split test --json
      heartsay evaluate --model runs/voice/exported --corpus crema-d

    Files that a model was adapted to say nothing of how it does on others: keep some back. Where several
    annotators labelled an utterance, emotions are measured against each of them by their shares. A corpus is
    looked for under HEARTSAY_DATA; its development data are read without what is also in a test split of MELD
    or ECF.
    """
    with reporting("evaluate", as_json):
        from heartsay.pipeline import load_model
        from heartsay.pipeline.evaluation import evaluate as evaluate_model
        from heartsay.pipeline.evaluation import floors
        from heartsay.runtime.experts import is_expert

        if not 0.0 < coverage < 1.0:
            raise InputError(
                expected="a number between 0 and 1, both excluded",
                found=str(coverage),
                where="--coverage",
                do="give how often the sets shall hold the true emotion, for example 0.9",
            )
        if bool(files) == (corpus is not None):
            raise InputError(
                expected="either files or a corpus",
                found="both" if files else "neither",
                where="what to evaluate on",
                do="name labelled files, or --corpus NAME",
            )
        if model is not None and corpus is not None and is_expert(Path(model)):
            _evaluate_expert(Path(model), corpus, split, as_json)
            return
        loaded = load_model(model)
        if corpus is not None:
            read = _read_corpus(loaded, corpus, split, as_json)
        else:
            own = own_labels(loaded, label, labels)
            how = as_brought(times, encoding)
            read = _read_files(loaded, files or [], own, input_format, how, as_json)
        print_notes(read.notes)
        measured = evaluate_model(loaded, read.reading, read.conversations, coverage, read.emotions)
        known = floors(read.reading, read.conversations, read.emotions)
        if as_json:
            stamp = {"model": loaded.stamp.name, "version": loaded.stamp.version}
            facts: dict[str, Any] = {**stamp, **read.facts, "warnings": read.notes}
            print_json("evaluate", {**facts, **measured, "floors": known, "sha256": loaded.stamp.sha256})
            return
        print(f"{loaded.stamp.name} {loaded.stamp.version} on {read.name}")
        for rate, figures in measured.pop("links", {}).items():
            measured[f"links_at_a_false_discovery_rate_of_{rate}"] = figures
        _print_figures(measured, known)


def _evaluate_expert(folder: Path, corpus: str, split: str, as_json: bool) -> None:
    from heartsay.pipeline.expert_evaluation import CORPORA, evaluate_expert
    from heartsay.runtime.experts import Expert

    expert = Expert.load(folder)
    if corpus != CORPORA[expert.modality]:
        raise InputError(
            expected=f"{CORPORA[expert.modality]}, which an expert of the {expert.modality} is measured on",
            found=repr(corpus),
            where="--corpus",
            do=f"give --corpus {CORPORA[expert.modality]}",
        )
    with Reporter(f"Reading {corpus} {split}", as_json) as report:
        measured = evaluate_expert(expert, split, report=report)
    facts: dict[str, Any] = {
        "model": expert.name,
        "version": expert.version,
        "corpus": corpus,
        "split": split,
    }
    if as_json:
        print_json("evaluate", {**facts, **measured})
        return
    print(f"{expert.name} {expert.version} on {corpus} {split}")
    _print_figures(measured, {})


class _Read(NamedTuple):
    """What there is to measure, and what to call it; `emotions` are annotators' labels where not gold."""

    reading: Any
    conversations: tuple[Any, ...]
    name: str
    facts: dict[str, Any]
    notes: list[str]
    emotions: Labels | None = None


def _read_corpus(model: Bundle, corpus: str, split: str, as_json: bool) -> _Read:
    from heartsay.pipeline.evaluation import read_split
    from heartsay.runtime.language import language_warning

    with Reporter(f"Reading {corpus} {split}", as_json) as report:
        reading, conversations = read_split(model, corpus, split, report)
    warning = language_warning((u.text for c in conversations for u in c.utterances), model.language)
    notes = [] if warning is None else [warning]
    return _Read(reading, conversations, f"{corpus} {split}", {"corpus": corpus, "split": split}, notes)


def _read_files(
    model: Bundle,
    files: list[str],
    own: dict[str, str | None],
    input_format: str | None,
    how: Interpretation,
    as_json: bool,
) -> _Read:
    from heartsay.pipeline.annotators import annotator_labels
    from heartsay.pipeline.labelled import load_labelled, read_labelled

    with Reporter("Reading labels", as_json) as report:
        talk = load_labelled(files, model.labels, own, input_format, model.language, how)
        reading, shares = read_labelled(model, talk, report)
    count, utterances = len(talk.conversations), talk.utterances
    name = f"{count:,} conversation{'' if count == 1 else 's'} ({utterances:,} labelled utterances)"
    facts = {"files": files, "conversations": count}
    notes, longest = list(talk.notes), limit("evidence_utterances")
    if long := sum(len(c) > longest for c in talk.conversations):
        notes.append(
            f"{long:,} of {count:,} conversations have more than {longest:,} utterances: for those alone,"
            " `full_reading_alone` is what analysing them comes to"
        )
    emotions = annotator_labels(shares) if talk.votes else None
    return _Read(reading, talk.conversations, name, facts, notes, emotions)


def _print_figures(measured: dict[str, Any], floors: dict[str, dict[str, float]], indent: str = "  ") -> None:
    """One line for each figure, its floors behind it; what holds groups of figures is a block of its own."""
    for name, value in measured.items():
        heading = f"{indent}{name.replace('_', ' ')}:"
        if isinstance(value, dict) and any(isinstance(part, dict) for part in value.values()):
            print(heading)
            _print_figures(value, {}, indent + "  ")
            continue
        floor = "; ".join(f"{method} {score:.2f}" for method, score in floors.get(name, {}).items())
        print(f"{heading} {_figure(value)}" + (f"  (floor: {floor})" if floor else ""))


def _figure(value: Any) -> str:
    if value is None:
        return "undefined"
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_figure(part)}" for name, part in value.items())
    return f"{value:.2f}" if isinstance(value, float) else str(value)
