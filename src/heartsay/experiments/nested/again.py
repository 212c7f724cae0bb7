"""Models of the committed results trained again from the vectors beside them: does this machine get the same?

Nothing is chosen: which trial a model has, and the rows that it is compared with, are those of the results.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from heartsay.errors import InputError
from heartsay.experiments.cmerc.measure import measure
from heartsay.experiments.nested import rows
from heartsay.experiments.nested.corpora import vectors_file
from heartsay.experiments.nested.outer import read, readings
from heartsay.experiments.nested.plan import ARMS, VOICES, NestedRun, Scope, final_runs
from heartsay.experiments.nested.trials import draw
from heartsay.experiments.nested.work import train_with
from heartsay.experiments.study import Place
from heartsay.progress import Report, track

METRICS = ("weighted_f1", "aurc", "expected_calibration_error")
"""What is compared, of the raw reading, in percent."""

SEED = 5
"""Of the drawing of models."""

WITHIN = 0.1
"""Difference, in percent, up to which a row is the same."""


class Cell(NamedTuple):
    """One number of one model.

    Attributes:
        run: which model, in words.
        metric: which number.
        committed: what the results have, in percent.
        again: what training it again gives, in percent.
    """

    run: str
    metric: str
    committed: float
    again: float

    @property
    def is_same(self) -> bool:
        """Whether both are within `WITHIN` of each other."""
        return abs(self.again - self.committed) <= WITHIN


def drawn(content: Mapping[str, Any], scope: Scope, count: int) -> list[NestedRun]:
    """Models of the results, drawn at random but always the same.

    Args:
        content: what ``results.json`` holds.
        scope: what it is of.
        count: how many.
    """
    known = [run for run in final_runs(scope) if _row(content, run) is not None]
    return random.Random(SEED).sample(known, min(count, len(known)))


def train_again(
    content: Mapping[str, Any], scope: Scope, place: Place, count: int, report: Report
) -> list[Cell]:
    """Train some models again, read their outer tests, and compare with the rows of the results.

    Args:
        content: what ``results.json`` holds.
        scope: what it is of.
        place: folders; what is trained stays in `place.work`, and is taken from there by the next call.
        count: how many models.
        report: progress callback.

    Raises:
        InputError: the results have no rows, so that their outer test is not read yet and stays closed; or
            vectors are not beside them, and others would be no test of the same.
    """
    runs = drawn(content, scope, count)
    if not runs:
        raise InputError(
            expected="results whose outer test has been read",
            found="none",
            where="results.json",
            do="run the command without --again, and then with --read-outer-test",
        )
    for run in runs:
        _check_vectors(run, scope, place)
    found = []
    for run in track(runs, "Training again", report, "models"):
        if not readings(run, place.work).exists():
            train_with(draw(ARMS)[run.method][_trial(content, run)], run, scope, place)
            read(run, scope, place)
        measured = measure(*rows.calibrated(rows.load(run, place.work), rows.RAW))
        row = _row(content, run) or {}
        found += [Cell(str(run), name, row[name], measured[name]) for name in METRICS]
    return found


def _check_vectors(run: NestedRun, scope: Scope, place: Place) -> None:
    if scope.words is None or run.corpus != VOICES:
        return
    path = vectors_file(place.features or place.cache, scope.words, run.encoder)
    if not path.exists():
        raise InputError(
            expected="the vectors that the results were made with",
            found="none",
            where=str(path),
            do="bring back the folder that was committed beside the results",
        )


def load_results(folder: Path) -> dict[str, Any]:
    """What ``results.json`` of a folder holds; empty where there is none."""
    path = folder / "results.json"
    content: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return content


def in_words(cells: Sequence[Cell]) -> str:
    """A line per number, and how many are the same."""
    lines = [
        f"{cell.run}: {cell.metric} {cell.committed:.2f}, again {cell.again:.2f} "
        f"({cell.again - cell.committed:+.3f})"
        for cell in cells
    ]
    same = sum(cell.is_same for cell in cells)
    return "\n".join([*lines, f"{same} of {len(cells)} numbers are within {WITHIN:g} of the results'"])


def _row(content: Mapping[str, Any], run: NestedRun) -> Mapping[str, Any] | None:
    """The raw row of a model."""
    wanted = {**run.columns(), "calibration": rows.RAW}
    of = (row for row in content.get("rows", ()) if all(row[name] == wanted[name] for name in wanted))
    return next(of, None)


def _trial(content: Mapping[str, Any], run: NestedRun) -> int:
    """The trial that inner data chose for a model, as the results have it."""
    about = {"corpus": run.corpus, "model": run.model, "arm": run.method, "fold": run.fold}
    of = (entry for entry in content["choices"] if all(entry[name] == about[name] for name in about))
    return int(next(of)["trial"])
