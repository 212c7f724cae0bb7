"""The first and last part of the page of results: how it was made, what it says, what was found."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from heartsay.experiments.cmerc.conclusions import in_short
from heartsay.experiments.cmerc.methods import BASE, CMERC, HEADLINE, ONLY_CONSTRAINT, OURS, RIVALS, TOGETHER
from heartsay.experiments.cmerc.sizes import sizes
from heartsay.experiments.published import published
from heartsay.experiments.report_tables import (
    ABSENT,
    NO_RUNS,
    SIGNIFICANT,
    UNDEFINED,
    Content,
    Lines,
    Results,
    Row,
    grid,
    grouped,
    interval,
    means,
    published_rows,
    runs_done,
    section,
)

BETTER_IS_LESS = ("cel_per_utterance_edges", "cel_per_utterance_strict", "expected_calibration_error", "aurc")
METRICS = ("weighted_f1", *BETTER_IS_LESS)

PLAIN, HOLM = "p_value", "p_holm"
"""The columns of p-values as they are and after correction (`comparisons.with_holm`)."""

AGAINST = {"weighted_f1": "weighted F1", "expected_calibration_error": "ECE", "aurc": "AURC"}
"""What is shown of the comparisons of our own methods."""
OVERALL = {
    "weighted_f1": "weighted F1",
    "expected_calibration_error": "ECE",
    "aurc": "AURC",
    "negative_log_likelihood": "likelihood loss",
}


def opening(content: Content, results: Results) -> Lines:
    """Title, protocol, how far the runs are, and the count of what CMERC and its constraint improve."""
    scope, paper = content["scope"], published("cmerc")
    lines = [
        "# CMERC on data at hand",
        "",
        "Generated from `results.json`. Percentages, but for CEL and likelihood loss (nats) and set sizes.",
        "Each cell: mean ± standard deviation over seeds (their number); on a cross-validated corpus each",
        "seed tests another fold. The epoch is chosen on development data unless a column says",
        f"**test-selected**. {runs_done(content)}",
        "",
        f"Published numbers: {paper['source']}. Their protocol: {paper['protocol']}.",
        "They are of other features and splits and stand beside ours for direction, not height.",
        "",
        *(f"- {remark}" for remark in paper["remarks"]),
        *sorted(
            {f"- † {row['model']}, {row['method']}: {row['note']}." for row in paper["rows"] if "note" in row}
        ),
        "",
    ]
    for corpus, text in scope["text"].items():
        lines += [f"Words of {corpus}: {text}.", ""]
    lines += ["## In short", "", *in_short(content, results)]
    for corpus in scope["corpora"]:
        lines += _counted(content, corpus, CMERC)
        lines += _counted(content, corpus, ONLY_CONSTRAINT)
    for corpus in scope["corpora"]:
        lines += _overall(content, results, corpus)
        lines += _against(content, corpus)
    return lines + section(
        "## Sizes, beside the published ones",
        "Settings that are not the same everywhere. Each run was set as its column says, but for what its\n"
        "method varies.",
        sizes(scope["corpora"], scope["backbones"]),
    )


def _overall(content: Content, results: Results, corpus: str) -> Lines:
    """Each method's means over the backbones that meet every method, where all their seeds are done."""
    models = [m for m in content["scope"]["backbones"] if RIVALS[-1] in results.methods(corpus, m)]
    table = []
    for method in results.methods(corpus, models[0]) if models else ():
        rows = [results.by_key.get((corpus, model, method, HEADLINE), []) for model in models]
        wanted = [results.planned.get((corpus, model, method), -1) for model in models]
        if [len(of_model) for of_model in rows] == wanted:
            by_model = [[statistics.mean(row[c] for row in of_model) for of_model in rows] for c in OVERALL]
            table.append([method, *(f"{statistics.mean(values):.2f}" for values in by_model)])
    if not table:
        return []
    title = f"Means over {', '.join(models)} on {corpus}, all seeds, development-selected:"
    return [title, "", *grid(("method", *OVERALL.values()), table)]


