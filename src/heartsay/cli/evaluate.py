"""`heartsay evaluate`: measure an exported model on a labelled split."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from heartsay.cli.console import AsJson, print_json, print_notes, reporting
from heartsay.cli.options import Model, training_packages
from heartsay.cli.progress import Reporter
from heartsay.errors import InputError


def evaluate(
    corpus: Annotated[
        str,
        typer.Option(metavar="NAME", help="A corpus that `corpora list` names, or module:NAME of your own."),
    ],
    split: Annotated[str, typer.Option(metavar="NAME", help="dev or test.")] = "test",
    model: Model = None,
    coverage: Annotated[float, typer.Option(metavar="SHARE", help="Coverage of the prediction sets.")] = 0.9,
    as_json: AsJson = False,
) -> None:
    """Measure an exported model on a labelled split: emotions, calibration, sets and, if annotated, pairs.

    \b
    Example:
      heartsay evaluate --corpus meld --split test --json

    The corpus is looked for under HEARTSAY_DATA. Development data are read without what is also in a test
    split of MELD or ECF.
    """
    with reporting("evaluate", as_json), training_packages():
        from heartsay.pipeline import load_model
        from heartsay.pipeline.evaluation import evaluate as evaluate_model
        from heartsay.pipeline.evaluation import floors, read_split
        from heartsay.runtime.language import language_warning

        if not 0.0 < coverage < 1.0:
            raise InputError(
                expected="a number between 0 and 1, both excluded",
                found=str(coverage),
                where="--coverage",
                do="give how often the sets shall hold the true emotion, for example 0.9",
            )
        loaded = load_model(model)
        with Reporter(f"Reading {corpus} {split}", as_json) as report:
            readings, conversations = read_split(loaded, corpus, split, report)
        warning = language_warning((u.text for c in conversations for u in c.utterances), loaded.language)
        if warning is not None:
            print_notes([warning])
        measured = evaluate_model(loaded, readings, conversations, coverage)
        known = floors(readings, conversations)
        if as_json:
            facts: dict[str, Any] = {"model": loaded.stamp.name, "corpus": corpus, "split": split}
            facts["warnings"] = [] if warning is None else [warning]
            print_json("evaluate", {**facts, **measured, "floors": known, "sha256": loaded.stamp.sha256})
            return
        print(f"{loaded.stamp.name} {loaded.stamp.version} on {corpus} {split}")
        for rate, figures in measured.pop("links", {}).items():
            measured[f"links_at_a_false_discovery_rate_of_{rate}"] = figures
        _print_figures(measured, known)


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
