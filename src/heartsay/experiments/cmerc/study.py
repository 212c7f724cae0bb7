"""The CMERC study: which runs it wants, what one of them does, what is measured and shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from heartsay.experiments.cmerc import comparisons, figures, findings, floors, plots, rows, tables, work
from heartsay.experiments.cmerc.methods import CMERC, OUR_METHOD
from heartsay.experiments.cmerc.plan import (
    COMPOSED,
    FROZEN_VOICES,
    FULL,
    QUICK,
    Scope,
    baseline,
    configured_weights,
    planned,
    runs,
)
from heartsay.experiments.estimate import Share, shares
from heartsay.experiments.feature_corpora import FINE_TUNED
from heartsay.experiments.study import Run, Study, is_done
from heartsay.progress import Report

QUICK_EPOCHS = 2
"""Epochs of a quick look at the published setting, at published sizes."""

COMPOSED_COST, REMOVALS_COST = 1.8, 1.4
COSTS = {OUR_METHOD: 2.4, "fmfp": 1.6, "cml": 1.3}
"""How much longer, as measured, a run takes on the composed corpus than on MELD with real voices, one that
reads every removal than one that reads none, and one of some methods than base."""


@dataclass(frozen=True)
class CmercStudy(Study):
    """Six backbones without and with CMERC, its rivals and this project's own methods.

    Args:
        place: where the runs are.
        scope: how much is run.
    """

    scope: Scope = FULL

    system: ClassVar[str] = "cmerc"

    family: ClassVar[tuple[str, ...]] = ("corpus", "first", "metric")

    def runs(self) -> Sequence[Run]:
        """Every training of the scope."""
        return runs(self.scope)

    def needs(self, run: Run) -> Collection[Run]:
        """The base run that a curriculum takes its difficulties from."""
        base = baseline(run)
        return () if base is None else (base,)

    def cost(self, run: Run) -> float:
        """About how long a run takes, in units of a base run on MELD with real voices."""
        return _factor(run) * (COMPOSED_COST if run.corpus == COMPOSED else 1.0)

    def estimate(self, report: Report) -> list[Share]:
        """How long what is not done will take, from a few batches of each backbone on each corpus."""
        left = [run for run in self.runs() if not is_done(run, self.place)]
        self.prepare(report)
        report({"message": "Timing a few batches of each backbone"})
        return shares(work.seconds(left, self.place, _factor))

    def is_stale(self, run: Run) -> bool:
        """Whether a run is of other features or settings than those it would be made with now."""
        return work.is_stale(run, self.place)

    def set_aside(self, run: Run) -> None:
        """Keep a stale run under another name."""
        work.set_aside(run, self.place)

    def prepare(self, report: Report) -> None:
        """Make the features of every corpus."""
        work.prepare(self.runs(), self.place, report)

    def work(self, run: Run) -> None:
        """Train a backbone."""
        work.train(run, self.place)

    def measure(self, report: Report) -> dict[str, Any]:
        """Rows, comparisons, floors, findings and the numbers behind the figures."""
        scope, place = self.scope, self.place
        measured = rows.rows(scope, place)
        known = floors.floors(scope, place)
        report({"message": "Comparing"})
        compared = comparisons.comparisons(scope, place)
        report({"message": "Contributions, cases and findings"})
        return {
            "scope": {
                **asdict(scope),
                "epochs": place.epochs,
                "ours": [OUR_METHOD] if OUR_METHOD in scope.methods else [],
                "text": {row["corpus"]: row["text"] for row in measured if row["text"]},
                **configured_weights(scope.corpora),
            },
            "planned": planned(scope),
            "floors": known,
            "rows": measured,
            "comparisons": compared,
            "missing_rates": figures.missing_rates(scope, place),
            "contributions": figures.contributions(scope, place),
            "entropies": figures.entropies(scope, place),
            "gains": figures.gains(scope, place),
            "cases": figures.cases(scope, place),
            "findings": findings.findings(scope, place),
        }

    def tables(self, content: Mapping[str, Any]) -> str:
        """The paper's Tables 2 to 7 on data at hand, and what was found besides."""
        return tables.page(content)

    def draw(self, content: Mapping[str, Any], folder: Path) -> None:
        """The paper's figures on data at hand."""
        plots.draw(content, self.scope, self.place, folder)


def _factor(run: Run) -> float:
    """How much longer a run takes than one of base with the same backbone on the same corpus."""
    return COSTS.get(run.method, REMOVALS_COST if run.method.startswith(CMERC) else 1.0)


def quick_scope(cache: Path) -> Scope:
    """The scope of a quick look: with frozen words where no encoder has been fine-tuned yet."""
    return QUICK if (cache / FINE_TUNED).exists() else replace(QUICK, corpora=(FROZEN_VOICES,))
