"""The tables for people, generated from the rows for programs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from heartsay.experiments.published import published
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

IN_UNITS = ("mean_gap", "violation_severity", "mean_absolute_change_when_spoilt")
"""Columns in probability, shown with three digits."""


PROTOCOLS = {
    CACHED: "a light scorer over cached text vectors",
    END_TO_END: "the packed-dialogue model, its encoder trained along",
}
"""How each protocol is called in the tables."""


def tables(content: dict[str, Any]) -> str:
    """Markdown from what ``results.json`` holds."""
    lines = [
        "# Robust pair confidence learning",
        "",
        "Generated from `results.json`. Percentages, but gaps, severity and change, which are probabilities. "
        "Epochs and thresholds are chosen on development data, and "
        "every gold pair counts, later causes included, which past and self decoding cannot find. Mean and "
        "standard deviation over seeds; arms of one seed start alike and meet the data in one order. "
        f"{content['done']} of {content['planned']} runs are done."
        + (" A quick look with few epochs and seeds: no result." if content["quick"] else ""),
    ]
    for corpus in dict.fromkeys(row["corpus"] for row in content["rows"]):
        for protocol, about in PROTOCOLS.items():
            place = {"corpus": corpus, "protocol": protocol}
            mine = [row for row in content["rows"] if place.items() <= row.items()]
            if mine:
                known = [row for row in content["comparisons"] if place.items() <= row.items()]
                lines += ["", f"## {corpus.upper()}, test split, {about}", "", *_main(mine)]
                lines += ["", *_compared(known)] if known else []
        lines += ["", *_published(corpus)]
    return "\n".join(lines) + "\n"


def _main(rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = [f"| arm | seeds | {' | '.join(COLUMNS.values())} |", "|---" * (len(COLUMNS) + 2) + "|"]
    for method in dict.fromkeys(row["method"] for row in rows):
        mine = [row for row in rows if row["method"] == method]
        cells = [_spread([row[name] for row in mine], name) for name in COLUMNS]
        lines.append(f"| {method} | {len(mine)} | {' | '.join(cells)} |")
    return lines


def _compared(known: Sequence[dict[str, Any]]) -> list[str]:
    lines = [
        "Against the matched base, paired bootstrap over conversations; p with seeds drawn anew too, and p "
        "for these trained models alone:",
        "",
        "| arm | metric | difference | 95% interval | p | p, these models |",
        "|---|---|---|---|---|---|",
    ]
    for row in (c for c in known if c["resample_runs"]):
        fixed = next(
            c
            for c in known
            if not c["resample_runs"] and (c["first"], c["metric"]) == (row["first"], row["metric"])
        )
        lines.append(
            f"| {row['first']} | {COLUMNS[row['metric']]} | {row['difference']:+.3f} | "
            f"{row['low']:+.3f} to {row['high']:+.3f} | {row['p_value']:.3f} | {fixed['p_value']:.3f} |"
        )
    return lines


def _published(corpus: str) -> list[str]:
    lines = ["Published, each under its own protocol:", ""]
    for other in (p for p in published("rpcl") if p["corpus"] == corpus):
        numbers = ", ".join(
            f"{name.replace('_', ' ')} {value}"
            for name, value in other.items()
            if name not in ("corpus", "system", "protocol", "source")
        )
        lines.append(f"- {other['system']}: {numbers}; {other['protocol']}. {other['source']}.")
    return lines


def _spread(values: Sequence[float], name: str) -> str:
    digits = 3 if name in IN_UNITS else 2
    mean = statistics.fmean(values)
    if len(values) < 2:
        return f"{mean:.{digits}f}"
    return f"{mean:.{digits}f} ± {statistics.stdev(values):.{digits}f}"
