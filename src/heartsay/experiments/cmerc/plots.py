"""The paper's figures on data at hand, as PNG files; their numbers are those of `figures`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from heartsay.atomic import atomic_path
from heartsay.experiments.cmerc.figures import is_uncertain, log_gains, principal_plane, readings_of
from heartsay.experiments.cmerc.methods import (
    ABLATIONS,
    BASE,
    CMERC,
    CONSTRAINTS,
    CONTRAST_WEIGHTS,
    CONTRASTS,
    HEADLINE,
    ONLY_CONTRAST,
    PARTS,
)
from heartsay.experiments.cmerc.plan import M3NET, PRINCIPAL, Scope
from heartsay.experiments.cmerc.rows import reading_on_test
from heartsay.experiments.report_tables import Content, Results, Row, grouped
from heartsay.experiments.study import Place, is_done
from heartsay.metrics import silhouette_score

# Colours that differ in lightness too, so that they do without colour.
COLOURS = {BASE: "#8c8c8c", CMERC: "#1f6f8b", "removal-supervision": "#d1603d", ABLATIONS[0]: "#c9a227"}
NAMES = {BASE: "base", CMERC: "CMERC", ABLATIONS[0]: "CMERC without curriculum"}

Bars = tuple[Sequence[str], Mapping[str, Sequence[Sequence[float]]]]
"""Names of groups and, for each series, a list of values per group."""

KINDS = {"emotion": "emotion", "shift": "shift of emotion", "position": "position"}

LIMITS = (-3.0, 3.0)
"""Nats shown in Figure 7; what lies beyond is counted at the edge."""


def draw(content: Content, scope: Scope, place: Place, folder: Path) -> list[Path]:
    """Draw every figure whose numbers are there.

    Args:
        content: what ``results.json`` holds.
        scope: how much is run.
        place: where the runs are.
        folder: where the pictures go.

    Returns:
        The files written.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    written: list[Path] = []
    for corpus in scope.corpora:
        alone = replace(scope, corpora=(corpus,))
        for number, name, drawn in (
            (1, "uncertain-shares", uncertain(content, corpus)),
            (3, "contributions", contributions(content, corpus)),
            (4, "entropy", entropy(content, corpus)),
            (5, "representations", representations(alone, place, corpus, (BASE, ONLY_CONTRAST, CMERC))),
            (6, "representations-by-part", representations(alone, place, corpus, tuple(CONTRASTS)[1:])),
            (7, "confidence-change", confidence_change(alone, place, corpus)),
            *((8, f"{part.replace('_', '-')}-weight", part_weight(content, corpus, part)) for part in PARTS),
            (9, "gains", gains(content, corpus)),
            (10, "cases", cases(content, corpus)),
        ):
            path = folder / f"figure-{number}-{name}-{corpus}.png"
            if drawn is None:
                # What an earlier call drew from other runs would pass for a picture of these.
                path.unlink(missing_ok=True)
                continue
            with atomic_path(path) as beside, beside.open("wb") as file:
                drawn.savefig(file, format="png", dpi=110, metadata={"Software": None})
            written.append(path)
    return written


def uncertain(content: Content, corpus: str) -> Any:
    """Figure 1: shares of utterances that get surer without something, base and CMERC."""
    results, column = Results(content), "uncertain_share_edges"
    panels: dict[str, Bars] = {}
    for model in content["scope"]["backbones"]:
        rows = {m: results.by_key.get((corpus, model, m, HEADLINE), []) for m in (BASE, CMERC)}
        if rows[BASE]:
            panels[model] = _bars({method: found for method, found in rows.items() if found}, column)
    return _bar_panels(panels, corpus, "uncertain utterances, edges (%)", 3.2, (0, 100))


def contributions(content: Content, corpus: str) -> Any:
    """Figure 3: shares of modalities and contexts in what moves a reading."""
    by_model = _by(_on(content["contributions"], corpus), "model")
    panels = {model: _bars(_by(rows, "method"), "shares") for model, rows in by_model.items()}
    return _bar_panels(panels, corpus, "contribution, MM-SHAP (%)")


def cases(content: Content, corpus: str) -> Any:
    """Figure 10: probability of the gold class as a whole and after each removal, in single utterances."""
    found = [row for row in _on(content["cases"], corpus) if row["model"] == M3NET]
    panels = {
        f"{kind}\n{utterance}": _bars(_by(rows, "method"), "gold_probability")
        for (kind, utterance), rows in grouped(found, ("kind", "utterance")).items()
    }
    return _bar_panels(panels, f"{corpus}, {M3NET}", "probability of the gold class", 2.6, (0, 1))


