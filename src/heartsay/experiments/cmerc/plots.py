"""The paper's figures on data at hand, as PNG files; their numbers are those of `figures`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from heartsay.atomic import atomic_path
from heartsay.experiments.cmerc.figures import all_runs, log_gains, principal_plane, tested
from heartsay.experiments.cmerc.methods import (
    ABLATIONS,
    BASE,
    CMERC,
    HEADLINE,
    constraint_of,
)
from heartsay.experiments.cmerc.plan import M3NET, PRINCIPAL, Scope
from heartsay.experiments.cmerc.rows import reading_on_test
from heartsay.experiments.report_tables import Content, Results
from heartsay.experiments.study import Place, is_done
from heartsay.metrics import silhouette_score

# Colours that differ in lightness too, so that they do without colour.
COLOURS = {BASE: "#8c8c8c", CMERC: "#1f6f8b", "removal-supervision": "#d1603d", ABLATIONS[0]: "#c9a227"}
NAMES = {BASE: "base", CMERC: "CMERC", ABLATIONS[0]: "CMERC without curriculum"}

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
        for number, name, drawn in (
            (1, "uncertain-shares", _uncertain(content, corpus)),
            (3, "contributions", _contributions(content, corpus)),
            (4, "entropy", _entropy(content, corpus)),
            (5, "representations", _representations(scope, place, corpus)),
            (7, "confidence-change", _change(scope, place, corpus)),
            (8, "constraint-weight", _weights(content, corpus)),
            (9, "gains", _gains(content, corpus)),
            (10, "cases", _cases(content, corpus)),
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


def _figure(columns: int, titles: Sequence[str], corpus: str, width: float = 4.6, height: float = 3.4) -> Any:
    """A figure with panels in a row and the corpus's name above."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * columns, height), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    for panel, title in zip(axes, titles, strict=True):
        panel.set_title(title, fontsize=10)
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    figure.suptitle(
        f"{corpus}{' (paired by rule)' if corpus == 'composed' else ''}", fontsize=9, color="#555"
    )
    return figure, axes


def _legend(figure: Any, panel: Any, **how: Any) -> None:
    """One legend for all panels, below them."""
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=min(7, len(labels)),
        fontsize=8,
        frameon=False,
        **how,
    )


def _bars(panel: Any, groups: Sequence[str], series: Mapping[str, Sequence[Sequence[float]]]) -> None:
    """Bars of means with deviations over seeds: for each series a list of values per group."""
    width = 0.8 / max(1, len(series))
    for k, (name, values) in enumerate(series.items()):
        at = np.arange(len(groups)) + (k - (len(series) - 1) / 2) * width
        means = [np.mean(v) if len(v) else np.nan for v in values]
        spread = [np.std(v, ddof=1) if len(v) > 1 else 0.0 for v in values]
        panel.bar(
            at, means, width, yerr=spread, label=NAMES.get(name, name), color=COLOURS.get(name), capsize=2
        )
    panel.set_xticks(range(len(groups)), [g.replace("_", " ") for g in groups], rotation=35, ha="right")


def _uncertain(content: Content, corpus: str) -> Any:
    """Figure 1: shares of utterances that get surer without something, base and CMERC."""
    results = Results(content)
    models = [m for m in content["scope"]["backbones"] if (corpus, m, BASE, HEADLINE) in results.by_key]
    if not models:
        return None
    figure, axes = _figure(len(models), models, corpus, width=3.2)
    for panel, model in zip(axes, models, strict=True):
        rows = {m: results.by_key.get((corpus, model, m, HEADLINE), []) for m in (BASE, CMERC)}
        groups = list(rows[BASE][0]["uncertain_share_edges"])
        series = {
            method: [[row["uncertain_share_edges"][g] for row in mine] for g in groups]
            for method, mine in rows.items()
            if mine
        }
        _bars(panel, groups, series)
        panel.set_ylim(0, 100)
    axes[0].set_ylabel("uncertain utterances, edges (%)", fontsize=8)
    _legend(figure, axes[0])
    return figure


