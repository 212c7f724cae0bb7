"""The first and last part of the page of results: how it was made, what it says, what was found."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from heartsay.experiments.cmerc.cells import ABSENT, NO_RUNS, UNDEFINED, Results, grid, spread
from heartsay.experiments.cmerc.methods import (
    BASE,
    CMERC,
    HEADLINE,
    ONLY_CONSTRAINT,
    OURS,
    RIVALS,
    TOGETHER,
)
from heartsay.experiments.published import published

Content = Mapping[str, Any]
Lines = list[str]

BETTER_IS_LESS = ("cel_per_utterance_edges", "cel_per_utterance_strict", "expected_calibration_error", "aurc")
LEVEL = 0.05

OVERALL = {
    "weighted_f1": "weighted F1",
    "expected_calibration_error": "ECE",
    "aurc": "AURC",
    "negative_log_likelihood": "likelihood loss",
}


def opening(content: Content, results: Results) -> Lines:
    """Title, protocol, how far the runs are, and the count of what CMERC and its constraint improve."""
    scope, told = content["scope"], published("cmerc")
    lines = [
        "# CMERC on data at hand",
        "",
        "Generated from `results.json`. Percentages, but for CEL and likelihood loss (nats) and set sizes.",
        "Each cell: mean ± standard deviation over seeds (their number); on a cross-validated corpus each",
        "seed tests another fold. The epoch is chosen on development data unless a column says",
        f"**test-selected**. {content['done']} of {content['runs']} runs are done.",
        "",
        f"Published numbers: {told['source']}. Their protocol: {told['protocol']}.",
        "They are of other features and splits and stand beside ours for direction, not height.",
        "",
        *(f"- {remark}" for remark in told["remarks"]),
        *sorted(
            {f"- † {row['model']}, {row['method']}: {row['note']}." for row in told["rows"] if "note" in row}
        ),
        "",
    ]
    for corpus, text in scope["text"].items():
        lines += [f"Words of {corpus}: {text}.", ""]
    lines += ["## In short", ""]
    for corpus in scope["corpora"]:
        lines += _counted(content, corpus, CMERC)
        lines += _counted(content, corpus, ONLY_CONSTRAINT)
    for corpus in scope["corpora"]:
        lines += _overall(content, results, corpus)
        lines += _against(content, corpus)
    return lines


def _overall(content: Content, results: Results, corpus: str) -> Lines:
    """Each method's means over the backbones that meet every method, where all their seeds are done."""
    models = [m for m in content["scope"]["backbones"] if RIVALS[-1] in results.methods(corpus, m)]
    table = []
    for method in results.methods(corpus, models[0]) if models else ():
        rows = [results.by_key.get((corpus, model, method, HEADLINE), []) for model in models]
        if all(
            len(r) == results.planned.get((corpus, m, method), -1) for m, r in zip(models, rows, strict=True)
        ):
            means = [statistics.mean(statistics.mean(row[c] for row in r) for r in rows) for c in OVERALL]
            table.append([method, *(f"{value:.2f}" for value in means)])
    if not table:
        return []
    title = f"Means over {', '.join(models)} on {corpus}, all seeds, development-selected:"
    return [title, "", *grid(("method", *OVERALL.values()), table)]


def _counted(content: Content, corpus: str, method: str) -> Lines:
    """On how many backbones a method is better than base, and where that is more than luck."""
    table: list[Sequence[str]] = []
    for metric in ("weighted_f1", *BETTER_IS_LESS):
        cells, together = [], []
        for drawn in (True, False):
            found = [
                row
                for row in content["comparisons"]
                if (row["corpus"], row["first"], row["second"]) == (corpus, method, BASE)
                and (row["metric"], row["resample_runs"]) == (metric, drawn)
            ]
            rows = [row for row in found if row["model"] != TOGETHER]
            better = [r for r in rows if r["difference"] is not None and improves(metric, r["difference"])]
            sure = [r for r in better if r["p_value"] < LEVEL]
            cells += [f"{len(better)} of {len(rows)}"] if drawn else []
            cells.append(", ".join(r["model"] for r in sure) or "none")
            together += [_interval(row) for row in found if row["model"] == TOGETHER and drawn]
        table.append([metric, *cells, *(together or [ABSENT])])
    header = (
        "metric",
        "better",
        f"p < {LEVEL}, runs drawn anew",
        f"p < {LEVEL}, these runs",
        "mean over all, runs drawn anew",
    )
    return [f"`{method}` against base on {corpus}, backbones:", "", *grid(header, table)]


