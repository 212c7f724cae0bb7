"""The numbers behind the figures and Table 3, from readings; the drawing is in `plots`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.evidence.views import FULL
from heartsay.experiments.cmerc.measure import TIE, column, probabilities, removed_confidence
from heartsay.experiments.cmerc.methods import BASE, CMERC, WITHOUT_CURRICULUM
from heartsay.experiments.cmerc.plan import PRINCIPAL, Scope
from heartsay.experiments.cmerc.rows import reading_on_test
from heartsay.experiments.cmerc.work import SHOWN_METHODS
from heartsay.experiments.feature_corpora import fold_of
from heartsay.experiments.study import Place, Run, is_done
from heartsay.metrics.contribution import coalitions, contribution_shares, shapley_values
from heartsay.training.feature_readings import MODES
from heartsay.training.run_folder import RunFolder

Floats = NDArray[np.float64]

POSITIONS = (0, 1, 3, 6, 10)
"""Where the bins of positions within a conversation begin."""

CASES = 3
"""Utterances shown for each direction."""


def runs_of(scope: Scope, models: tuple[str, ...], methods: tuple[str, ...]) -> list[Run]:
    """Runs of the scope's own seeds."""
    return [
        Run(corpus, model, method, seed, fold_of(corpus, seed))
        for corpus in scope.corpora
        for model in scope.backbones
        if model in models
        for method in methods
        for seed in scope.seeds
    ]


def readings_of(
    scope: Scope, place: Place, models: tuple[str, ...], methods: tuple[str, ...]
) -> Iterator[tuple[Run, Reading]]:
    """What finished runs say of their test splits."""
    for run in runs_of(scope, models, methods):
        if is_done(run, place):
            yield run, reading_on_test(run, scope, place)


