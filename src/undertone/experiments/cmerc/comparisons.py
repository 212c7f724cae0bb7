"""Whether differences are more than luck: paired bootstraps over conversations and runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from undertone import metrics
from undertone.experiments.cmerc.measure import Probabilities, removed_confidence
from undertone.experiments.cmerc.methods import (
    BASE,
    CMERC,
    ENSEMBLE,
    HEADLINE,
    OURS,
    RIVALS,
    TEMPERATURE,
)
from undertone.experiments.cmerc.plan import Run, Scope, fold_of, methods_for, sources
from undertone.experiments.cmerc.rows import said
from undertone.experiments.cmerc.work import Place, is_done

OPPONENTS = (BASE, CMERC, TEMPERATURE, "cmerc-temperature", ENSEMBLE, *RIVALS)

DRAWS = 1000

Scorer = Callable[[Probabilities], metrics.ResampledMetric]


def comparisons(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Compare under the development-selected protocol, with the seeds for which both methods are there.

    Each comparison is made twice: with runs drawn anew too, which asks whether the difference would hold for
    newly trained models, and without, which asks about these trained models alone. Percentage points, but CEL
    per utterance in nats.
    """
    return [
        row
        for corpus, model, first, second in pairs(scope)
        for row in compare(scope, place, corpus, model, first, second)
    ]


def pairs(scope: Scope) -> Iterator[tuple[str, str, str, str]]:
    """Corpus, backbone and the two methods: CMERC against base, then ours against all others."""
    for corpus in scope.corpora:
        for model in scope.backbones:
            known = methods_for(scope, corpus, model)
            if {CMERC, BASE} <= set(known):
                yield corpus, model, CMERC, BASE
            for ours in (name for name in OURS if name in known):
                for other in (name for name in OPPONENTS if name in known):
                    yield corpus, model, ours, other


def compare(
    scope: Scope, place: Place, corpus: str, model: str, first: str, second: str
) -> list[dict[str, Any]]:
    """Every metric of one pair of methods; nothing where no seed has both."""
    cells = [
        tuple(Run(corpus, model, method, seed, fold_of(corpus, seed)) for method in (first, second))
        for seed in scope.seeds
    ]
    there = [pair for pair in cells if all(is_done(s, place) for cell in pair for s in sources(cell, scope))]
    if not there:
        return []
    tests = [tuple(said(cell, scope, place, HEADLINE).of("test") for cell in pair) for pair in there]
    about = {
        "corpus": corpus,
        "model": model,
        "first": first,
        "second": second,
        "protocol": HEADLINE,
        "seeds": [pair[0].seed for pair in there],
    }
    return [
        {**about, "metric": metric, "resample_runs": drawn, **_difference(tests, scorer, drawn)}
        for metric, scorer in SCORERS.items()
        for drawn in (True, False)
    ]


def _difference(
    tests: Sequence[tuple[Probabilities, ...]], scorer: Scorer, resample_runs: bool
) -> dict[str, float]:
    paired = [
        metrics.PairedRun(_conversation(first), scorer(first), scorer(second)) for first, second in tests
    ]
    found = metrics.paired_bootstrap_over_runs(paired, resample_runs=resample_runs, draws=DRAWS)
    return {**found._asdict()}


def _conversation(test: Probabilities) -> NDArray[np.str_]:
    """Ids, because the same conversation has another number in another fold."""
    readings = test.readings
    return np.array(readings.conversations, np.str_)[readings.conversation]


def _weighted_f1(test: Probabilities) -> metrics.ResampledMetric:
    readings = test.readings
    plain = metrics.resampled_weighted_f1(readings.gold, test.full.argmax(1), len(readings.classes))
    return lambda counts: 100 * plain(counts)


def _calibration_error(test: Probabilities) -> metrics.ResampledMetric:
    plain = metrics.resampled_calibration_error(*metrics.top_label(test.full, test.readings.gold))
    return lambda counts: 100 * plain(counts)


def _aurc(test: Probabilities) -> metrics.ResampledMetric:
    plain = metrics.resampled_aurc(*metrics.top_label(test.full, test.readings.gold))
    return lambda counts: 100 * plain(counts)


def _cel(mode: str) -> Scorer:
    def scorer(test: Probabilities) -> metrics.ResampledMetric:
        full = metrics.gold_confidence(test.full, test.readings.gold)
        gains = metrics.summed_confidence_gain(full, removed_confidence(test, mode))
        return metrics.resampled_mean(gains)

    return scorer


SCORERS: dict[str, Scorer] = {
    "weighted_f1": _weighted_f1,
    "cel_per_utterance_edges": _cel("edges"),
    "cel_per_utterance_strict": _cel("strict"),
    "expected_calibration_error": _calibration_error,
    "aurc": _aurc,
}
"""What is compared, by the names of the rows."""
