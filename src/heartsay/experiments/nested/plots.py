"""Figures: every arm less base with its interval, and what the contrast's weight does on inner data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

from heartsay.atomic import atomic_path
from heartsay.experiments.cmerc.methods import TOGETHER
from heartsay.experiments.nested.plan import CMERC
from heartsay.experiments.nested.rows import RAW, TEMPERATURE
from heartsay.experiments.nested.tables import COMPARED
from heartsay.experiments.nested.trials import CONTRASTS, SHARES
from heartsay.experiments.report_tables import Content, Row, grouped

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(content: Content, folder: Path) -> list[Path]:
    """A figure of differences for each corpus, once the outer test is read, and one of trials.

    Args:
        content: what ``results.json`` holds.
        folder: where to.

    Returns:
        What was written.
    """
    rows = [row for row in content["comparisons"] if row["resample_runs"]]
    written = [_differences(corpus, found, folder) for (corpus,), found in grouped(rows, ("corpus",)).items()]
    trials = [row for row in content["trials"] if row["arm"] == CMERC and row["less_base"] is not None]
    by_corpus = grouped(trials, ("corpus",))
    return written + [_trials(corpus, found, folder) for (corpus,), found in by_corpus.items()]


def _differences(corpus: str, rows: Sequence[Row], folder: Path) -> Path:
    """Each metric a panel, each arm and backbone a line; over all backbones in black, at the top."""
    from matplotlib.figure import Figure

    pairs = {(row["model"], row["first"]) for row in rows}
    keys = sorted(pairs, key=lambda pair: (pair[0] != TOGETHER, pair[1] != CMERC, *pair))
    figure = Figure(figsize=(2.6 * len(COMPARED) + 1.6, 0.34 * len(keys) + 1.6), layout="constrained")
    panels = figure.subplots(1, len(COMPARED), sharey=True, squeeze=False)[0]
    for axes, (metric, title) in zip(panels, COMPARED.items(), strict=True):
        for calibration, shift, marker in ((RAW, 0.0, "o"), (TEMPERATURE, 0.25, "D")):
            known = {
                (r["model"], r["first"]): r
                for r in rows
                if (r["metric"], r["calibration"]) == (metric, calibration)
            }
            for place, key in enumerate(keys):
                if key in known:
                    row, color = known[key], "black" if key[0] == TOGETHER else "C0"
                    at, style = place + shift, {"color": color, "marker": marker, "markersize": 4}
                    axes.plot([row["low"], row["high"]], [at, at], color=color, linewidth=1)
                    axes.plot([row["difference"]], [at], linestyle="", **style)
        axes.axvline(0, color="0.7", linewidth=1, zorder=0)
        axes.set_title(title, fontsize=9)
        axes.tick_params(labelsize=8)
    panels[0].set_yticks(range(len(keys)), [f"{arm}, {model}" for model, arm in keys])
    panels[0].invert_yaxis()
    figure.suptitle(
        f"{corpus}: less base, 95% intervals; circles raw, diamonds with a temperature on both", fontsize=9
    )
    return _saved(figure, folder / f"differences-{corpus}.png")


def _trials(corpus: str, rows: Sequence[Row], folder: Path) -> Path:
    """Inner weighted F1 less that of base's same trial, by weight of the contrast, a line a share."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for share in SHARES:
        points = []
        for weight in CONTRASTS:
            cell = [r for r in rows if r["curriculum"] == share and (r["modality_contrast"] or 0.0) == weight]
            points += [(weight, mean(r["less_base"] for r in cell))] if cell else []
        if points:
            label = "no curriculum" if share is None else f"curriculum over {share:g} of the epochs"
            axes.plot(*zip(*points, strict=True), "o-", label=label)
    axes.axhline(0, color="0.7", linewidth=1, zorder=0)
    axes.set(xlabel="weight of the contrast", ylabel="weighted F1 less base's same trial, points")
    axes.set_title(f"{corpus}, inner data: mean over backbones and outer folds", fontsize=9)
    axes.legend(frameon=False, fontsize=8)
    return _saved(figure, folder / f"trials-{corpus}.png")


def _saved(figure: Figure, path: Path) -> Path:
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130, metadata={"Software": None})
    return path
