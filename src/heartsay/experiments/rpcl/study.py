"""The study of robust pair confidence learning: every method on every corpus, against its matched base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from heartsay.experiments.feature_corpora import PAIR_CORPORA, load_pair_corpus
from heartsay.experiments.rpcl import end_to_end
from heartsay.experiments.rpcl.plan import METHODS, PACKED, SCORER, SEEDS
from heartsay.experiments.rpcl.plots import SHOWN, draw
from heartsay.experiments.rpcl.rows import comparisons, rows
from heartsay.experiments.rpcl.tables import page
from heartsay.experiments.rpcl.work import train_and_read
from heartsay.experiments.study import Run, Study
from heartsay.progress import Report

QUICK_EPOCHS = 3

PACKED_COST = 10.0
"""How much longer a run takes that trains the encoder along."""


@dataclass(frozen=True)
class RpclStudy(Study):
    """Scorers over cached vectors, and base and RPCL with their encoder trained along.

    Args:
        place: where the runs are.
        quick: base, margin and RPCL on ECF under two seeds, nothing end to end: a look, not a result.
        with_encoder: train the models whose encoder is trained along; others are read where they are trained.
    """

    quick: bool = False
    with_encoder: bool = False

    system: ClassVar[str] = "rpcl"

    family: ClassVar[tuple[str, ...]] = ("corpus", "protocol", "metric")

    def runs(self) -> Sequence[Run]:
        """Every run over cached vectors, then those end to end."""
        corpora, methods, seeds = (
            (("ecf",), SHOWN, SEEDS[:2]) if self.quick else (PAIR_CORPORA, METHODS, SEEDS)
        )
        # Seed after seed: what is cut short is complete for the seeds it has.
        cached = [Run(c, SCORER, m, s) for s in seeds for c in corpora for m in methods]
        return cached if self.quick else [*cached, *end_to_end.runs(SEEDS, self.place)]

    def doable(self) -> Sequence[Run]:
        """The runs, less those end to end that are not trained and shall not be."""
        return [
            run
            for run in self.runs()
            if run.model == SCORER or self.with_encoder or end_to_end.is_trained(run, self.place)
        ]

    def cost(self, run: Run) -> float:
        """About how long a run takes, in units of one over cached vectors."""
        return PACKED_COST if run.model == PACKED else 1.0

    def is_stale(self, run: Run) -> bool:
        """Whether the weights that a run was read with have been replaced since."""
        return run.model == PACKED and end_to_end.is_stale(run, self.place)

    def prepare(self, report: Report) -> None:
        """Make the vectors of every corpus."""
        for corpus in dict.fromkeys(run.corpus for run in self.runs()):
            report({"message": f"{corpus}: making the vectors, or reading them from {self.place.cache}"})
            load_pair_corpus(corpus, self.place.cache, report)

    def work(self, run: Run) -> None:
        """Train a model and read the held-out splits with it."""
        if run.model == PACKED:
            end_to_end.train_and_read(run, self.place)
        else:
            train_and_read(run, self.place)

    def measure(self, report: Report) -> dict[str, Any]:
        """Rows, and every method against the base."""
        planned = self.runs()
        return {
            "quick": self.quick,
            "rows": rows(planned, self.place),
            "comparisons": comparisons(planned, "base", self.place),
        }

    def tables(self, content: Mapping[str, Any]) -> str:
        """A table for each corpus and protocol, and the published numbers."""
        return page(content)

    def draw(self, content: Mapping[str, Any], folder: Path) -> None:
        """Gaps and reliability of each corpus and protocol."""
        draw(self.runs(), self.place, folder)
