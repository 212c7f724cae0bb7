"""Whether one method differs from another by more than luck: rows of paired bootstraps, corrected by Holm."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from heartsay import metrics
from heartsay.experiments.report_tables import grouped

DRAWS = 1000


def compare(
    about: Mapping[str, Any], paired: Mapping[str, Sequence[metrics.PairedRun]]
) -> list[dict[str, Any]]:
    """Compare two methods by every metric that both have, over all their runs.

    Each comparison is made twice: with runs drawn anew too, which asks whether the difference would hold for
    newly trained models, and without, which asks about these trained models alone.

    Args:
        about: the columns that say what is compared.
        paired: the runs by metric; a metric without any is left out.
    """
    return [
        {
            **about,
            "metric": metric,
            "resample_runs": drawn,
            **metrics.paired_bootstrap_over_runs(runs, resample_runs=drawn, draws=DRAWS)._asdict(),
        }
        for metric, runs in paired.items()
        if runs
        for drawn in (True, False)
    ]


def with_holm(rows: Sequence[Mapping[str, Any]], family: Sequence[str]) -> list[dict[str, Any]]:
    """The rows with `p_holm`, the p-value corrected for the size of its family.

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics
    1979. Below a level, at most that share of families holds any difference that is none.

    Args:
        rows: as `compare` makes them.
        family: the columns whose values make a family, such as corpus and metric; both kinds of bootstrap are
            families of their own. A comparison whose p-value is undefined, NaN, stays so and counts in none.
    """
    corrected: dict[int, float] = {}
    defined = [row for row in rows if not math.isnan(row["p_value"])]
    for found in grouped(defined, (*family, "resample_runs")).values():
        largest = 0.0
        for k, row in enumerate(sorted(found, key=lambda row: float(row["p_value"]))):
            largest = max(largest, min(1.0, (len(found) - k) * row["p_value"]))
            corrected[id(row)] = largest
    return [{**row, "p_holm": corrected.get(id(row), math.nan)} for row in rows]