def _against(content: Content, corpus: str) -> Lines:
    """What this project's own methods change against each other method, and where that is more than luck."""
    rows = [
        row
        for row in content["comparisons"]
        if row["corpus"] == corpus and row["first"] in OURS and row["resample_runs"]
    ]
    table = []
    for first, second in dict.fromkeys((row["first"], row["second"]) for row in rows):
        cells = []
        for metric in ("weighted_f1", "expected_calibration_error", "aurc"):
            mine = [r for r in rows if (r["first"], r["second"], r["metric"]) == (first, second, metric)]
            shown = []
            for row in (r for r in mine if r["difference"] is not None):
                sure = row["p_value"] < LEVEL
                shown.append(f"{row['model']} {row['difference']:+.2f}{'*' if sure else ''}")
            cells.append("; ".join(shown))
        table.append([first, second, *cells])
    if not table:
        return []
    header = ("ours", "less", "weighted F1", "ECE", "AURC")
    return [f"Ours on {corpus}, in points; * is p < {LEVEL}, runs drawn anew too:", "", *grid(header, table)]


def improves(metric: str, difference: float) -> bool:
    """Whether a difference goes the right way."""
    return difference < 0 if metric in BETTER_IS_LESS else difference > 0


def closing(content: Content, results: Results) -> Lines:
    """Comparisons, findings, cases, and what the runs took."""
    return [
        *_comparisons(content),
        *_findings(content),
        *_contributions(content),
        *_gains(content),
        *_cases(content),
        *_time(content),
    ]


def _comparisons(content: Content) -> Lines:
    lines = [
        "## Paired bootstraps over conversations",
        "",
        "First method minus second, 95% interval; p with runs drawn anew too, and p for these runs alone.",
        "Points, but CEL per utterance in nats; less is better but for weighted F1.",
        "",
    ]
    found: dict[tuple[str, ...], dict[tuple[str, bool], Mapping[str, Any]]] = {}
    for row in content["comparisons"]:
        key = (row["corpus"], row["model"], row["first"], row["second"], ", ".join(map(str, row["seeds"])))
        found.setdefault(key, {})[row["metric"], row["resample_runs"]] = row
    metrics = ("weighted_f1", *BETTER_IS_LESS)
    table = [[*key, *(_difference(by, metric) for metric in metrics)] for key, by in found.items()]
    return lines + grid(("corpus", "backbone", "first", "second", "seeds", *metrics), table)


def _difference(by: Mapping[tuple[str, bool], Mapping[str, Any]], metric: str) -> str:
    if (metric, True) not in by:
        return ABSENT
    new, these = by[metric, True], by[metric, False]
    if new["difference"] is None:
        return UNDEFINED
    return f"{_interval(new)}; {these['p_value']:.3f}"


def _interval(row: Mapping[str, Any]) -> str:
    """A difference, its interval and its p-value."""
    if row["difference"] is None:
        return UNDEFINED
    return f"{row['difference']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}], p {row['p_value']:.3f}"


