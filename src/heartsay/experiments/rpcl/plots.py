"""Figures: the gap between a true cause and its strongest rival, and reliability of pair confidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from heartsay import metrics
from heartsay.atomic import atomic_path
from heartsay.calibration.softmax import sigmoid
from heartsay.experiments.rpcl.measure import candidates
from heartsay.experiments.rpcl.plan import PROTOCOLS, SCORER
from heartsay.experiments.rpcl.rows import load
from heartsay.experiments.study import Place, Run, is_done
from heartsay.metrics.pair_ranking import MARGIN, pair_gaps, row_numbers

SHOWN = ("base", "margin", "rpcl")


def draw(runs: Sequence[Run], place: Place, folder: Path) -> list[Path]:
    """Write the figures of every corpus and protocol that has runs of the methods shown.

    Args:
        runs: the planned ones; those that are done are shown.
        place: where they are.
        folder: where to write.

    Returns:
        What was written.
    """
    written = []
    for corpus, model in dict.fromkeys((run.corpus, run.model) for run in runs):
        own = [run for run in runs if (run.corpus, run.model) == (corpus, model)]
        done = {
            method: [run for run in own if run.method == method and is_done(run, place)]
            for method in SHOWN
            if any(run.method == method for run in own)
        }
        if all(done.values()):
            name = corpus if model == SCORER else f"{corpus}-{PROTOCOLS[model]}"
            written += [
                _gaps(done, place, folder / f"gaps-{name}.png", corpus),
                _reliability(done, place, folder / f"reliability-{name}.png", corpus),
            ]
    return written


def _gaps(by_method: dict[str, list[Run]], place: Place, path: Path, corpus: str) -> Path:
    """Share of gold pairs whose gap is at most so much, all seeds together."""
    with _drawing(path, (6.4, 4.0)) as axes:
        for method, runs in by_method.items():
            gaps = []
            for run in runs:
                pairs = candidates(load(run, place)[1])[0]
                rows = row_numbers(pairs.conversation, pairs.emotion)
                gaps.append(pair_gaps(sigmoid(pairs.log_odds), pairs.gold, rows).gap)
            values = np.sort(np.concatenate(gaps))
            axes.plot(values, np.arange(1, len(values) + 1) / len(values), label=method)
        axes.axvline(0.0, color="0.6", linewidth=0.8)
        axes.axvline(MARGIN, color="0.6", linewidth=0.8, linestyle="--")
        axes.set(
            xlabel="confidence in the true cause less that in its strongest rival",
            ylabel="share of gold pairs with no more",
            title=f"{corpus.upper()} test: left of 0 a rival wins, left of the dashes the margin is missed",
            xlim=(-1, 1),
        )
        axes.title.set_fontsize(9)
    return path


def _reliability(by_method: dict[str, list[Run]], place: Place, path: Path, corpus: str) -> Path:
    """How often pairs of a confidence are gold, before calibration, first seed."""
    with _drawing(path, (4.4, 4.2)) as axes:
        axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
        for method, runs in by_method.items():
            pairs = candidates(load(runs[0], place)[1])[0]
            bins = metrics.reliability_bins(sigmoid(pairs.log_odds), pairs.gold)
            points = (x[bins.counts > 0] for x in (bins.mean_confidence, bins.accuracy))
            axes.plot(*points, marker="o", markersize=3, label=method)
        axes.set(
            xlabel="confidence before calibration",
            ylabel="share that is gold",
            title=f"{corpus.upper()} test, seed {next(iter(by_method.values()))[0].seed}",
            xlim=(0, 1),
        )
    return path


@contextmanager
def _drawing(path: Path, size: tuple[float, float]) -> Iterator[Any]:
    """Axes of shares to draw in; then the figure, with its legend, is written."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    yield axes
    axes.set_ylim(0, 1)
    axes.legend()
    with atomic_path(path) as beside, beside.open("wb") as file:
        figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
