"""The skeleton of every comparison of trained methods: do the runs, measure what is done, write it down.

A study says which runs it wants, what one of them does, and what is made of the finished ones. The rest is
here: several processes, going on after a kill, tables also after an interruption, the time that is left.
"""

from __future__ import annotations

import json
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

from heartsay.atomic import write_text
from heartsay.errors import HeartsayError
from heartsay.experiments.comparisons import with_holm
from heartsay.experiments.pool import Pool, run_all
from heartsay.progress import Report

DIGITS = 6
"""Significant digits of the numbers in ``results.json``."""

DONE = "done.json"
"""File in a run's folder that makes it count as done: seconds that the process which finished it took."""


@dataclass(frozen=True, order=True)
class Run:
    """One training and its readings, or one cell of the tables.

    Args:
        corpus: name of the corpus.
        model: name of what is trained.
        method: name of how it is trained.
        seed: seed of the run; methods of one seed start alike and meet the same order.
        fold: which fold it is tested on, None where there are none.
    """

    corpus: str
    model: str
    method: str
    seed: int
    fold: int | None = None

    def __str__(self) -> str:
        return f"{self.corpus}, {self.model}, {self.method}, seed {self.seed}"

    def folder(self, work: Path) -> Path:
        """Where the run is kept."""
        return work / self.corpus / self.model / self.method / f"seed-{self.seed}"

    def columns(self) -> dict[str, Any]:
        """The columns that say whose number it is."""
        return {"corpus": self.corpus, "model": self.model, "method": self.method, "seed": self.seed}


@dataclass(frozen=True)
class Place:
    """Where runs are kept and what they are made with.

    Args:
        work: folder of the runs.
        cache: folder of the features.
        epochs: at most this many, if given.
        device: torch device.
        trained: folder of the runs with an encoder, `default` and `rpcl-end-to-end`.
        features: folder of feature files, for what is run on them: the field's, or those kept with results.
        finished: the runs that count as done, if given; others are looked for, so that tables made while runs
            go on would be of different runs.
    """

    work: Path
    cache: Path
    epochs: int | None = None
    device: str = "cpu"
    trained: Path = Path("runs")
    features: Path | None = None
    finished: frozenset[Run] | None = None


def is_done(run: Run, place: Place) -> bool:
    """Whether a run has all its readings."""
    if place.finished is not None:
        return run in place.finished
    return (run.folder(place.work) / DONE).exists()


@dataclass(frozen=True)
class Study(ABC):
    """What one system compares; it is sent to the processes that do its runs."""

    place: Place

    system: ClassVar[str]

    family: ClassVar[tuple[str, ...]]
    """The columns of `comparisons` whose values make a family, over which p-values are corrected."""

    @abstractmethod
    def runs(self) -> Sequence[Run]:
        """Every run that the tables ask for, what matters most first."""

    def doable(self) -> Sequence[Run]:
        """The runs that this call may do; the others count only where they are done."""
        return self.runs()

    def needs(self, run: Run) -> Collection[Run]:
        """The runs that must be done before."""
        return ()

    def cost(self, run: Run) -> float:
        """About how long a run takes, in any unit."""
        return 1.0

    def is_stale(self, run: Run) -> bool:
        """Whether what a run was made from has been replaced since."""
        return False

    def set_aside(self, run: Run) -> None:
        """Make a stale run count as not done."""
        (run.folder(self.place.work) / DONE).unlink(missing_ok=True)

    def logging(self, report: Report) -> Report:
        """The progress callback of the whole, for a study that keeps a log besides."""
        return report

    @abstractmethod
    def prepare(self, report: Report) -> None:
        """Make the features that runs need, once, before several processes ask for them."""

    @abstractmethod
    def work(self, run: Run) -> None:
        """Do a run, in a process of its own.

        Raises:
            HeartsayError: it cannot be done, and why.
        """

    @abstractmethod
    def measure(self, report: Report) -> dict[str, Any]:
        """The sections of ``results.json``, `rows` and `comparisons` among them, from what is done."""

    @abstractmethod
    def tables(self, content: Mapping[str, Any]) -> str:
        """The page for people, in Markdown, from what ``results.json`` holds."""

    @abstractmethod
    def draw(self, content: Mapping[str, Any], folder: Path) -> None:
        """Draw the figures whose numbers are there."""

    def done(self) -> Self:
        """The same with the runs that are done now as the ones that count."""
        finished = frozenset(run for run in self.runs() if is_done(run, self.place))
        return replace(self, place=replace(self.place, finished=finished))


