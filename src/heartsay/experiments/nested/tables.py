"""The page of the nested study for people, from ``results.json`` alone."""

from __future__ import annotations

from heartsay.experiments.cmerc.methods import TOGETHER
from heartsay.experiments.nested.plan import CMERC, PRIMARY
from heartsay.experiments.nested.rows import ENSEMBLE
from heartsay.experiments.report_tables import (
    Content,
    Lines,
    grid,
    grouped,
    interval,
    means,
    runs_done,
    section,
)

HEADLINES = {
    "weighted_f1": "weighted F1",
    "cel_per_utterance_edges": "CEL per utterance, edges",
    "uncertain_share_edges.all": "uncertain (%)",
    "aurc": "AURC",
    "expected_calibration_error": "ECE",
}
COMPARED = {
    "weighted_f1": "weighted F1",
    "cel_per_utterance_edges": "CEL per utterance, edges",
    "uncertain_share_edges": "uncertain (%)",
    "aurc": "AURC",
    "expected_calibration_error": "ECE",
}


def page(content: Content) -> str:
    """The page, in Markdown."""
    lines = [
        "# CMERC under a nested protocol",
        "",
        "Generated from `results.json`. Every arm had equally many trials, drawn and written before. They",
        "were chosen among inside each outer fold, and the outer test is read once, at the end. "
        + runs_done(content),
        "",
        *_journal(content),
    ]
    if not content["rows"]:
        lines += ["The outer test has not been read, so there is nothing to show of it.", ""]
        return "\n".join([*lines, *_trials(content)]).rstrip() + "\n"
    lines += _primary(content)
    for corpus in content["scope"]["corpora"]:
        rows = [row for row in content["rows"] if row["corpus"] == corpus]
        single = [row for row in rows if row["seed"] != ENSEMBLE]
        together = [row for row in rows if row["seed"] == ENSEMBLE]
        titles = ("backbone", "arm", "calibration", *HEADLINES.values())
        by = ("model", "method", "calibration")
        lines += section(
            f"## The outer test of {corpus}",
            "Mean ± standard deviation over outer folds, encoders and runs (their number).",
            means(single, by, tuple(HEADLINES), titles),
        )
        if together:
            lines += section(
                "### As ensembles over encoders and runs of a fold",
                "",
                means(together, by, tuple(HEADLINES), titles),
            )
        lines += _floors(content, corpus)
        lines += _compared(content, corpus)
    return "\n".join([*lines, *_trials(content)]).rstrip() + "\n"


def _journal(content: Content) -> Lines:
    """What was read when, as the program wrote it down."""
    kinds = grouped(content["journal"], ("event",))
    table = [[event, str(len(found)), found[0]["at"], found[-1]["at"]] for (event,), found in kinds.items()]
    return section(
        "## What was read when",
        "Written by the program (`journal.jsonl`).",
        grid(("event", "times", "first", "last"), table),
    )


def _primary(content: Content) -> Lines:
    first, second, metric = PRIMARY
    rows = [r for r in content["comparisons"] if r["role"] == "primary" and r["resample_runs"]]
    if not rows:
        return []
    return [
        f"**Named beforehand**: {first} less {second}, {COMPARED[metric]}, over all backbones, paired "
        f"bootstrap over conversations, outer folds, encoders and runs: {interval(rows[0])}.",
        "",
    ]


def _floors(content: Content, corpus: str) -> Lines:
    rows = [row for row in content["floors"] if row["corpus"] == corpus]
    titles = ("model", "of", "weighted F1")
    return section(
        "### What needs no context",
        "On the same outer tests.",
        means(rows, ("model", "method"), ("weighted_f1",), titles),
    )


def _compared(content: Content, corpus: str) -> Lines:
    """Every arm less base; p-values are corrected over what one metric compares on the corpus."""
    rows = [r for r in content["comparisons"] if r["corpus"] == corpus and r["resample_runs"]]
    table = []
    for key, found in grouped(rows, ("model", "first", "calibration")).items():
        by = {row["metric"]: row for row in found}
        cells = [f"{interval(by[m])}; {by[m]['p_holm']:.3f}" if m in by else "-" for m in COMPARED]
        table.append([*key, *cells])
    table.sort(key=lambda line: (line[0] != TOGETHER, line[1] != CMERC))
    return section(
        "### Less base, both with the same calibration",
        "Difference, 95% interval, p, and p after Holm over all comparisons of that column but the one named "
        "beforehand; runs are drawn anew too. A temperature changes no label: weighted F1 stands once.",
        grid(("backbone", "arm", "calibration", *COMPARED.values()), table),
    )


def _trials(content: Content) -> Lines:
    """What the contrast's weight and the curriculum's share do on inner data."""
    rows = [row for row in content["trials"] if row["arm"] == CMERC and row["less_base"] is not None]
    titles = ("corpus", "contrast", "curriculum", "inner weighted F1", "less base's same trial")
    return section(
        "## The contrast's weight and the curriculum's share, on inner data",
        "None of this is of the outer test.",
        means(
            rows, ("corpus", "modality_contrast", "curriculum"), ("inner_weighted_f1", "less_base"), titles
        ),
    )