def missing_rates(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Weighted F1 in percent by the rate at which cells are missing: one row per run and rate (Table 3)."""
    found = []
    for run, test in readings_of(scope, place, PRINCIPAL, SHOWN_METHODS):
        draws: dict[float, list[Floats]] = {0.0: [probabilities(test)]}
        for name in test.logits:
            if name.startswith("missing/"):
                draws.setdefault(float(name.split("/")[1]), []).append(probabilities(test, name))
        if len(draws) == 1:
            continue
        classes = len(test.classes)
        for rate, views in sorted(draws.items()):
            scores = [metrics.weighted_f1(test.gold, read.argmax(1), classes) for read in views]
            mean = 100 * float(np.mean(scores))
            found.append({**run.columns(), "rate": rate, "weighted_f1": mean, "draws": len(scores)})
    return found


def contributions(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Share in percent of each modality and context in what moves the predicted class: a row per run.

    Exact Shapley values of the probability of the class that the model predicts from everything, in absolute
    value, shares averaged over utterances (MM-SHAP, Parcalabescu and Frank 2023).
    """
    found = []
    for run, test in readings_of(scope, place, PRINCIPAL, SHOWN_METHODS):
        players = (*test.modalities, *metrics.confidence_change.CONTEXTS)
        values = coalition_values(test, players)
        if values is None:
            continue
        shares = np.nanmean(contribution_shares(shapley_values(players, values)), axis=1)
        found.append({**run.columns(), "shares": dict(zip(players, (100 * shares).tolist(), strict=True))})
    return found


def coalition_values(test: Reading, players: tuple[str, ...]) -> dict[frozenset[str], Floats] | None:
    """Probability of the predicted class by what is left of the evidence; None where that was not read."""
    predicted = probabilities(test).argmax(1)
    rows = np.arange(len(predicted))
    values = {}
    for coalition in coalitions(players):
        name = "coalition/" + "".join(str(int(player in coalition)) for player in players)
        if name not in test.logits:
            return None
        values[coalition] = probabilities(test, name)[rows, predicted]
    return values


def entropies(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Mean entropy of development predictions after each epoch, in nats: a row per run."""
    found = []
    for run in runs_of(scope, PRINCIPAL, (BASE, CMERC, WITHOUT_CURRICULUM)):
        if is_done(run, place):
            history = RunFolder(run.folder(place.work)).history()
            curve = [row.get("development_mean_entropy") for row in history]
            if None not in curve:
                found.append({**run.columns(), "development_mean_entropy": curve})
    return found


def cmerc_and_base(
    scope: Scope, place: Place, models: tuple[str, ...]
) -> Iterator[tuple[Run, Reading, Reading]]:
    """Each run of CMERC, what it says of its test split, and what base says of it under the same seed."""
    for run, test in readings_of(scope, place, models, (CMERC,)):
        base = replace(run, method=BASE)
        if is_done(base, place):
            yield run, test, reading_on_test(base, scope, place)


def gains(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """What CMERC gains over base, in points, by emotion (F1), by shift and by position (accuracy).

    A row per backbone, run and group; a group without utterances has none.
    """
    return [
        {"corpus": run.corpus, "model": run.model, "seed": run.seed, **row}
        for run, *tests in cmerc_and_base(scope, place, scope.backbones)
        for row in _gains(*tests)
    ]


def _gains(one: Reading, two: Reading) -> Iterator[dict[str, Any]]:
    gold, classes = one.gold, one.classes
    guesses = [probabilities(reading).argmax(1) for reading in (one, two)]
    f1 = [metrics.per_class_f1(gold, guess, len(classes)) for guess in guesses]
    for k, name in enumerate(classes):
        count = int((gold == k).sum())
        if count:
            yield {"by": "emotion", "group": name, "gain": 100 * float(f1[0][k] - f1[1][k]), "count": count}
    hits = [(guess == gold).astype(float) for guess in guesses]
    by_position = [f"from {start}" for start in POSITIONS]
    for by, number, names in (
        ("shift", shifts(one), ["first", "same", "shift"]),
        ("position", np.searchsorted(POSITIONS, one.position, side="right") - 1, by_position),
    ):
        for k, name in enumerate(names):
            chosen = number == k
            if chosen.any():
                gain = 100 * float((hits[0] - hits[1])[chosen].mean())
                yield {"by": by, "group": name, "gain": gain, "count": int(chosen.sum())}


def shifts(reading: Reading) -> NDArray[np.int64]:
    """0 for a speaker's first labelled utterance, 1 where the last one had the same emotion, else 2: (N,)."""
    last: dict[tuple[int, int], int] = {}
    found = np.empty(len(reading), np.int64)
    order = np.lexsort((reading.position, reading.conversation))
    for row in order.tolist():
        who = (int(reading.conversation[row]), int(reading.speaker[row]))
        before, now = last.get(who, UNLABELLED), int(reading.gold[row])
        found[row] = 0 if before == UNLABELLED else 1 + (before != now)
        last[who] = now
    return found


def cases(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Utterances whose gold class base gains most by removals where CMERC does not, and the other way round.

    Ids and probabilities of the gold class only; first seed, edges.
    """
    found = []
    for run, cmerc, base in cmerc_and_base(replace(scope, seeds=scope.seeds[:1]), place, PRINCIPAL):
        tests = {BASE: base, CMERC: cmerc}
        gain = {method: _summed_gain(test) for method, test in tests.items()}
        order = np.argsort(gain[BASE] - gain[CMERC], kind="stable")
        for kind, chosen in (("CMERC repairs", order[::-1][:CASES]), ("CMERC spoils", order[:CASES])):
            for row in chosen.tolist():
                for method, test in tests.items():
                    found.append({**run.columns(), "kind": kind, "method": method, **_case(test, row)})
    return found


def _case(test: Reading, row: int) -> dict[str, Any]:
    gold, full = int(test.gold[row]), probabilities(test)[row]
    removed = {column(view): float(p[row]) for view, p in removed_confidence(test, MODES[0]).items()}
    return {
        "utterance": str(test.utterance[row]),
        "gold": test.classes[gold],
        "predicted": test.classes[int(full.argmax())],
        "gold_probability": {FULL.name: float(full[gold])} | removed,
    }


def _summed_gain(test: Reading) -> Floats:
    full = metrics.gold_confidence(probabilities(test), test.gold)
    return metrics.summed_confidence_gain(full, removed_confidence(test, MODES[0]), "probability")


def is_uncertain(test: Reading) -> NDArray[np.bool_]:
    """Of which utterances some removal makes a reading surer of the gold class, edges, (N,)."""
    full = metrics.gold_confidence(probabilities(test), test.gold)
    removed = np.stack(list(removed_confidence(test, MODES[0]).values()))
    return np.asarray((removed > full + TIE).any(axis=0))


def log_gains(test: Reading) -> Floats:
    """Change of the gold class's log-probability by each removal, unclipped, all in a row."""
    full = np.log(np.maximum(metrics.gold_confidence(probabilities(test), test.gold), 1e-12))
    removed = removed_confidence(test, MODES[0]).values()
    return np.concatenate([np.log(np.maximum(p, 1e-12)) - full for p in removed])


def principal_plane(vectors: Floats) -> Floats:
    """The first two principal components of (N, D) vectors, (N, 2)."""
    centred = vectors - vectors.mean(0)
    # Of many rows the (D, D) scatter is smaller, of few the rows are.
    rows, width = centred.shape
    _, _, directions = np.linalg.svd(centred if rows < width else centred.T @ centred, full_matrices=False)
    return np.asarray(centred @ directions[:2].T)
