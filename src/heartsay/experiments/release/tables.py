"""The table for people, generated from the rows for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heartsay.experiments.published import published
from heartsay.experiments.report_tables import ABSENT, RULE, Content, Row, grid, lookup, mean_and_deviation


class Line(NamedTuple):
    """One figure of the table: where it is measured, its key in the rows, what it is called."""

    corpus: str
    metric: str
    title: str


LINES = (
    Line("meld", "weighted_f1", "MELD test, weighted F1"),
    Line("meld", "macro_f1", "MELD test, macro F1"),
    Line("meld", "accuracy", "MELD test, accuracy"),
    Line("meld", "most_probable.weighted_f1", "MELD test, weighted F1 of the most probable emotion"),
    Line("meld", "most_probable.macro_f1", "MELD test, macro F1 of the most probable emotion"),
    Line("meld", "most_probable.accuracy", "MELD test, accuracy of the most probable emotion"),
    Line("meld", "felt.precision", "MELD test, felt utterances found at 80% precision on dev: precision"),
    Line("meld", "felt.recall", "MELD test, felt utterances found so: recall"),
    Line("meld", "full_reading_alone.weighted_f1", "MELD test, weighted F1, full reading alone"),
    Line("meld", "ece", "MELD test, ECE (15 equal-width bins)"),
    Line("meld", "full_reading_alone.ece", "MELD test, ECE, full reading alone"),
    Line("meld", "uncalibrated_ece", "MELD test, ECE before calibration"),
    Line("meld", "feeling_ece", "MELD test, ECE of the probability of a feeling"),
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


def page(content: Content) -> str:
    """The page, in Markdown, of what ``results.json`` holds."""
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
        if "." in line.metric and not any(value is not None for value in values):
            continue  # of a part that these models' calibration does not have
        table.append((line.title, floored, quoted, *map(_spread, (values, [_value(rows, line, chosen)]))))
    f1 = row_of(rows, "meld", chosen)["per_class_f1"]
    lines = [
        f"# The {content['system']} model",
        "",
        f"Generated from `results.json`. Protocol: {content['protocol']}. Percentages, but for set sizes. "
        f"Seeds: {', '.join(seeds)}; mean and standard deviation over them. Shipped: {_name(chosen)}. "
        f"All numbers are of the exported ONNX files, weights stored as {content['storage']}. Emotions are "
        "the fitted mixture of the full reading and of those without own and without other context, as "
        "`analyze` gives them for up to 1,000 utterances; the full reading alone is what `--evidence never` "
        "and longer talk get.",
        "",
        *grid(("figure", "floor", "published", "ours, each seed", "shipped"), table, RULE),
        "F1 by emotion on MELD test, shipped model:",
        "",
        *grid(list(f1), [[f"{value:.1f}" for value in f1.values()]], RULE),
        *_links(rows, chosen),
        "Every candidate, the development scores by which one was chosen, and what `analyze` gives on "
        "development and test (test of the average only where it was chosen). The choice goes by the mean of "
        "weighted F1, full reading alone, and Pair F1:",
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
    return "\n".join(lines) + "\n"


def row_of(rows: Sequence[Row], corpus: str, candidate: str) -> Row:
    """The row of one candidate on one corpus, of rows of one split."""
    return next(row for row in rows if (row["corpus"], row["candidate"]) == (corpus, candidate))


def _value(rows: Sequence[Row], line: Line, candidate: str) -> float | None:
    return lookup(row_of(rows, line.corpus, candidate), line.metric)


def _spread(values: Sequence[float | None]) -> str:
    """A mean and its deviation, or a dash for what the data leave undefined."""
    known = [value for value in values if value is not None]
    return ABSENT if len(known) < len(values) else mean_and_deviation(known)


def _links(rows: Sequence[Row], chosen: str) -> list[str]:
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
        digits = {"wrong_of_all": 1, "links_per_conversation": 2, "conversations_with_links": 1, "recall": 1}
        figures = (f"{shipped[name]:.{places}f}" for name, places in digits.items())
        table.append((title, wrong, seeds, *figures))
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


def _candidates(rows: Sequence[Row]) -> list[str]:
    scores = development_scores(rows)
    columns = {
        "MELD dev W-F1": ("meld", "dev", "weighted_f1"),
        "MELD test W-F1": ("meld", "test", "weighted_f1"),
        "MELD test ECE": ("meld", "test", "ece"),
        "ECF test Pair F1": ("ecf", "test", "pair_f1"),
    }
    by = {(row["candidate"], row["corpus"], row["split"]): row for row in rows}
    table = [
        [
            _name(name),
            *(f"{figure:.2f}" for figure in (*scores[name], sum(scores[name]) / 2)),
            *(
                f"{by[name, corpus, split][metric]:.2f}" if (name, corpus, split) in by else ABSENT
                for corpus, split, metric in columns.values()
            ),
        ]
        for name in dict.fromkeys(row["candidate"] for row in rows)
    ]
    chosen_by = ("MELD dev W-F1, full reading alone", "ECF dev Pair F1", "their mean")
    return grid(("candidate", *chosen_by, *columns), table, RULE)


def development_scores(rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Weighted F1 and Pair F1 on development data, by candidate: the best mean of both is chosen.

    Emotions count as the full reading alone gives them: the mixture was fitted on the same conversations.
    """
    names = dict.fromkeys(row["candidate"] for row in rows)
    dev = [row for row in rows if row["split"] == "dev"]
    found = {}
    for name in names:
        emotions = row_of(dev, "meld", name)
        alone = emotions.get("full_reading_alone", emotions)["weighted_f1"]
        found[name] = alone, row_of(dev, "ecf", name)["pair_f1"]
    return found


def _name(candidate: str) -> str:
    return f"seed {candidate}" if candidate.isdigit() else "the average of all seeds' weights"
