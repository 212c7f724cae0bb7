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
    configured_constraint,
    planned,
    runs,
)
from heartsay.experiments.feature_corpora import FINE_TUNED
from heartsay.experiments.study import Run, Study
from heartsay.progress import Report

COMPOSED_COST, REMOVALS_COST, OUR_COST = 1.8, 1.4, 2.4
"""How much longer, as measured, a run takes on the composed corpus than on MELD with real voices, one that
reads every removal than one that reads none, and one of this project's own objective."""


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
        method = {OUR_METHOD: OUR_COST}.get(run.method, REMOVALS_COST if run.method.startswith(CMERC) else 1)
        return method * (COMPOSED_COST if run.corpus == COMPOSED else 1.0)

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
                "constraint": {corpus: configured_constraint(corpus) for corpus in scope.corpora},
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


def quick_scope(cache: Path) -> Scope:
    """The scope of a quick look: with frozen words where no encoder has been fine-tuned yet."""
    return QUICK if (cache / FINE_TUNED).exists() else replace(QUICK, corpora=(FROZEN_VOICES,))
