"""The tables for people, generated from the rows for programs."""

from __future__ import annotations

from collections.abc import Sequence

from heartsay.experiments.published import published
from heartsay.experiments.report_tables import (
    RULE,
    Content,
    Lines,
    Row,
    grid,
    grouped,
    mean_and_deviation,
    over_seeds,
    runs_done,
    shown,
)
from heartsay.experiments.rpcl.plan import CACHED, END_TO_END

COLUMNS = {
    "pair_f1": "Pair F1",
    "pair_auprc": "Pair AUPRC",
    "pair_auprc_all_gold": "AUPRC, future gold missed",
    "pair_at_one_half_f1": "Pair F1 at 0.5",
    "hit_at_1": "Hit@1",
    "mean_gap": "mean gap",
    "violation_rate": "violation rate (0.2)",
    "violation_severity": "violation severity (0.2)",
    "mean_absolute_change_when_spoilt": "change when spoilt",
    "pair_ece": "ECE, calibrated",
    "entailment_positive_f1": "positive F1, emotions given",
    "entailment_macro_f1": "macro F1, emotions given",
    "weighted_six_category_f1": "weighted F1 of six categories",
}
"""Columns of the main table by the names of the rows."""

GAINED = {
    "pair_f1": "Pair F1",
    "pair_at_one_half_f1": "Pair F1 at 0.5",
    "mean_gap": "mean gap",
    "median_gap": "median gap",
    "mean_log_odds_gap": "mean gap in log-odds",
    "violation_rate": "violation rate (0.2)",
    "ranking_error_rate": "beaten by a rival (%)",
}
"""What is also shown less the base, over seeds."""

IN_UNITS = (
    "mean_gap",
    "median_gap",
    "mean_log_odds_gap",
    "violation_severity",
    "mean_absolute_change_when_spoilt",
)
"""Columns in probability, shown with three digits."""


PROTOCOLS = {
    CACHED: "a light scorer over cached text vectors",
    END_TO_END: "the packed-dialogue model, its encoder trained along",
}
"""How each protocol is called in the tables."""


BASE = "base"


def page(content: Content) -> str:
    """Markdown from what ``results.json`` holds."""
    lines = [
        "# Robust pair confidence learning",
        "",
        "Generated from `results.json`. Percentages, but gaps, severity and change, which are probabilities. "
        "Epochs and thresholds are chosen on development data, and "
        "every gold pair counts, later causes included, which past and self decoding cannot find. Mean and "
        "standard deviation over seeds; arms of one seed start alike and meet the data in one order. "
        + runs_done(content)
        + (" A quick look with few epochs and seeds: no result." if content["quick"] else ""),
        "",
    ]
    rows, against = (grouped(content[name], ("corpus", "protocol")) for name in ("rows", "comparisons"))
    for corpus in dict.fromkeys(corpus for corpus, _ in rows):
        for protocol, about in PROTOCOLS.items():
            if (corpus, protocol) in rows:
                lines += [
                    f"## {corpus.upper()}, test split, {about}",
                    "",
                    *main_table(rows[corpus, protocol]),
                ]
                lines += _gained(rows[corpus, protocol])
                lines += compared(against.get((corpus, protocol), ()))
        lines += _published(corpus)
    return "\n".join(lines).rstrip() + "\n"


def main_table(rows: Sequence[Row]) -> Lines:
    """Every column of every method, mean and deviation over its seeds."""
    table = [
        [method, str(len(found)), *(_spread([row[name] for row in found], name) for name in COLUMNS)]
        for (method,), found in grouped(rows, ("method",)).items()
    ]
    return grid(("arm", "seeds", *COLUMNS.values()), table, RULE)


def _gained(rows: Sequence[Row]) -> Lines:
    """Gaps, and decoding without a threshold that was chosen, less the base under the same seeds."""
    by_method = {method: found for (method,), found in grouped(rows, ("method",)).items()}
    table = []
    for method, found in by_method.items():
        if method == BASE:
            continue
        cells = []
        for name in GAINED:
            own, base = ({r["seed"]: r[name] for r in of} for of in (found, by_method.get(BASE, ())))
            both = {seed: value for seed, value in own.items() if seed in base}
            cells.append(shown(over_seeds(both, base), 3 if name in IN_UNITS else 2))
        table.append([method, *cells])
    if not table:
        return []
    return [
        "Less the matched base, mean over seeds with the 95% interval of Student's t, which asks about newly "
        "trained models on these conversations. A threshold of 0.5 is what decoding without development data "
        "would use; the other one is chosen on them, for each run:",
        "",
        *grid(("arm", *GAINED.values()), table, RULE),
    ]


def _spread(values: Sequence[float], name: str) -> str:
    return mean_and_deviation(values, 3 if name in IN_UNITS else 2)


def compared(rows: Sequence[Row]) -> Lines:
    """Every method less the base, with intervals and p-values."""
    if not rows:
        return []
    table = []
    for (method, metric), found in grouped(rows, ("first", "metric")).items():
        anew, these = (next(r for r in found if r["resample_runs"] == drawn) for drawn in (True, False))
        span = f"{anew['low']:+.3f} to {anew['high']:+.3f}"
        p_values = (f"{p:.3f}" for p in (anew["p_value"], anew["p_holm"], these["p_value"]))
        table.append([method, COLUMNS[metric], f"{anew['difference']:+.3f}", span, *p_values])
    return [
        "Against the matched base, paired bootstrap over conversations; p with seeds drawn anew too, the "
        "same corrected over the arms by Holm, and p for these trained models alone:",
        "",
        *grid(
            ("arm", "metric", "difference", "95% interval", "p", "p, Holm", "p, these models"), table, RULE
        ),
    ]


def _published(corpus: str) -> Lines:
    lines = ["Published, each under its own protocol:", ""]
    for other in (row for row in published("rpcl") if row["corpus"] == corpus):
        about = ("corpus", "system", "protocol", "source")
        numbers = (f"{name.replace('_', ' ')} {value}" for name, value in other.items() if name not in about)
        lines.append(f"- {other['system']}: {', '.join(numbers)}; {other['protocol']}. {other['source']}.")
    return [*lines, ""]