def gains(content: Content, corpus: str) -> Any:
    """Figure 9: what CMERC gains by emotion, by shift and by position, over all backbones."""
    by_kind = _by(_on(content["gains"], corpus), "by")
    panels: dict[str, Bars] = {}
    for kind, rows in by_kind.items():
        names, by_model = list(_by(rows, "group")), _by(rows, "model")
        series = {
            "all backbones": rows,
            **{model: by_model[model] for model in PRINCIPAL if model in by_model},
        }
        panels[f"{'F1' if kind == 'emotion' else 'accuracy'} by {KINDS[kind]}"] = (
            names,
            {
                title: [[row["gain"] for row in found if row["group"] == name] for name in names]
                for title, found in series.items()
            },
        )
    return _bar_panels(panels, corpus, "CMERC less base (points)", zero=True)


def entropy(content: Content, corpus: str) -> Any:
    """Figure 4: entropy of development predictions after each epoch."""
    by_model = _by(_on(content["entropies"], corpus), "model")
    if not by_model:
        return None
    figure, axes = _figure(list(by_model), corpus, "mean entropy on development data (nats)")
    for panel, rows in zip(axes, by_model.values(), strict=True):
        for method, of_method in _by(rows, "method").items():
            values = np.array([row["development_mean_entropy"] for row in of_method])
            epochs, mean = np.arange(1, values.shape[1] + 1), values.mean(0)
            label = f"{NAMES.get(method, method)} ({len(values)})"
            panel.plot(epochs, mean, color=COLOURS.get(method), label=label)
            if len(values) > 1:
                deviation = values.std(0, ddof=1)
                band = (mean - deviation, mean + deviation)
                panel.fill_between(epochs, *band, color=COLOURS.get(method), alpha=0.15, linewidth=0)
        panel.set_xlabel("epoch", fontsize=8)
    _legend(figure, axes[0])
    return figure


def representations(scope: Scope, place: Place, corpus: str, methods: tuple[str, ...]) -> Any:
    """Figures 5 and 6: representations in their principal plane, with silhouettes.

    Shown are the test utterances of which base, under the same seed, gets surer without something.
    """
    found = {}
    for base_run, base in readings_of(scope, place, PRINCIPAL, (BASE,)):
        uncertain_ones = is_uncertain(base)
        for run in (replace(base_run, method=method) for method in methods):
            if (run.model, run.method) not in found and is_done(run, place):
                test = reading_on_test(run, scope, place)
                if test.representation is not None and uncertain_ones.any():
                    test = test.rows(uncertain_ones)
                    assert test.representation is not None
                    found[run.model, run.method] = test, test.representation.astype(np.float64)
    if not found:
        return None
    titles = [
        f"{model}, {NAMES.get(method, method)}: silhouette {silhouette_score(vectors, test.gold):.3f}"
        for (model, method), (test, vectors) in found.items()
    ]
    figure, axes = _figure(titles, corpus, width=4.0)
    for panel, (test, vectors) in zip(axes, found.values(), strict=True):
        plane = principal_plane(vectors)
        for k, name in enumerate(test.classes):
            panel.scatter(*plane[test.gold == k].T, s=4, alpha=0.6, label=name, color=f"C{k}", linewidths=0)
        panel.set_xticks([])
        panel.set_yticks([])
    _legend(figure, axes[0], markerscale=3)
    return figure


def confidence_change(scope: Scope, place: Place, corpus: str) -> Any:
    """Figure 7: how much log-probability the gold class gains by a removal, utterance by utterance."""
    pooled: dict[str, dict[str, list[Any]]] = {}
    for run, test in readings_of(scope, place, PRINCIPAL, (BASE, CMERC)):
        pooled.setdefault(run.model, {}).setdefault(run.method, []).append(log_gains(test))
    if not pooled:
        return None
    figure, axes = _figure(list(pooled), corpus)
    bins = np.linspace(*LIMITS, 61)
    for panel, by_method in zip(axes, pooled.values(), strict=True):
        for method, changes in by_method.items():
            values = np.concatenate(changes)
            style = {"density": True, "histtype": "step", "color": COLOURS[method]}
            label = f"{NAMES[method]}: {100 * float((values > 0).mean()):.0f}% rise"
            panel.hist(np.clip(values, *LIMITS), bins, label=label, **style)
        panel.axvline(0, color="#bbb", linewidth=0.8)
        panel.set_xlabel("change of the gold class's log-probability (nats)", fontsize=8)
        panel.set_yscale("log")
        panel.legend(fontsize=8, frameon=False)
    return figure


