"""The table for people, generated from the rows for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from heartsay.atomic import write_text
from heartsay.experiments.published import published
from heartsay.experiments.report_tables import ABSENT, RULE, grid, mean_and_deviation


class Line(NamedTuple):
    """One figure of the table: where it is measured, its key in the rows, what it is called."""

    corpus: str
    metric: str
    title: str


LINES = (
    Line("meld", "weighted_f1", "MELD test, weighted F1"),
    Line("meld", "full_reading_alone.weighted_f1", "MELD test, weighted F1, full reading alone"),
    Line("meld", "ece", "MELD test, ECE (15 equal-width bins)"),
    Line("meld", "full_reading_alone.ece", "MELD test, ECE, full reading alone"),
    Line("meld", "uncalibrated_ece", "MELD test, ECE before calibration"),
    Line("meld", "coverage", "MELD test, coverage of 90% sets, by utterance"),
    Line("meld", "coverage_by_conversation", "MELD test, coverage of 90% sets, by conversation"),
    Line("meld", "mean_set_size", "MELD test, mean set size (of 7)"),
    Line("meld", "aurc", "MELD test, area under the risk-coverage curve"),
    Line("ecf", "pair_f1", "ECF test, Pair F1"),
    Line("ecf", "pair_precision", "ECF test, Pair precision"),
    Line("ecf", "pair_recall", "ECF test, Pair recall"),
    Line("ecf", "pair_auprc", "ECF test, Pair AUPRC"),
    Line("ecf", "pair_ece", "ECF test, ECE of pair confidence"),
)


def write_table(content: dict[str, Any], path: Path) -> None:
    """Write the Markdown table of a system's results.

    Args:
        content: what ``results.json`` holds.
        path: where to write.
    """
    rows = [row for row in content["rows"] if row["split"] == "test"]
    seeds = [str(seed) for seed in dict.fromkeys(row["seed"] for row in rows) if seed is not None]
    chosen = content["chosen"]
    others = published("release")
    table = []
    for line in LINES:
        known = others.get(f"{line.corpus}/test", {}).get(line.metric, [])
        quoted = "; ".join(f"{other['system']} {other['value']}" for other in known) or ABSENT
        floor = content["floors"].get(f"{line.corpus}/test", {}).get(line.metric, {})
        floored = "; ".join(f"{name} {value:.1f}" for name, value in floor.items()) or ABSENT
        values = [_value(rows, line, seed) for seed in seeds]
        shipped = _figure(_value(rows, line, chosen))
        table.append((line.title, floored, quoted, _spread(values), shipped))
    lines = [
        "# The default model",
        "",
        f"Generated from `results.json`. Protocol: {content['protocol']}. Percentages, but for set sizes. "
        f"Seeds: {', '.join(seeds)}; mean and standard deviation over them. Shipped: {_name(chosen)}. "
        "All numbers are of the exported int8 ONNX files. Emotions are the fitted mixture of the full "
        "reading and of those without own and without other context, as `analyze` gives them for up to 200 "
        "utterances; the full reading alone is what `--evidence never` and longer talk get.",
        "",
        *grid(("figure", "floor", "published", "ours, each seed", "shipped"), table, RULE),
        "F1 by emotion on MELD test, shipped model:",
        "",
        *_per_class(rows, chosen),
        *_links(rows, chosen),
        "Every candidate, development scores by which one was chosen, and test:",
        "",
        *_candidates(content["rows"]),
        "Protocols of the published numbers:",
        "",
    ]
    lines += [
        f"- {other['system']}: {other['value']} ({metric}, {place}); {other['protocol']}. {other['source']}."
        for place, by_metric in others.items()
        for metric, listed in by_metric.items()
        for other in listed
    ]
    write_text(path, "\n".join(lines) + "\n")


def headline(content: dict[str, Any]) -> str:
    """The few figures that the README shows, of the shipped model, as a Markdown table."""
    rows = [row for row in content["rows"] if row["split"] == "test"]
    figures = {line.metric: _value(rows, line, content["chosen"]) for line in LINES}
    floors = content["floors"]
    majority = floors["meld/test"]["weighted_f1"]["always neutral"]
    itself = floors["ecf/test"]["pair_f1"]["every utterance with itself"]
    lines = (
        ("emotions, weighted F1", "weighted_f1", f"{majority:.1f} always neutral"),
        ("error of its confidence (ECE)", "ece", f"{figures['uncalibrated_ece']:.1f} before calibration"),
        ("90% sets hold the truth", "coverage", f"in sets of {figures['mean_set_size']:.1f} of 7 emotions"),
        ("cause pairs, Pair F1", "pair_f1", f"{itself:.1f} every utterance with itself"),
        ("error of pair confidence (ECE)", "pair_ece", "-"),
    )
    table = ["| on test conversations, % | shipped model | beside it |", "|---|---|---|"]
    table += [f"| {title} | {figures[metric]:.1f} | {beside} |" for title, metric, beside in lines]
    return "\n".join(table)


def _value(rows: Sequence[dict[str, Any]], line: Line, candidate: str) -> float | None:
    (row,) = (r for r in rows if r["corpus"] == line.corpus and r["candidate"] == candidate)
    value: Any = row
    for name in line.metric.split("."):
        value = None if value is None else value.get(name)
    return None if value is None else float(value)


def _figure(value: float | None) -> str:
    """A number, or a dash for what the data leave undefined."""
    return ABSENT if value is None else f"{value:.2f}"


def _spread(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return ABSENT if len(known) < len(values) else mean_and_deviation(known)


def _per_class(rows: Sequence[dict[str, Any]], chosen: str) -> list[str]:
    (row,) = (r for r in rows if r["corpus"] == "meld" and r["candidate"] == chosen)
    f1: dict[str, float] = row["per_class_f1"]
    return grid(list(f1), [[f"{value:.1f}" for value in f1.values()]], RULE)


def _links(rows: Sequence[dict[str, Any]], chosen: str) -> list[str]:
    """Links under a false discovery rate, by rate; nothing where no row has measured them."""
    measured = {r["candidate"]: r["links"] for r in rows if r["corpus"] == "ecf" and "links" in r}
    if chosen not in measured:
        return []
    table: list[Sequence[str]] = []
    for rate, shipped in measured[chosen].items():
        title = f"{100 * float(rate):g}"
        seeds = _spread([links[rate]["wrong"] for name, links in measured.items() if name.isdigit()])
        if not shipped["links_per_conversation"]:
            table.append((title, "none shown", seeds, ABSENT, "0", "0", "0"))
            continue
        wrong = f"{shipped['wrong']:.1f} ± {shipped['wrong_standard_error']:.1f}"
        figures = (
            ("wrong_of_all", 1),
            ("links_per_conversation", 2),
            ("conversations_with_links", 1),
            ("recall", 1),
        )
        table.append((title, wrong, seeds, *(f"{shipped[name]:.{digits}f}" for name, digits in figures)))
    header = (
        "rate",
        "wrong, mean over conversations",
        "seeds",
        "wrong of all shown",
        "links per conversation",
        "conversations with links",
        "recall",
    )
    return [
        "Links shown under a false discovery rate (`--false-discovery-rate`), ECF test. The promise is about "
        "the mean over conversations of the share of wrong links, 0 where none is shown; ± is its standard "
        "error over conversations for the shipped model, the standard deviation for seeds. The rule was "
        "calibrated on development conversations that the links' score was not fitted on.",
        "",
        *grid(header, table, RULE),
    ]


def _candidates(rows: Sequence[dict[str, Any]]) -> list[str]:
    header = ("MELD dev W-F1", "ECF dev Pair F1", "MELD test W-F1", "MELD test ECE", "ECF test Pair F1")
    columns = (
        ("meld", "dev", "weighted_f1"),
        ("ecf", "dev", "pair_f1"),
        ("meld", "test", "weighted_f1"),
        ("meld", "test", "ece"),
        ("ecf", "test", "pair_f1"),
    )
    by = {(row["candidate"], row["corpus"], row["split"]): row for row in rows}
    table = [
        [_name(name), *(f"{by[name, corpus, split][metric]:.2f}" for corpus, split, metric in columns)]
        for name in dict.fromkeys(row["candidate"] for row in rows)
    ]
    return grid(("candidate", *header), table, RULE)


def _name(candidate: str) -> str:
    return f"seed {candidate}" if candidate.isdigit() else "the average of all seeds' weights"
