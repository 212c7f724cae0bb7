"""The page of results for people: the paper's Tables 2 to 7 on data at hand, from ``results.json`` alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from heartsay.atomic import write_text
from heartsay.experiments.cmerc.cells import (
    Results,
    grid,
    published_cell,
    published_rows,
    spread,
)
from heartsay.experiments.cmerc.methods import (
    ABLATIONS,
    BASE,
    CMERC,
    DERIVED,
    HEADLINE,
    MODALITIES,
    PROTOCOLS,
    RIVALS,
    constraint_of,
    is_removal_method,
)
from heartsay.experiments.cmerc.plan import COMPOSED, FROZEN_VOICES, PRINCIPAL, VOICES
from heartsay.experiments.cmerc.summary import closing, opening

Content = dict[str, Any]
Lines = list[str]

TITLES = {
    VOICES: "MELD with real voices (five folds over its development and test dialogues; text and voice)",
    FROZEN_VOICES: "MELD with real voices, frozen text encoder (for a quick look; text and voice)",
    COMPOSED: "the composed corpus (real words, voices and faces, **paired by rule**: no real conversations)",
}

REMOVALS = ("text", "voice", "face", "own_context", "other_context", "modalities", "contexts", "all")

CALIBRATION = {
    "weighted_f1": "W-F1",
    "cel": "CEL",
    "expected_calibration_error": "ECE",
    "maximum_calibration_error": "MCE",
    "root_mean_square_calibration_error": "RMSCE",
    "weighted_one_vs_rest_auroc": "AUROC",
    "weighted_one_vs_rest_average_precision": "AUPRC",
}
"""The columns of Tables 5 and 6."""

BEYOND = {
    "cel_per_utterance_edges": "CEL per utterance, edges",
    "cel_per_utterance_strict": "CEL per utterance, strict",
    "aurc": "AURC",
    "misclassification_auroc": "AUROC of being right",
    "adaptive_calibration_error": "adaptive ECE",
    "negative_log_likelihood": "likelihood loss",
    "coverage": "coverage of 90% sets",
    "mean_set_size": "set size",
}
"""What the paper does not report."""


def write_tables(content: Content, path: Path) -> None:
    """Write the page.

    Args:
        content: what ``results.json`` holds.
        path: where to write.
    """
    results = Results.of(content)
    parts = [opening(content, results), _floors(content)]
    for corpus in content["scope"]["corpora"]:
        parts.append([f"## On {TITLES.get(corpus, corpus)}", ""])
        parts += [
            _uncertain(content, results, corpus),
            _missing(content, corpus),
            _ablations(content, results, corpus),
            _rivals(content, results, corpus),
            _backbones(content, results, corpus),
            _removals(content, results, corpus),
        ]
    parts.append(closing(content, results))
    write_text(path, "\n".join(line for part in parts for line in part).rstrip() + "\n")


def _floors(content: Content) -> Lines:
    """What knows no context, before anything that does."""
    lines = ["## First, what is easy", ""]
    lines += ["Weighted F1 on test utterances: without learning, and from single utterances alone.", ""]
    found: dict[tuple[str, str, str], list[float]] = {}
    for row in content["floors"]:
        found.setdefault((row["corpus"], row["model"], row["method"]), []).append(row["weighted_f1"])
    table = [[corpus, model, how, spread(v, len(v))] for (corpus, model, how), v in found.items()]
    return lines + grid(("corpus", "model", "of", "W-F1 (splits)"), table)


def _uncertain(content: Content, results: Results, corpus: str) -> Lines:
    names = [
        r for r in REMOVALS if r not in ("text", "voice", "face") or r in MODALITIES.get(corpus, REMOVALS)
    ]
    lines = ["### Table 2: uncertain shares", ""]
    lines += [
        "Share of test utterances (%) whose gold class gets likelier when something is taken away; columns",
        "`modalities`, `contexts` and `all` are unions. What stays exactly as likely is counted apart.",
        "",
    ]
    table: list[Sequence[str]] = []
    for row in published_rows("2"):
        values = [published_cell(row, f"uncertain_share.{name}") for name in names]
        table.append([_paper(row), "published", *values])
    for model in content["scope"]["backbones"]:
        for how, method, protocol, column in (
            ("base, edges", BASE, HEADLINE, "uncertain_share_edges"),
            ("base, edges, ties", BASE, HEADLINE, "tied_share_edges"),
            ("base, strict", BASE, HEADLINE, "uncertain_share_strict"),
            ("base, edges, **test-selected**", BASE, PROTOCOLS[1], "uncertain_share_edges"),
            ("CMERC, edges", CMERC, HEADLINE, "uncertain_share_edges"),
            ("CMERC, strict", CMERC, HEADLINE, "uncertain_share_strict"),
        ):
            key = (corpus, model, method, protocol)
            table.append([model, how, *(results.cell(key, f"{column}.{name}", 1) for name in names)])
    return lines + grid(("backbone", "reading", *names), table)


def _missing(content: Content, corpus: str) -> Lines:
    lines = ["### Table 3: when cells go missing", ""]
    lines += [
        "Weighted F1 when each cell, one modality of one utterance, is missing with a probability; mean of",
        "ten draws, the same for every model.",
        "",
    ]
    rows = [row for row in content["missing_rates"] if row["corpus"] == corpus]
    rates = sorted({float(row["rate"]) for row in rows} or {0.0})
    table: list[Sequence[str]] = []
    for row in published_rows("3"):
        values = [published_cell(row, f"weighted_f1_at_{rate:g}") for rate in rates]
        table.append([_paper(row), "base, published", *values])
    planned = {(p["corpus"], p["model"], p["method"]): p["seeds"] for p in content["planned"]}
    for model in (m for m in content["scope"]["backbones"] if m in PRINCIPAL):
        for method in (BASE, CMERC, *content["scope"]["ours"]):
            mine = [r for r in rows if (r["model"], r["method"]) == (model, method)]
            by_rate = [[r["weighted_f1"] for r in mine if r["rate"] == rate] for rate in rates]
            seeds = planned.get((corpus, model, method), 0)
            table.append([model, method, *(spread(values, seeds) for values in by_rate)])
    return lines + grid(("backbone", "method", *(f"{rate:g}" for rate in rates)), table)


def _ablations(content: Content, results: Results, corpus: str) -> Lines:
    lines = ["### Table 4: what each part of CMERC does", ""]
    table: list[Sequence[str]] = []
    for row in published_rows("4"):
        numbers = [published_cell(row, metric) for metric in ("weighted_f1", "cel")]
        table.append([_paper(row), row["method"], "-", numbers[0], "-", numbers[1], "-", "-", "-"])
    per_class: list[Sequence[str]] = []
    classes: list[str] = []
    for model in _models_with(content, results, corpus, ABLATIONS[0]):
        for method in (BASE, CMERC, *ABLATIONS):
            chosen, tested = ((corpus, model, method, protocol) for protocol in PROTOCOLS)
            table.append(
                [
                    model,
                    method,
                    results.cell(chosen, "weighted_f1"),
                    results.cell(tested, "weighted_f1"),
                    results.cell(chosen, "cel_edges", 0),
                    results.cell(tested, "cel_edges", 0),
                    results.cell(chosen, "cel_per_utterance_edges"),
                    results.cell(chosen, "cel_per_utterance_strict"),
                    results.cell(chosen, "expected_calibration_error"),
                ]
            )
            there = results.by_key.get(chosen)
            if there:
                classes = list(there[0]["per_class_f1"])
                per_class.append(
                    [model, method, *(results.cell(chosen, f"per_class_f1.{c}", 1) for c in classes)]
                )
    header = (
        "backbone",
        "method",
        "W-F1",
        "W-F1, **test-selected**",
        "CEL, edges",
        "CEL, edges, **test-selected**",
        "CEL per utterance, edges",
        "CEL per utterance, strict",
        "ECE",
    )
    lines += grid(header, table)
    if per_class:
        lines += ["F1 by emotion, development-selected:", ""]
        for row in published_rows("4"):
            values = [published_cell(row, f"per_class_f1.{c}") for c in classes]
            if row["corpus"] == "meld" and set(values) != {"-"}:
                per_class.insert(0, [_paper(row), row["method"], *values])
        lines += grid(("backbone", "method", *classes), per_class)
    return lines


def _rivals(content: Content, results: Results, corpus: str) -> Lines:
    lines = ["### Table 5: against the rivals", ""]
    methods = [BASE, *DERIVED, *RIVALS, CMERC, *content["scope"]["ours"]]
    table = [_calibration_line(row) for row in published_rows("5")]
    beyond: list[Sequence[str]] = []
    for model in _models_with(content, results, corpus, RIVALS[-1]):
        for method in (m for m in methods if m in results.methods(corpus, model)):
            for protocol in PROTOCOLS:
                table.append(_calibration_cells(results, (corpus, model, method, protocol)))
            key = (corpus, model, method, HEADLINE)
            beyond.append([model, method, *(results.cell(key, metric) for metric in BEYOND)])
    lines += grid(("backbone", "method", "epoch chosen on", *CALIBRATION.values()), table)
    lines += ["What the paper does not report, development-selected:", ""]
    return lines + grid(("backbone", "method", *BEYOND.values()), beyond)


def _backbones(content: Content, results: Results, corpus: str) -> Lines:
    lines = ["### Table 6: every backbone without and with CMERC", ""]
    published_lines = [
        r for r in (*published_rows("6"), *published_rows("5")) if r["method"] in (BASE, CMERC)
    ]
    table = [_calibration_line(row) for row in published_lines]
    for model in content["scope"]["backbones"]:
        for protocol in PROTOCOLS:
            for method in (BASE, CMERC):
                table.append(_calibration_cells(results, (corpus, model, method, protocol)))
    return lines + grid(("backbone", "method", "epoch chosen on", *CALIBRATION.values()), table)


def _removals(content: Content, results: Results, corpus: str) -> Lines:
    header = (
        "backbone",
        "method",
        "W-F1",
        "W-F1, **test-selected**",
        "CEL, edges",
        "CEL per utterance, edges",
    )
    table: list[Sequence[str]] = []
    for row in published_rows("7"):
        numbers = [published_cell(row, metric) for metric in ("weighted_f1", "cel")]
        table.append([_paper(row), row["method"], "-", numbers[0], numbers[1], "-"])
    weights: list[Sequence[str]] = []
    for model in content["scope"]["backbones"]:
        for method in results.methods(corpus, model):
            chosen, tested = ((corpus, model, method, protocol) for protocol in PROTOCOLS)
            line = [
                model,
                method,
                results.cell(chosen, "weighted_f1"),
                results.cell(tested, "weighted_f1"),
                results.cell(chosen, "cel_edges", 0),
                results.cell(chosen, "cel_per_utterance_edges"),
            ]
            if is_removal_method(method) or (method == CMERC and model in PRINCIPAL):
                table.append(line)
            if constraint_of(method) is not None:
                weights.append(line)
    lines = ["### Table 7: which removals CMERC compares", ""]
    lines += ["Named are the removals of one kind that are used; of the other kind, all are.", ""]
    lines += grid(header, table)
    if weights:
        lines += ["Other weights of the constraint (Figure 8):", "", *grid(header, weights)]
    return lines


def _models_with(content: Content, results: Results, corpus: str, method: str) -> Iterator[str]:
    return (m for m in content["scope"]["backbones"] if method in results.methods(corpus, m))


def _calibration_line(row: dict[str, Any]) -> Sequence[str]:
    marked = " †" if row.get("note") else ""
    values = [published_cell(row, metric) for metric in CALIBRATION]
    return [_paper(row), row["method"] + marked, "test", *values]


def _calibration_cells(results: Results, key: tuple[str, str, str, str]) -> Sequence[str]:
    columns = ["cel_edges" if metric == "cel" else metric for metric in CALIBRATION]
    chosen_on = "development" if key[3] == HEADLINE else "**test**"
    values = [results.cell(key, column, 0 if column == "cel_edges" else 2) for column in columns]
    return [key[1], key[2], chosen_on, *values]


def _paper(row: dict[str, Any]) -> str:
    return f"*{row['model']}, {row['corpus'].upper()}, published*"
