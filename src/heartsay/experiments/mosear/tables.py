"""The tables for people, generated from the rows for programs."""

from __future__ import annotations

from collections.abc import Sequence

from heartsay.experiments.mosear.plan import (
    FRONTIER,
    HEADLINE,
    HEADLINE_SCENE,
    METRIC,
    SCENES,
    TRIALS,
    VARIANT,
    VARIANT_RIVAL,
)
from heartsay.experiments.report_tables import Content, Lines, Row, grid, grouped, means, runs_done

SIDES = {
    METRIC: "mean conflict",
    "consistent_accuracy": "consistent",
    "face_aligned_accuracy": "face right",
    "voice_aligned_accuracy": "voice right",
    "bias_gap": "bias gap",
    "harmonic": "harmonic mean",
    "follows_voice": "follows voice",
    "follows_face": "follows face",
}
"""Columns on the two sides of a conflict, by the names of the rows."""

COLUMNS = {
    **SIDES,
    "weighted_f1": "weighted F1",
    "uncalibrated_ece": "ECE",
    "ece": "ECE, calibrated",
    "flip_rate_without_voice": "flips without voice",
    "flip_rate_without_face": "flips without face",
}
"""Columns of the main table by the names of the rows."""


def page(content: Content) -> str:
    """Markdown from what ``results.json`` holds."""
    lines = [
        "# MoSE and attention reallocation",
        "",
        "Generated from `results.json`. **Composed**: real words, voices and faces, paired by rule, so that "
        "it is known which of them agree with the label. Accuracies in percent, "
        "mean and standard deviation over seeds; the bias gap is accuracy where the voice is right less that "
        "where the face is right. Epochs and temperatures are chosen on development data, and every arm had "
        f"{TRIALS} trial. "
        + runs_done(content)
        + (" A quick look with few epochs and seeds: no result." if content["quick"] else ""),
        "",
        "Made from vectors with these hashes: "
        + (", ".join(f"{scene} `{made}`" for scene, made in content["vectors"].items()) or "none yet")
        + f". The headline is on {SCENES[HEADLINE_SCENE].title}.",
        "",
    ]
    rows, known = grouped(content["rows"], ("corpus",)), grouped(content["floors"], ("corpus",))
    for scene in dict.fromkeys(corpus for (corpus,) in rows):
        title = SCENES[scene].title
        found = rows[(scene,)]
        plain = [row for row in (*known.get((scene,), ()), *found) if row["method"] not in FRONTIER]
        swept = [row for row in found if row["method"] in FRONTIER]
        lines += [f"## Test split, {title}", "", *means(plain, ("method",), tuple(COLUMNS), _titles())]
        if swept:
            lines += ["Full strength towards other shares of voice, on the base:", ""]
            lines += means(swept, ("method",), tuple(COLUMNS), _titles())
        about = (
            f"Paired bootstraps over conversations and seeds. The headline compares `{HEADLINE}` with the "
            f"rival that is best on development data; the variant, `{VARIANT}`, was chosen on development "
            f"data after the headline had been seen to fail over three seeds; `{VARIANT_RIVAL}` is trained "
            "as it is. `sides known` is told what voice and face show, and is no reader:"
        )
        lines += compared([row for row in content["comparisons"] if row["corpus"] == scene], about)
    return "\n".join(lines).rstrip() + "\n"


def _titles() -> tuple[str, ...]:
    return ("arm", *COLUMNS.values())


def compared(rows: Sequence[Row], about: str) -> Lines:
    """A table of the comparisons whose runs were drawn anew too, under a sentence on them."""
    anew = [row for row in rows if row["resample_runs"]]
    if not anew:
        return []
    table = [
        [
            row["role"],
            f"{row['first']} against {row['second']}",
            row["metric"].replace("_", " "),
            _number(row["difference"], "+.2f"),
            f"{_number(row['low'], '+.2f')} to {_number(row['high'], '+.2f')}",
            _number(row["p_value"], ".3f"),
            _number(row["p_holm"], ".3f"),
        ]
        for row in anew
    ]
    head = ("role", "arms", "metric", "difference", "95% interval", "p", "p, Holm")
    return [about, "", *grid(head, table)]


def _number(value: float | None, form: str) -> str:
    return "undefined" if value is None else format(value, form)
