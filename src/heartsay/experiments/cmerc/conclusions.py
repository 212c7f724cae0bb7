"""What the rows of the CMERC study support, in sentences and in the tables that they are read from."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from heartsay.experiments.cmerc.methods import BASE, CMERC, HEADLINE, TEMPERATURE, TOGETHER
from heartsay.experiments.report_tables import (
    ABSENT,
    SIGNIFICANT,
    Content,
    Lines,
    Results,
    grid,
    grouped,
    lookup,
    over_seeds,
    shown,
)

SCALED = f"{CMERC}-temperature"
ARMS = (BASE, TEMPERATURE, CMERC, SCALED)

MATCHED = {
    "weighted_f1": "weighted F1",
    "cel_per_utterance_edges": "CEL per utterance, edges",
    "cel_per_utterance_strict": "CEL per utterance, strict",
    "uncertain_share_edges.all": "uncertain utterances, edges (%)",
    "uncertain_share_strict.all": "uncertain utterances, strict (%)",
    "expected_calibration_error": "ECE",
    "aurc": "AURC",
    "negative_log_likelihood": "likelihood loss",
}
"""What is compared with a temperature on both sides, by the names of the rows."""

REGRESSION = "logistic regression, single utterances"


class Arm(NamedTuple):
    """One method on the backbones of one corpus.

    Attributes:
        by_seed: mean over the backbones under each seed.
        by_backbone: mean over the seeds of each backbone.
    """

    by_seed: dict[int, float]
    by_backbone: dict[str, float]


def in_short(content: Content, results: Results) -> Lines:
    """Sentences and tables on CMERC against base with and without a temperature, and on the floor."""
    lines: Lines = []
    for corpus in content["scope"]["corpora"]:
        lines += _matched(content, results, corpus)
        lines += _headroom(content, results, corpus)
    return lines + _multiplicity(content)


def arm(
    results: Results, corpus: str, models: Sequence[str], method: str, metric: str, seeds: Sequence[int]
) -> Arm | None:
    """A metric of a method where every backbone has every seed; None where one is missing or undefined."""
    known = {
        (model, row["seed"]): lookup(row, metric)
        for model in models
        for row in results.by_key.get((corpus, model, method, HEADLINE), ())
    }
    cells: dict[tuple[str, int], float] = {}
    for key in ((model, seed) for model in models for seed in seeds):
        value = known.get(key)
        if value is None:
            return None
        cells[key] = value
    return Arm(
        {seed: statistics.mean(cells[m, seed] for m in models) for seed in seeds},
        {model: statistics.mean(cells[model, s] for s in seeds) for model in models},
    )


def _matched(content: Content, results: Results, corpus: str) -> Lines:
    """CMERC against base as they are, and with a temperature on both."""
    seeds, backbones = content["scope"]["seeds"], content["scope"]["backbones"]

    def complete(model: str) -> bool:
        return all(arm(results, corpus, [model], name, "weighted_f1", seeds) for name in ARMS)

    models = [model for model in backbones if complete(model)]
    table, said = [], ""
    for metric, title in MATCHED.items():
        found = [arm(results, corpus, models, name, metric, seeds) for name in ARMS] if models else []
        arms = [one for one in found if one is not None]
        if len(arms) < len(ARMS):
            continue
        base, tempered, cmerc, both = arms
        digits = 3 if metric.startswith("cel") else 2
        raw, matched = (over_seeds(x.by_seed, y.by_seed) for x, y in ((cmerc, base), (both, tempered)))
        lower = sum(tempered.by_backbone[m] < cmerc.by_backbone[m] for m in models)
        means = [statistics.mean(one.by_seed.values()) for one in arms]
        count = f"{lower} of {len(models)}"
        values = (f"{value:.{digits}f}" for value in means)
        table.append([title, *values, shown(raw, digits), shown(matched, digits), count])
        if metric == "cel_per_utterance_edges" and raw and matched:
            said = (
                f"On {corpus} a temperature fitted to base has {means[1]:.3f} nats of CEL per utterance and "
                f"CMERC has {means[2]:.3f}; the temperature has less on {count} backbones. CMERC less "
                f"base is {raw.difference:+.3f} nats as they are and {matched.difference:+.3f} with a "
                "temperature on both."
            )
        if metric == "uncertain_share_edges.all" and raw:
            said += f" The share of uncertain utterances moves by {shown(raw)} points."
    if not table:
        return []
    header = ("", *ARMS, f"{CMERC} - {BASE}", "the same, both with a temperature", "temperature below CMERC")
    about = (
        f"The backbones are {', '.join(models)}. Differences with the 95% interval of Student's t over "
        f"{len(seeds)} seeds"
        + (
            ", each of another fold."
            if _has_folds(content, corpus)
            else ", which share one test split, so it says nothing of other conversations."
        )
    )
    return [f"### A temperature beside CMERC, on {corpus}", "", said, "", about, "", *grid(header, table)]


def _has_folds(content: Content, corpus: str) -> bool:
    """Whether each seed of a corpus tests a fold of its own."""
    return any(row["fold"] is not None for row in content["rows"] if row["corpus"] == corpus)


def _headroom(content: Content, results: Results, corpus: str) -> Lines:
    """Every backbone against logistic regression on single utterances of the same vectors."""
    seeds = content["scope"]["seeds"]
    rows = [r for r in content["floors"] if (r["corpus"], r["model"]) == (corpus, REGRESSION)]
    by_features: dict[str, dict[int, float]] = {}
    for row in rows:
        by_features.setdefault(row["method"], {})[row["seed"]] = row["weighted_f1"]
    if not by_features:
        return []
    best = max(by_features, key=lambda name: statistics.mean(by_features[name].values()))
    # Seeds that share the splits share the row under the first of them.
    floor = {seed: by_features[best].get(seed, by_features[best][min(by_features[best])]) for seed in seeds}
    table = []
    for model in content["scope"]["backbones"]:
        cells = []
        for method in (BASE, CMERC):
            own = arm(results, corpus, [model], method, "weighted_f1", seeds)
            cells += (
                [ABSENT, ABSENT]
                if own is None
                else [f"{own.by_backbone[model]:.2f}", shown(over_seeds(own.by_seed, floor))]
            )
        table.append([model, *cells])
    others = ", ".join(f"{name} {statistics.mean(v.values()):.2f}" for name, v in by_features.items())
    header = ("backbone", BASE, f"{BASE} - regression", CMERC, f"{CMERC} - regression")
    return [
        f"### What context and depth add to logistic regression, on {corpus}",
        "",
        f"Logistic regression on single utterances of the same vectors has a weighted F1 of {others}. "
        f"Against {best}, 95% interval of Student's t over seeds:",
        "",
        *grid(header, table),
    ]


def _multiplicity(content: Content) -> Lines:
    """How many tests there are, and how many hold once that is allowed for."""
    tests = [row for row in content["comparisons"] if row["resample_runs"]]
    if not tests or "p_holm" not in tests[0]:
        return []
    few, kept = (
        [row for row in tests if row[name] is not None and row[name] < SIGNIFICANT]
        for name in ("p_value", "p_holm")
    )
    single = [row for row in kept if row["model"] != TOGETHER]
    smallest = min(row["p_value"] for row in tests if row["p_value"] is not None)
    families = grouped(tests, ("corpus", "first", "metric")).values()
    return [
        "### How many tests",
        "",
        f"Of {len(tests)} comparisons with runs drawn anew, {len(few)} have p < {SIGNIFICANT} "
        f"and {len(kept)} after Holm's correction over all comparisons of one method on one corpus by one "
        f"metric; {len(single)} of these are of single backbones. The smallest p-value that so many draws "
        f"can give is {smallest:.3f}, so that nothing can pass in a family of more than "
        f"{int(SIGNIFICANT / smallest)}; the largest here has {max(map(len, families))}.",
        "",
    ]