def _contributions(content: Content, corpus: str) -> Any:
    """Figure 3: shares of modalities and contexts in what moves a reading."""
    rows = [row for row in content["contributions"] if row["corpus"] == corpus]
    models = list(dict.fromkeys(row["model"] for row in rows))
    if not models:
        return None
    figure, axes = _figure(len(models), models, corpus)
    players = list(rows[0]["shares"])
    for panel, model in zip(axes, models, strict=True):
        mine = [row for row in rows if row["model"] == model]
        series = {
            method: [[row["shares"][p] for row in mine if row["method"] == method] for p in players]
            for method in dict.fromkeys(row["method"] for row in mine)
        }
        _bars(panel, players, series)
    axes[0].set_ylabel("contribution, MM-SHAP (%)", fontsize=8)
    _legend(figure, axes[0])
    return figure


def _entropy(content: Content, corpus: str) -> Any:
    """Figure 4: entropy of development predictions after each epoch."""
    rows = [row for row in content["entropies"] if row["corpus"] == corpus]
    models = list(dict.fromkeys(row["model"] for row in rows))
    if not models:
        return None
    figure, axes = _figure(len(models), models, corpus)
    for panel, model in zip(axes, models, strict=True):
        for method in dict.fromkeys(row["method"] for row in rows if row["model"] == model):
            curves = [
                row["development_mean_entropy"]
                for row in rows
                if (row["model"], row["method"]) == (model, method)
            ]
            values = np.array(curves)
            epochs = np.arange(1, values.shape[1] + 1)
            label = f"{NAMES.get(method, method)} ({len(curves)})"
            panel.plot(epochs, values.mean(0), color=COLOURS.get(method), label=label)
            if len(curves) > 1:
                low, high = values.mean(0) - values.std(0, ddof=1), values.mean(0) + values.std(0, ddof=1)
                panel.fill_between(epochs, low, high, color=COLOURS.get(method), alpha=0.15, linewidth=0)
        panel.set_xlabel("epoch", fontsize=8)
    axes[0].set_ylabel("mean entropy on development data (nats)", fontsize=8)
    _legend(figure, axes[0])
    return figure


def _representations(scope: Scope, place: Place, corpus: str) -> Any:
    """Figures 5 and 6: representations of test utterances in their principal plane, with silhouettes."""
    found = []
    for model in (m for m in scope.backbones if m in PRINCIPAL):
        for method in (BASE, CMERC):
            runs = [
                r for r in all_runs(scope, (model,), (method,)) if r.corpus == corpus and is_done(r, place)
            ]
            if runs:
                test = reading_on_test(runs[0], scope, place)
                if test.representation is not None:
                    found.append((model, method, test, test.representation.astype(np.float64)))
    if not found:
        return None
    titles = []
    for model, method, test, vectors in found:
        score = silhouette_score(vectors, test.gold)
        titles.append(f"{model}, {NAMES[method]}: silhouette {score:.3f}")
    figure, axes = _figure(len(found), titles, corpus, width=4.0)
    for panel, (_, _, test, vectors) in zip(axes, found, strict=True):
        plane = principal_plane(vectors)
        for k, name in enumerate(test.classes):
            chosen = test.gold == k
            panel.scatter(*plane[chosen].T, s=4, alpha=0.6, label=name, color=f"C{k}", linewidths=0)
        panel.set_xticks([])
        panel.set_yticks([])
    _legend(figure, axes[0], markerscale=3)
    return figure


def _change(scope: Scope, place: Place, corpus: str) -> Any:
    """Figure 7: how much log-probability the gold class gains by a removal, utterance by utterance."""
    pooled: dict[str, dict[str, list[Any]]] = {}
    for run, test in tested(scope, place, PRINCIPAL, (BASE, CMERC)):
        if run.corpus == corpus:
            pooled.setdefault(run.model, {}).setdefault(run.method, []).append(log_gains(test))
    if not pooled:
        return None
    figure, axes = _figure(len(pooled), list(pooled), corpus)
    bins = np.linspace(*LIMITS, 61)
    for panel, by_method in zip(axes, pooled.values(), strict=True):
        for method, gains in by_method.items():
            values = np.concatenate(gains)
            rising = 100 * float((values > 0).mean())
            label = f"{NAMES[method]}: {rising:.0f}% rise"
            panel.hist(
                np.clip(values, *LIMITS),
                bins,
                density=True,
                histtype="step",
                color=COLOURS[method],
                label=label,
            )
        panel.axvline(0, color="#bbb", linewidth=0.8)
        panel.set_xlabel("change of the gold class's log-probability (nats)", fontsize=8)
        panel.set_yscale("log")
        panel.legend(fontsize=8, frameon=False)
    return figure