def part_weight(content: Content, corpus: str, part: str) -> Any:
    """Figure 8: weighted F1, CEL and ECE by the weight of one part of CMERC."""
    results, configured = Results(content), content["scope"].get(part, {}).get(corpus)
    weight_of = {m: w for m, (of, w) in CONTRAST_WEIGHTS.items() if of == part} or CONSTRAINTS
    varied = {m: weight_of[m] for m in results.methods(corpus, M3NET) if m in weight_of}
    # CMERC itself is one more of the weights, and so is the variant without the constraint.
    without = {ABLATIONS[2]: 0.0} if part == "constraint" else {}
    weights = {**varied, **without, CMERC: configured}
    chosen = {
        w: results.by_key.get((corpus, M3NET, m, HEADLINE), []) for m, w in weights.items() if w is not None
    }
    known = {weight: rows for weight, rows in sorted(chosen.items()) if rows}
    if not varied or len(known) < 2:
        return None
    seeds = set.intersection(*({row["seed"] for row in rows} for rows in known.values()))
    columns = {
        "weighted_f1": "weighted F1 (%)",
        "cel_per_utterance_edges": "CEL per utterance, edges (nats)",
        "expected_calibration_error": "ECE (%)",
    }
    figure, axes = _figure(list(columns.values()), f"{corpus}, {M3NET}")
    for panel, column in zip(axes, columns, strict=True):
        values = [[row[column] for row in rows if row["seed"] in seeds] for rows in known.values()]
        means, deviations = _means_and_deviations(values)
        panel.errorbar(range(len(known)), means, deviations, marker="o", color=COLOURS[CMERC])
        panel.set_xticks(range(len(known)), [f"{weight:g}" for weight in known])
        panel.set_xlabel(f"weight of the {part.replace('_', ' ')} ({len(seeds)} seeds)", fontsize=8)
    return figure


def _bars(by_series: Mapping[str, Sequence[Row]], column: str) -> Bars:
    """Bars of a column that holds several numbers by name."""
    names = list(next(iter(by_series.values()))[0][column])
    return names, {
        series: [[row[column][name] for row in rows] for name in names] for series, rows in by_series.items()
    }


def _bar_panels(
    panels: Mapping[str, Bars],
    corpus: str,
    label: str,
    width: float = 4.6,
    limits: tuple[float, float] | None = None,
    zero: bool = False,
) -> Any:
    """A row of panels of bars by their titles, means with deviations over seeds; None if there are none."""
    if not panels:
        return None
    figure, axes = _figure(list(panels), corpus, label, width)
    for panel, (groups, series) in zip(axes, panels.values(), strict=True):
        thickness = 0.8 / max(1, len(series))
        for k, (name, values) in enumerate(series.items()):
            at = np.arange(len(groups)) + (k - (len(series) - 1) / 2) * thickness
            means, deviations = _means_and_deviations(values)
            style = {"label": NAMES.get(name, name), "color": COLOURS.get(name), "capsize": 2}
            panel.bar(at, means, thickness, yerr=deviations, **style)
        panel.set_xticks(range(len(groups)), [g.replace("_", " ") for g in groups], rotation=35, ha="right")
        if limits is not None:
            panel.set_ylim(*limits)
        if zero:
            panel.axhline(0, color="#bbb", linewidth=0.8)
    _legend(figure, axes[0])
    return figure


def _figure(titles: Sequence[str], corpus: str, label: str = "", width: float = 4.6) -> tuple[Any, Any]:
    """A figure with panels in a row, the corpus's name above and a label at the left."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * len(titles), 3.4), layout="constrained")
    axes = figure.subplots(1, len(titles), squeeze=False)[0]
    for panel, title in zip(axes, titles, strict=True):
        panel.set_title(title, fontsize=10)
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    axes[0].set_ylabel(label, fontsize=8)
    figure.suptitle(
        f"{corpus}{' (paired by rule)' if corpus == 'composed' else ''}", fontsize=9, color="#555"
    )
    return figure, axes


def _legend(figure: Any, panel: Any, **style: Any) -> None:
    """One legend for all panels, below them."""
    handles, labels = panel.get_legend_handles_labels()
    place = {"loc": "outside lower center", "ncols": min(7, len(labels)), "fontsize": 8, "frameon": False}
    figure.legend(handles, labels, **place, **style)


def _means_and_deviations(values: Sequence[Sequence[float]]) -> tuple[list[Any], list[Any]]:
    means = [np.mean(v) if len(v) else np.nan for v in values]
    return means, [np.std(v, ddof=1) if len(v) > 1 else 0.0 for v in values]


def _on(rows: Sequence[Row], corpus: str) -> list[Row]:
    return [row for row in rows if row["corpus"] == corpus]


def _by(rows: Sequence[Row], name: str) -> dict[str, list[Row]]:
    return {key: found for (key,), found in grouped(rows, (name,)).items()}