def _counted(content: Content, corpus: str, method: str) -> Lines:
    """On how many backbones a method is better than base, and where that is more than luck."""
    rows = [
        r for r in content["comparisons"] if (r["corpus"], r["first"], r["second"]) == (corpus, method, BASE)
    ]
    table = []
    for metric in METRICS:
        anew, these = (
            [r for r in rows if (r["metric"], r["resample_runs"]) == (metric, k)] for k in (True, False)
        )
        better = [[r for r in found if r["model"] != TOGETHER and _improves(r)] for found in (anew, these)]
        sure = [
            _sure(found, name) for found, name in ((better[0], HOLM), (better[0], PLAIN), (better[1], PLAIN))
        ]
        together = [interval(r) for r in anew if r["model"] == TOGETHER]
        count = f"{len(better[0])} of {sum(r['model'] != TOGETHER for r in anew)}"
        table.append([metric, count, *sure, *(together or [ABSENT])])
    header = (
        "metric",
        "better",
        f"p < {SIGNIFICANT} after Holm, runs drawn anew",
        f"p < {SIGNIFICANT}, runs drawn anew",
        f"p < {SIGNIFICANT}, these runs",
        "mean over all, runs drawn anew",
    )
    return [f"`{method}` against base on {corpus}, backbones:", "", *grid(header, table)]


def _sure(rows: Sequence[Row], p_value: str) -> str:
    """The backbones whose differences are more than luck by one kind of p-value."""
    return ", ".join(row["model"] for row in rows if _is_small(row, p_value)) or "none"


def _is_small(row: Row, p_value: str) -> bool:
    found = row[p_value]
    return found is not None and found < SIGNIFICANT


def _improves(row: Row) -> bool:
    """Whether a difference goes the right way."""
    difference = row["difference"]
    return difference is not None and (difference < 0 if row["metric"] in BETTER_IS_LESS else difference > 0)


def _against(content: Content, corpus: str) -> Lines:
    """What this project's own methods change against each other method, and where that is more than luck."""
    shown: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in content["comparisons"]:
        if row["corpus"] == corpus and row["first"] in OURS and row["resample_runs"]:
            by_metric = shown.setdefault((row["first"], row["second"]), {metric: [] for metric in AGAINST})
            if row["metric"] in AGAINST and row["difference"] is not None:
                star = "*" if _is_small(row, HOLM) else ""
                by_metric[row["metric"]].append(f"{row['model']} {row['difference']:+.2f}{star}")
    if not shown:
        return []
    table = [[*pair, *("; ".join(cells) for cells in by.values())] for pair, by in shown.items()]
    title = f"Ours on {corpus}, in points; * is p < {SIGNIFICANT} after Holm, runs drawn anew too:"
    return [title, "", *grid(("ours", "less", *AGAINST.values()), table)]


def closing(content: Content) -> Lines:
    """Comparisons, findings, cases, and what the runs took."""
    return [
        *_comparisons(content),
        *_findings(content),
        *_contributions(content),
        *section(
            "## Where CMERC gains (Figure 9)",
            "Points over base: F1 by emotion, accuracy by shift and by position.",
            means(content["gains"], ("corpus", "model", "by", "group"), ("gain", "count")),
        ),
        *_cases(content),
        *_time(content),
    ]


def _comparisons(content: Content) -> Lines:
    rows = [{**row, "seeds": ", ".join(map(str, row["seeds"]))} for row in content["comparisons"]]
    names = ("corpus", "model", "first", "second", "seeds")
    table = []
    for key, found in grouped(rows, names).items():
        by = {(row["metric"], row["resample_runs"]): row for row in found}
        table.append([*key, *(_difference(by.get((m, True)), by.get((m, False))) for m in METRICS)])
    return section(
        "## Paired bootstraps over conversations",
        "First method minus second, 95% interval; p with runs drawn anew too, and p for these runs alone.\n"
        "Points, but CEL per utterance in nats; less is better but for weighted F1.",
        grid(("corpus", "backbone", *names[2:], *METRICS), table),
    )


