"""The nested study: what it runs, and how it keeps its log."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from heartsay.experiments.cmerc.study import COSTS, REMOVALS_COST
from heartsay.experiments.estimate import Share, shares
from heartsay.experiments.nested import plots, rows, work
from heartsay.experiments.nested.corpora import fingerprints, inside, stand_in
from heartsay.experiments.nested.journal import CHOSEN, INNER, READ, Journal, digest
from heartsay.experiments.nested.outer import FLOORS, read_outer_test
from heartsay.experiments.nested.plan import (
    ARMS,
    AS_CODE,
    CMERC,
    FULL,
    NestedRun,
    Scope,
    configuration,
    runs,
    starts_from,
    trial_runs,
)
from heartsay.experiments.nested.tables import page
from heartsay.experiments.nested.trials import draw, written
from heartsay.experiments.study import Run, Study, is_done
from heartsay.progress import Report

JOURNAL, TRIALS = "journal.jsonl", "trials.json"
"""Files among the runs: the log, and what is tried of each arm."""


@dataclass(frozen=True)
class NestedStudy(Study):
    """Every arm with equally many trials inside every outer fold, and one reading of the outer test.

    Args:
        place: where the runs are.
        scope: how much is run.
    """

    scope: Scope = FULL

    system: ClassVar[str] = "cmerc-nested"

    family: ClassVar[tuple[str, ...]] = ("role", "corpus", "metric")

    def journal(self) -> Journal:
        """The log of what was read when, as it stands."""
        return Journal(self.place.work / JOURNAL)

    def runs(self) -> Sequence[NestedRun]:
        """Every training."""
        return runs(self.scope)

    def needs(self, run: Run) -> Collection[Run]:
        """The base run that says what is difficult; for the outer test, the trials that are chosen among."""
        assert isinstance(run, NestedRun)
        if run.trial is None:
            assert run.fold is not None
            return trial_runs(self.scope, run.corpus, run.model, run.method, run.fold)
        start = starts_from(run, draw(ARMS)[run.method][run.trial])
        return () if start is None else (start,)

    def cost(self, run: Run) -> float:
        """About how long a run takes, in units of a trial of base."""
        return _factor(run)

    def prepare(self, report: Report) -> None:
        """Draw and write down the trials, make the vectors, and begin the log or see that it fits them."""
        trials = written(self.place.work / TRIALS, ARMS)
        where = f"{self.place.features or self.place.cache} and {self.place.cache}"
        report({"message": f"Reading the features in {where}, or making them"})
        known = fingerprints(self.place, self.scope, report)
        drawn = {arm: [trial._asdict() for trial in of] for arm, of in trials.items()}
        self.journal().begin(digest([drawn, known, asdict(self.scope)]))

    def logging(self, report: Report) -> Report:
        """A progress callback that also writes into the log which run has read inner data."""
        journal: Journal | None = None

        def logged(row: dict[str, Any]) -> None:
            nonlocal journal
            if row.get("run"):
                journal = journal or self.journal()  # runs end after `prepare` has begun it
                journal.write(INNER, run=row["run"])
            report(row)

        return logged

    def work(self, run: Run) -> None:
        """Train one run."""
        assert isinstance(run, NestedRun)
        work.train(run, self.scope, self.place)

    def read_outer_test(self, report: Report) -> None:
        """Read the outer test, once.

        Raises:
            InputError: something is not done yet, or the outer test has been read.
        """
        self.prepare(report)
        read_outer_test(self.scope, self.place, self.journal(), report)

    def measure(self, report: Report) -> dict[str, Any]:
        """Rows and comparisons, if the outer test has been read; trials as the log has them."""
        journal = self.journal()
        chosen = journal.of(CHOSEN)
        content: dict[str, Any] = {
            "scope": asdict(self.scope),
            "journal": [{"at": entry["at"], "event": entry["event"]} for entry in journal.entries],
            "choices": chosen,
            "trials": rows.trial_rows(chosen),
            "rows": [],
            "comparisons": [],
            "floors": [],
        }
        if journal.of(READ):
            content["rows"] = rows.rows(self.scope, self.place.work)
            report({"message": "Comparing"})
            content["comparisons"] = rows.comparisons(self.scope, self.place.work)
            content["floors"] = json.loads((self.place.work / FLOORS).read_text("utf-8"))
        return content

    def tables(self, content: Mapping[str, Any]) -> str:
        """The page for people."""
        return page(content)

    def draw(self, content: Mapping[str, Any], folder: Path) -> None:
        """Differences with their intervals, and what the contrast's weight does on inner data."""
        plots.draw(content, folder)

    def estimate(self, report: Report) -> list[Share]:
        """How long what is not done will take, from a few batches of each backbone on each corpus.

        No features are made for that: noise of their size takes as long. What the text encoder takes is not
        among it.
        """
        report({"message": "Timing a few batches of each backbone"})
        return shares(self._seconds([run for run in self.runs() if not is_done(run, self.place)]))

    def _seconds(self, left: Sequence[NestedRun]) -> Iterator[tuple[Run, float]]:
        from heartsay.training.timing import seconds_per_epoch

        measured: dict[tuple[str, str], float] = {}
        known = {name: stand_in(name, self.scope) for name in self.scope.corpora} if left else {}
        for run in left:
            key = (run.corpus, run.model)
            if key not in measured:
                settings = configuration(run, draw(ARMS)[run.method][0], self.scope.epochs[run.corpus])
                inner = inside(known[run.corpus], 0, self.scope.folds[run.corpus], final=False)
                measured[key] = seconds_per_epoch(settings, inner)
            yield run, measured[key] * self.scope.epochs[run.corpus] * _factor(run)


def _factor(run: Run) -> float:
    """How much longer a run takes than a trial of base; one for the outer test trains its own base first."""
    assert isinstance(run, NestedRun)
    of_method = COSTS.get(run.method, REMOVALS_COST if run.method.startswith(CMERC) else 1.0)
    return of_method + (run.trial is None and run.method in (CMERC, AS_CODE))