def reproduce(
    study: Study,
    results: Path,
    *,
    workers: int,
    report: Report,
    pool: Callable[[int], AbstractContextManager[Pool]] | None = None,
) -> dict[str, Any]:
    """Do the runs of a study that are not done yet, then write tables and figures of all that are.

    Whoever interrupts gets the tables of what is done; the next call goes on from there.

    Args:
        study: what is compared.
        results: folder of ``results.json``, ``tables.md`` and the figures.
        workers: processes of one thread each; with 0 nothing is run and what is there is measured.
        report: called with messages on what goes on.
        pool: as for `pool.run_all`.

    Returns:
        What ``results.json`` holds.

    Raises:
        KeyboardInterrupt: again, after the tables of what was done.
        HeartsayError: a process was killed; likewise.
        InputError: the data are absent or not what they claim.
    """
    failed: dict[Run, str] = {}
    stopped: BaseException | None = None
    set_stale_runs_aside(study, report)
    if workers:
        try:
            study.prepare(report)
            failed = run_all(
                study.doable(),
                partial(do_run, study),
                is_done=partial(is_done, place=study.place),
                needs=study.needs,
                workers=workers,
                report=with_time_left(study, report),
                pool=pool,
            )
        except KeyboardInterrupt as interrupt:
            stopped = interrupt
            report({"message": "Interrupted: tables of what is done follow; interrupt again to leave"})
        except BrokenProcessPool:
            stopped = HeartsayError(
                "A process was killed from outside, mostly because memory ran out; the tables hold what is "
                "done. Start the command again to go on, with fewer --workers if memory is short."
            )
    content = write_results(study.done(), results, failed, report)
    if stopped is not None:
        raise stopped
    return content


def set_stale_runs_aside(study: Study, report: Report) -> None:
    """Let what was made from something that has been replaced since count as not done."""
    stale = [run for run in study.runs() if is_done(run, study.place) and study.is_stale(run)]
    for run in stale:
        study.set_aside(run)
    if stale:
        few = ", ".join(f"({run})" for run in stale[:3])
        more = ", ..." if len(stale) > 3 else ""
        report(
            {"message": f"{len(stale)} runs are of other features or settings and are made anew: {few}{more}"}
        )


def do_run(study: Study, run: Run) -> str | None:
    """Do one run and write down what it took; why it failed, if it did."""
    wall, processor = time.monotonic(), time.process_time()
    try:
        study.work(run)
    except HeartsayError as error:
        return str(error)
    duration = {"seconds": time.monotonic() - wall, "processor_seconds": time.process_time() - processor}
    write_text(run.folder(study.place.work) / DONE, json.dumps(duration) + "\n")
    return None


def write_results(study: Study, results: Path, failed: Mapping[Run, str], report: Report) -> dict[str, Any]:
    """Measure the runs that are done, and write ``results.json``, ``tables.md`` and the figures."""
    wanted = study.runs()
    done = [run for run in wanted if is_done(run, study.place)]
    report({"message": "Measuring"})
    measured = study.measure(report)
    measured["comparisons"] = with_holm(measured["comparisons"], study.family)
    written = as_json(
        {
            "system": study.system,
            "runs": len(wanted),
            "done": len(done),
            "failed": {str(run): reason for run, reason in failed.items()},
            **measured,
            "time": [
                {**run.columns(), **json.loads((run.folder(study.place.work) / DONE).read_text("utf-8"))}
                for run in done
            ],
        }
    )
    results.mkdir(parents=True, exist_ok=True)
    write_text(results / "results.json", written)
    content: dict[str, Any] = json.loads(written)  # tables show what the file holds, digit by digit
    write_text(results / "tables.md", study.tables(content))
    report({"message": "Drawing"})
    study.draw(content, results)
    return content


def as_json(content: Mapping[str, Any]) -> str:
    """The text of ``results.json``: a line per row, so that two versions can be compared, and few digits."""
    parts = []
    for name, value in content.items():
        clean = _rounded(value)
        if isinstance(clean, list) and clean:
            lines = ",\n".join(f"  {json.dumps(item, ensure_ascii=False)}" for item in clean)
            parts.append(f" {json.dumps(name)}: [\n{lines}\n ]")
        else:
            parts.append(f" {json.dumps(name)}: {json.dumps(clean, ensure_ascii=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _rounded(value: Any) -> Any:
    """The same with few digits; what is no number becomes None."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def with_time_left(study: Study, report: Report) -> Report:
    """Add to each row how many seconds the rest will take, by what runs have taken since the beginning."""
    weight = {str(run): study.cost(run) for run in study.doable() if not is_done(run, study.place)}
    begun, done = time.monotonic(), 0.0

    def report_progress(row: dict[str, Any]) -> None:
        nonlocal done
        done += weight.pop(row["run"], 0.0)
        left = {"left": (time.monotonic() - begun) * sum(weight.values()) / done} if done else {}
        report({**row, **left})

    return report_progress