def _difference(anew: Row | None, these: Row | None) -> str:
    if anew is None or these is None:
        return ABSENT
    return UNDEFINED if anew["difference"] is None else f"{interval(anew)}; {these['p_value']:.3f}"


def _findings(content: Content) -> Lines:
    found = content["findings"]
    f1 = {(row["corpus"], row["method"]): row["values"]["weighted_f1"] for row in published_rows("5")}
    moved = " and ".join(
        f"{f1[corpus, 'temperature'] - f1[corpus, BASE]:+.2f} ({corpus.upper()})"
        for corpus in ("iemocap", "meld")
    )
    changes = [abs(row["change"]) for row in found["temperature_and_f1"]]
    largest = f"{max(changes):g}, over {len(changes)} runs" if changes else NO_RUNS
    ranking = ("aligned_auroc", "aligned_auprc", "misaligned_auroc", "misaligned_auprc", "chance_auprc")
    error = "expected_calibration_error"
    focal = ("weighted_f1", "accuracy", "mean_confidence", error, "temperature", f"{error}_scaled")
    gained = ("cel", "cel_per_utterance", "uncertain_share_modalities")
    return [
        "## Findings",
        "",
        "### Scores and labels in different order",
        "",
        "DialogueRNN's published AUROC is 50 and its AUPRC the sum of squared class shares: chance, beside a",
        "weighted F1 of 60. Flattening distributions utterance by utterance and labels conversation by",
        "conversation does exactly that to our runs.",
        "",
        *means(found["misaligned_scores"], ("corpus",), ("weighted_f1", *ranking)),
        "### A temperature cannot move weighted F1",
        "",
        "It divides all logits of an utterance by the same number, so the likeliest class stays. The",
        f"published T-Scale rows move from base by {moved}: they are other runs. Largest change in ours: "
        f"{largest}.",
        "",
        "### The defective focal loss",
        "",
        "M3Net and MMGCN were trained on MELD with a loss whose optimum for a certain label is .53: they are",
        "unsure by construction, and a temperature below 1 gives most of it back.",
        "",
        *means(found["focal_losses"], ("corpus", "model", "task_loss"), focal),
        "### What stands where a modality was",
        "",
        "The same base models under three replacements of a removed modality: CEL hangs on what is put",
        "there.",
        "",
        *means(found["replacements"], ("corpus", "model", "replacement"), gained),
    ]


def _contributions(content: Content) -> Lines:
    rows = content["contributions"]
    players = list(dict.fromkeys(name for row in rows for name in row["shares"]))
    flat = [{**row, **row["shares"]} for row in rows]
    return section(
        "## Contributions (Figure 3)",
        "Share (%) of each modality and context in what moves a reading.",
        means(flat, ("corpus", "model", "method"), players),
    )


def _cases(content: Content) -> Lines:
    table = [
        [
            *(case[name] for name in ("corpus", "model", "kind", "utterance", "method")),
            f"{case['gold']}, read as {case['predicted']}",
            ", ".join(f"{view} {value:.2f}" for view, value in case["gold_probability"].items()),
        ]
        for case in content["cases"]
    ]
    header = ("corpus", "backbone", "", "utterance", "method", "gold", "probability")
    return section(
        "## Cases (Figure 10)",
        "Probability of the gold class as a whole and after each removal, edges.",
        grid(header, table) if table else [f"{NO_RUNS.capitalize()}.", ""],
    )


def _time(content: Content) -> Lines:
    total = sum(row["processor_seconds"] for row in content["time"])
    lines = section(
        "## What it took",
        "Processor seconds of a run, by its own process of one thread.",
        means(content["time"], ("corpus", "model", "method"), ("processor_seconds",)),
    )
    lines += [f"All runs together: {total / 3600:.1f} processor hours.", ""]
    if content["failed"]:
        lines += ["Failed:", "", *(f"- {run}: {why}" for run, why in content["failed"].items()), ""]
    return lines
