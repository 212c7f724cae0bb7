"""The study of MoSE and AR: which runs it wants, what one of them does, what is measured and shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from heartsay.experiments.feature_corpora import load_feature_corpus
from heartsay.experiments.mosear import plots, rows, tables, work
from heartsay.experiments.mosear.plan import (
    HEADLINE,
    HEADLINE_SCENE,
    METRIC,
    MOVED,
    SCENES,
    TRIALS,
    runs,
    source_of,
)
from heartsay.experiments.study import Run, Study
from heartsay.progress import Report

QUICK_EPOCHS = 3

MOVED_COST = 0.05
"""About how long reading takes where nothing is trained, by the time of a run that trains."""


@dataclass(frozen=True)
class MosearStudy(Study):
    """The fusion transformer with MoSE and AR, its rivals and its parts, on two corpora with known sides.

    Args:
        place: where the runs are.
        quick: a few arms under two seeds on CREMA-D's voices with matched faces: a look, not a result.
    """

    quick: bool = False

    system: ClassVar[str] = "mosear"

    family: ClassVar[tuple[str, ...]] = ("role", "corpus", "metric")

    def runs(self) -> Sequence[Run]:
        """Every run, seed after seed."""
        return runs(quick=self.quick)

    def needs(self, run: Run) -> Collection[Run]:
        """What adapters are added to, and what AR reads with."""
        source = source_of(run)
        return () if source is None else (source,)

    def cost(self, run: Run) -> float:
        """About how long a run takes, in units of one that trains."""
        return MOVED_COST if run.method in MOVED else 1.0

    def is_stale(self, run: Run) -> bool:
        """Whether a run's base, or the model it reads with, was trained anew since."""
        return work.is_stale(run, self.place)

    def prepare(self, report: Report) -> None:
        """Make the features, and what voice and face show."""
        for name in dict.fromkeys(SCENES[scene].corpus for scene in self._scenes()):
            report({"message": f"{name}: making the features, or reading them from {self.place.cache}"})
            load_feature_corpus(name, self.place.cache, fold=None, seed=work.RECIPE.seed, report=report)
        work.sides(self.place.cache, self._scenes(), report)

    def work(self, run: Run) -> None:
        """Train a model, or read with one whose attention is moved."""
        work.do(run, self.place)

    def measure(self, report: Report) -> dict[str, Any]:
        """Rows, floors, and the comparisons, the headline first."""
        planned = self.runs()
        known = work.sides(self.place.cache, self._scenes(), report)
        return {
            "quick": self.quick,
            "composed": True,
            "trials": TRIALS,
            "headline": {
                "corpus": HEADLINE_SCENE,
                "first": HEADLINE,
                "second": "the best rival on development data",
                "metric": METRIC,
            },
            "vectors": rows.vectors(planned, self.place),
            "floors": rows.floors(planned, self.place, known),
            "rows": rows.rows(planned, self.place, known),
            "comparisons": rows.comparisons(planned, self.place, known),
        }

    def _scenes(self) -> list[str]:
        return list(dict.fromkeys(run.corpus for run in self.runs()))

    def tables(self, content: Mapping[str, Any]) -> str:
        """A table for each scene."""
        return tables.page(content)

    def draw(self, content: Mapping[str, Any], folder: Path) -> None:
        """Accuracy on one side against the other."""
        plots.draw(content, folder)
