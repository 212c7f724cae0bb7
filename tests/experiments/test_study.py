"""The skeleton of a study, on one whose runs write a number."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import signal
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from heartsay.errors import HeartsayError, InputError
from heartsay.experiments import study as skeleton
from heartsay.experiments.study import (
    DONE,
    Place,
    Run,
    Study,
    as_json,
    do_run,
    is_done,
    reproduce,
    with_time_left,
)
from heartsay.progress import Report

RUNS = [Run("corpus", "model", method, seed) for seed in (1, 2) for method in ("base", "other")]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Counting(Study):
    """Runs write their seed; `failing` cannot, and `deadly` ends its process."""

    failing: str = ""
    deadly: str = ""
    stale: bool = False

    system: ClassVar[str] = "counting"
    family: ClassVar[tuple[str, ...]] = ("corpus",)

    def runs(self) -> Sequence[Run]:
        return RUNS

    def needs(self, run: Run) -> Collection[Run]:
        return () if run.method == "base" else (replace(run, method="base"),)

    def is_stale(self, run: Run) -> bool:
        return self.stale

    def prepare(self, report: Report) -> None:
        report({"message": "preparing"})

    def work(self, run: Run) -> None:
        if run.method == self.failing:
            raise HeartsayError("the loss is no number any more")
        if run.method == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        folder = run.folder(self.place.work)
        folder.mkdir(parents=True)
        (folder / "readings").write_text(str(run.seed))

    def measure(self, report: Report) -> dict[str, Any]:
        done = [run for run in self.runs() if is_done(run, self.place)]
        return {"rows": [{**run.columns(), "f1": run.seed / 3} for run in done], "comparisons": []}

    def tables(self, content: Mapping[str, Any]) -> str:
        return f"{content['done']} of {content['runs']}"

    def draw(self, content: Mapping[str, Any], folder: Path) -> None:
        (folder / "figure.png").touch()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "work", tmp_path / "cache")


def test_runs_are_done_in_processes_and_only_once(place: Place, tmp_path: Path) -> None:
    study, rows = Counting(place), Rows()
    content = reproduce(study, tmp_path / "results", workers=2, report=rows.append)
    assert (content["system"], content["runs"], content["done"], content["failed"]) == ("counting", 4, 4, {})
    assert json.loads((tmp_path / "results/results.json").read_text("utf-8")) == content
    assert (tmp_path / "results/tables.md").read_text("utf-8") == "4 of 4"
    assert (tmp_path / "results/figure.png").exists()
    assert {row["seed"] for row in content["time"]} == {1, 2}
    assert content["rows"][0]["f1"] == 0.333333
    # Another call does nothing again, and a run whose input was replaced counts no more.
    reproduce(study, tmp_path / "results", workers=1, report=rows.append)
    again = reproduce(Counting(place, stale=True), tmp_path / "results", workers=0, report=rows.append)
    assert again["done"] == 0
    assert not list(place.work.rglob(DONE))


def test_a_run_that_fails_is_named_with_its_reason_and_so_is_what_needs_it(
    place: Place, tmp_path: Path
) -> None:
    content = reproduce(Counting(place, failing="base"), tmp_path, workers=1, report=lambda _: None)
    assert content["done"] == 0
    assert content["failed"]["corpus, model, base, seed 1"] == "the loss is no number any more"
    assert "what it needs failed" in content["failed"]["corpus, model, other, seed 2"]


def test_a_process_that_is_killed_leaves_tables_and_one_sentence(place: Place, tmp_path: Path) -> None:
    with pytest.raises(HeartsayError, match="killed from outside"):
        reproduce(Counting(place, deadly="other"), tmp_path, workers=1, report=lambda _: None)
    assert "of 4" in (tmp_path / "tables.md").read_text("utf-8")
    assert not multiprocessing.active_children()


def test_an_interruption_leaves_tables_of_what_is_done(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> dict[Run, str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(skeleton, "run_all", interrupted)
    assert do_run(Counting(place), RUNS[0]) is None
    with pytest.raises(KeyboardInterrupt):
        reproduce(Counting(place), tmp_path, workers=1, report=lambda _: None)
    assert (tmp_path / "tables.md").read_text("utf-8") == "1 of 4"


def test_absent_data_stop_before_anything_is_written(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_: Any) -> None:
        raise InputError(expected="data", found="none", where="here", do="fetch them")

    monkeypatch.setattr(Counting, "prepare", absent)
    with pytest.raises(InputError):
        reproduce(Counting(place), tmp_path / "results", workers=1, report=lambda _: None)
    assert not (tmp_path / "results").exists()


def test_what_is_measured_is_what_was_done_when_measuring_began(place: Place) -> None:
    study = Counting(place)
    assert do_run(study, RUNS[0]) is None
    fixed = study.done()
    assert do_run(study, RUNS[1]) is None
    assert [is_done(run, fixed.place) for run in RUNS[:2]] == [True, False]
    assert [is_done(run, place) for run in RUNS[:2]] == [True, True]


def test_progress_says_how_much_is_done_and_how_long_the_rest_takes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(skeleton.time, "monotonic", lambda: clock[0])
    rows = Rows()
    report = with_time_left(Counting(place), rows.append)
    report({"run": "", "done": 0, "of": 4})
    clock[0] = 600.0
    report({"run": str(RUNS[0]), "done": 1, "of": 4})
    clock[0] = 1200.0
    report({"run": str(RUNS[1]), "done": 2, "of": 4})
    assert [row.get("left") for row in rows] == [None, 1800.0, 1200.0]


def test_what_is_undefined_becomes_null_and_a_row_has_a_line() -> None:
    text = as_json({"rows": [{"f": math.nan, "g": 1.23456789}, {"f": math.inf}], "runs": 2})
    assert json.loads(text) == {"rows": [{"f": None, "g": 1.23457}, {"f": None}], "runs": 2}
    assert '\n  {"f": null, "g": 1.23457},\n' in text