def _findings(content: Content) -> Lines:
    found = content["findings"]
    lines = ["## Findings", "", "### Scores and labels in different order", ""]
    lines += [
        "DialogueRNN's published AUROC is 50 and its AUPRC the sum of squared class shares: chance, beside a",
        "weighted F1 of 60. Flattening distributions utterance by utterance and labels conversation by",
        "conversation does exactly that to our runs.",
        "",
    ]
    columns = (
        "weighted_f1",
        "aligned_auroc",
        "aligned_auprc",
        "misaligned_auroc",
        "misaligned_auprc",
        "chance_auprc",
    )
    lines += _means(found["misaligned_scores"], ("corpus",), columns)
    lines += ["### A temperature cannot move weighted F1", ""]
    lines += [
        "It divides all logits of an utterance by the same number, so the likeliest class stays. The",
        "published T-Scale rows move from base by "
        + " and ".join(f"{change:+.2f} ({corpus})" for corpus, change in _published_changes().items())
        + ": they are other runs. Largest change in ours: "
        + _largest(found["temperature_and_f1"])
        + ".",
        "",
    ]
    lines += ["### The defective focal loss", ""]
    lines += [
        "M3Net and MMGCN were trained on MELD with a loss whose optimum for a certain label is .53: they are",
        "unsure by construction, and a temperature below 1 gives most of it back.",
        "",
    ]
    columns = (
        "weighted_f1",
        "accuracy",
        "mean_confidence",
        "expected_calibration_error",
        "temperature",
        "expected_calibration_error_scaled",
    )
    lines += _means(found["focal_losses"], ("corpus", "model", "task_loss"), columns)
    lines += ["### What stands where a modality was", ""]
    lines += [
        "The same base models under three replacements of a removed modality: CEL hangs on what is put",
        "there.",
        "",
    ]
    moved = ("cel", "cel_per_utterance", "uncertain_share_modalities")
    return lines + _means(found["replacements"], ("corpus", "model", "replacement"), moved)


def _means(rows: Sequence[Mapping[str, Any]], by: Sequence[str], columns: Sequence[str]) -> Lines:
    """Rows of several seeds as one line each."""
    if not rows:
        return [f"{NO_RUNS.capitalize()}.", ""]
    found: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(tuple(str(row[name]) for name in by), []).append(row)
    table = [
        [*key, *(spread([r[c] for r in mine], len(mine)) for c in columns)] for key, mine in found.items()
    ]
    return grid((*by, *(column.replace("_", " ") for column in columns)), table)


def _published_changes() -> dict[str, float]:
    values = {
        (row["corpus"], row["method"]): row["values"]["weighted_f1"]
        for row in published("cmerc")["rows"]
        if row["table"] == "5"
    }
    return {c.upper(): values[c, "temperature"] - values[c, BASE] for c in ("iemocap", "meld")}


def _largest(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return NO_RUNS
    return f"{max(abs(row['change']) for row in rows):g}, over {len(rows)} runs"


def _contributions(content: Content) -> Lines:
    lines = [
        "## Contributions (Figure 3)",
        "",
        "Share (%) of each modality and context in what moves a reading.",
        "",
    ]
    rows = content["contributions"]
    players = list(dict.fromkeys(name for row in rows for name in row["shares"]))
    flat = [{**row, **{p: row["shares"].get(p) for p in players}} for row in rows]
    return lines + _means(flat, ("corpus", "model", "method"), players)


def _gains(content: Content) -> Lines:
    lines = ["## Where CMERC gains (Figure 9)", ""]
    lines += ["Points over base: F1 by emotion, accuracy by shift and by position.", ""]
    return lines + _means(content["gains"], ("corpus", "model", "by", "group"), ("gain", "count"))


def _cases(content: Content) -> Lines:
    lines = [
        "## Cases (Figure 10)",
        "",
        "Probability of the gold class as a whole and after each removal, edges.",
        "",
    ]
    if not content["cases"]:
        return [*lines, f"{NO_RUNS.capitalize()}.", ""]
    table = [
        [
            case["corpus"],
            case["model"],
            case["kind"],
            case["utterance"],
            case["method"],
            f"{case['gold']}, read as {case['predicted']}",
            ", ".join(f"{view} {value:.2f}" for view, value in case["gold_probability"].items()),
        ]
        for case in content["cases"]
    ]
    return lines + grid(("corpus", "backbone", "", "utterance", "method", "gold", "probability"), table)


def _time(content: Content) -> Lines:
    lines = ["## What it took", "", "Processor seconds of a run, by its own process of one thread.", ""]
    lines += _means(content["time"], ("corpus", "model", "method"), ("processor_seconds",))
    total = sum(row["processor_seconds"] for row in content["time"])
    lines += [f"All runs together: {total / 3600:.1f} processor hours.", ""]
    if content["failed"]:
        lines += ["Failed:", "", *(f"- {run}: {why}" for run, why in content["failed"].items()), ""]
    return lines
