"""Whether differences are more than luck: paired bootstraps over conversations and runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
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
from undertone.training.feature_readings import MODES

OPPONENTS = (BASE, CMERC, TEMPERATURE, "cmerc-temperature", ENSEMBLE, *RIVALS)

DRAWS = 1000

Scorer = Callable[[Probabilities], metrics.ResampledMetric]


def comparisons(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Compare under the development-selected protocol, with the seeds for which both methods are there.

    Each comparison is made twice: with runs drawn anew too, which asks whether the difference would hold for
    newly trained models, and without, which asks about these trained models alone. Percentage points, but CEL
    per utterance in nats.
    """
    found: list[dict[str, Any]] = []
    for corpus in scope.corpora:
        for model in scope.backbones:
            asked = list(pairs(scope, corpus, model))
            known = _Scored(scope, place, corpus, model)
            found += [row for first, second in asked for row in compare(known, first, second)]
    return found


def pairs(scope: Scope, corpus: str, model: str) -> Iterator[tuple[str, str]]:
    """The two methods of each comparison: CMERC against base, then ours against all others."""
    known = methods_for(scope, corpus, model)
    if {CMERC, BASE} <= set(known):
        yield CMERC, BASE
    for ours in (name for name in OURS if name in known):
        for other in (name for name in OPPONENTS if name in known):
            yield ours, other


class _Scored:
    """The methods of one backbone on one corpus, each looked at once.

    All comparisons of one backbone draw the same conversations, so what a method scores on a draw is kept: it
    serves every comparison that the method is in.
    """

    def __init__(self, scope: Scope, place: Place, corpus: str, model: str) -> None:
        self.scope, self.place, self.corpus, self.model = scope, place, corpus, model
        self._tests: dict[tuple[str, int], Probabilities | None] = {}
        self._metrics: dict[tuple[str, int, str], metrics.ResampledMetric] = {}

    def test(self, method: str, seed: int) -> Probabilities | None:
        """What a method says of its test split; None where a run is not done."""
        if (method, seed) not in self._tests:
            cell = Run(self.corpus, self.model, method, seed, fold_of(self.corpus, seed))
            done = all(is_done(source, self.place) for source in sources(cell, self.scope))
            self._tests[method, seed] = self._read(cell) if done else None
        return self._tests[method, seed]

    def metric(self, method: str, seed: int, name: str) -> metrics.ResampledMetric:
        """A metric of a method whose run is done, on any draw."""
        key = (method, seed, name)
        if key not in self._metrics:
            test = self.test(method, seed)
            assert test is not None
            self._metrics[key] = _remembering(SCORERS[name](test))
        return self._metrics[key]

    def _read(self, cell: Run) -> Probabilities:
        test = said(cell, self.scope, self.place, HEADLINE).of("test")
        # Many readings are only for figures; nothing here asks for them.
        removals = {name: values for name, values in test.by_view.items() if name.startswith(MODES)}
        return replace(test, readings=test.readings.removals_only(), by_view=removals)


def _remembering(metric: metrics.ResampledMetric) -> metrics.ResampledMetric:
    known: dict[int, NDArray[np.float64]] = {}

    def scored(counts: NDArray[np.int64]) -> NDArray[np.float64]:
        # Draws are random, so two draws that begin and end alike are the same.
        key = hash((counts.shape, counts[0].tobytes(), counts[-1].tobytes()))
        if key not in known:
            known[key] = metric(counts)
        return known[key]

    return scored


def compare(known: _Scored, first: str, second: str) -> list[dict[str, Any]]:
    """Every metric of one pair of methods; nothing where no seed has both."""
    tests = {seed: (known.test(first, seed), known.test(second, seed)) for seed in known.scope.seeds}
    seeds = [seed for seed, pair in tests.items() if None not in pair]
    if not seeds:
        return []
    about = {
        "corpus": known.corpus,
        "model": known.model,
        "first": first,
        "second": second,
        "protocol": HEADLINE,
        "seeds": seeds,
    }
    conversations = {seed: _conversation(test) for seed in seeds if (test := tests[seed][0]) is not None}
    found = []
    for name in SCORERS:
        paired = [
            metrics.PairedRun(
                conversations[seed], known.metric(first, seed, name), known.metric(second, seed, name)
            )
            for seed in seeds
        ]
        for drawn in (True, False):
            difference = metrics.paired_bootstrap_over_runs(paired, resample_runs=drawn, draws=DRAWS)
            found.append({**about, "metric": name, "resample_runs": drawn, **difference._asdict()})
    return found


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