def _weights(content: Content, corpus: str) -> Any:
    """Figure 8: weighted F1, CEL and ECE by the weight of the constraint."""
    results = Results(content)
    methods = [m for m in results.methods(corpus, M3NET) if constraint_of(m) is not None]
    chosen = {constraint_of(m) or 0.0: results.by_key.get((corpus, M3NET, m, HEADLINE), []) for m in methods}
    chosen[0.0] = results.by_key.get((corpus, M3NET, ABLATIONS[2], HEADLINE), [])
    configured = content["scope"].get("constraint", {}).get(corpus)
    if configured is not None:
        chosen[configured] = results.by_key.get((corpus, M3NET, CMERC, HEADLINE), [])
    known = {weight: rows for weight, rows in sorted(chosen.items()) if rows}
    if not methods or len(known) < 2:
        return None
    seeds = set.intersection(*({row["seed"] for row in rows} for rows in known.values()))
    columns = {
        "weighted_f1": "weighted F1 (%)",
        "cel_per_utterance_edges": "CEL per utterance, edges (nats)",
        "expected_calibration_error": "ECE (%)",
    }
    figure, axes = _figure(len(columns), list(columns.values()), f"{corpus}, {M3NET}")
    for panel, column in zip(axes, columns, strict=True):
        values = [[r[column] for r in rows if r["seed"] in seeds] for rows in known.values()]
        spread = [np.std(v, ddof=1) if len(v) > 1 else 0.0 for v in values]
        panel.errorbar(
            range(len(known)), [np.mean(v) for v in values], spread, marker="o", color=COLOURS[CMERC]
        )
        panel.set_xticks(range(len(known)), [f"{weight:g}" for weight in known])
        panel.set_xlabel(f"weight of the constraint ({len(seeds)} seeds)", fontsize=8)
    return figure


def _gains(content: Content, corpus: str) -> Any:
    """Figure 9: what CMERC gains by emotion, by shift and by position, over all backbones."""
    rows = [row for row in content["gains"] if row["corpus"] == corpus]
    if not rows:
        return None
    kinds = ("emotion", "shift", "position")
    titles = ("F1 by emotion", "accuracy by shift of emotion", "accuracy by position")
    figure, axes = _figure(len(kinds), titles, corpus)
    for panel, kind in zip(axes, kinds, strict=True):
        mine = [row for row in rows if row["by"] == kind]
        groups = list(dict.fromkeys(row["group"] for row in mine))
        models = [m for m in PRINCIPAL if any(row["model"] == m for row in mine)]
        series: dict[str, list[list[float]]] = {
            "all backbones": [[r["gain"] for r in mine if r["group"] == g] for g in groups]
        }
        for model in models:
            series[model] = [
                [r["gain"] for r in mine if (r["group"], r["model"]) == (g, model)] for g in groups
            ]
        _bars(panel, groups, series)
        panel.axhline(0, color="#bbb", linewidth=0.8)
    axes[0].set_ylabel("CMERC less base (points)", fontsize=8)
    _legend(figure, axes[0])
    return figure


def _cases(content: Content, corpus: str) -> Any:
    """Figure 10: probability of the gold class as a whole and after each removal, in single utterances."""
    cases = [case for case in content["cases"] if (case["corpus"], case["model"]) == (corpus, M3NET)]
    utterances = list(dict.fromkeys((case["kind"], case["utterance"]) for case in cases))
    if not utterances:
        return None
    titles = [f"{kind}\n{utterance}" for kind, utterance in utterances]
    figure, axes = _figure(len(utterances), titles, f"{corpus}, {M3NET}", width=2.6)
    for panel, chosen in zip(axes, utterances, strict=True):
        mine = {c["method"]: c["gold_probability"] for c in cases if (c["kind"], c["utterance"]) == chosen}
        views = list(next(iter(mine.values())))
        _bars(panel, views, {method: [[p[view]] for view in views] for method, p in mine.items()})
        panel.set_ylim(0, 1)
    axes[0].set_ylabel("probability of the gold class", fontsize=8)
    _legend(figure, axes[0])
    return figure
