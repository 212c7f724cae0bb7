"""Whether differences are more than luck: paired bootstraps over conversations and runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.evidence.reading import Reading
from heartsay.experiments.cmerc.measure import probabilities, removed_confidence
from heartsay.experiments.cmerc.methods import (
    BASE,
    CMERC,
    ENSEMBLE,
    HEADLINE,
    ONLY_CONSTRAINT,
    OURS,
    RIVALS,
    TEMPERATURE,
    TOGETHER,
)
from heartsay.experiments.cmerc.plan import Scope, methods_for, sources
from heartsay.experiments.cmerc.rows import reading_on_test
from heartsay.experiments.comparisons import compare
from heartsay.experiments.feature_corpora import fold_of
from heartsay.experiments.study import Place, Run, is_done
from heartsay.training.feature_readings import removals_only

OPPONENTS = (
    BASE,
    CMERC,
    TEMPERATURE,
    "cmerc-temperature",
    ENSEMBLE,
    f"{ENSEMBLE}-temperature",
    *RIVALS,
)

Scorer = Callable[[Reading], metrics.ResampledMetric | None]


def comparisons(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Compare under the development-selected protocol, with the seeds for which both methods are done.

    Percentage points, but CEL per utterance in nats.
    """
    found: list[dict[str, Any]] = []
    for corpus in scope.corpora:
        scored: dict[str, _Scored] = {}
        asked: dict[tuple[str, str], list[str]] = {}
        for model in scope.backbones:
            scored[model] = _Scored(scope, place, corpus, model)
            for pair in pairs(scope, corpus, model):
                found += compared([scored[model]], *pair)
                asked.setdefault(pair, []).append(model)
            scored[model].forget_readings()
        for pair, models in asked.items():
            if len(models) > 1:
                found += compared([scored[model] for model in models], *pair)
    return found


def pairs(scope: Scope, corpus: str, model: str) -> Iterator[tuple[str, str]]:
    """The two methods of each comparison: CMERC and its constraint against base, then ours against all."""
    known = methods_for(scope, corpus, model)
    for method in (CMERC, ONLY_CONSTRAINT):
        if {method, BASE} <= set(known):
            yield method, BASE
    for ours in (name for name in OURS if name in known):
        for other in (name for name in OPPONENTS if name in known):
            yield ours, other


class _Scored:
    """The methods of one backbone on one corpus, each looked at once.

    All comparisons of one backbone draw the same conversations, so what a method scores on a draw is kept: it
    serves every comparison that the method is in, those over all backbones too.
    """

    def __init__(self, scope: Scope, place: Place, corpus: str, model: str) -> None:
        self.scope, self.place, self.corpus, self.model = scope, place, corpus, model
        self._tests: dict[tuple[str, int], Reading] = {}
        self._metrics: dict[tuple[str, int, str], metrics.ResampledMetric | None] = {}
        self._conversations: dict[tuple[str, int], NDArray[np.str_]] = {}

    def has(self, method: str, seed: int) -> bool:
        """Whether a method's run is done."""
        cell = self._cell(method, seed)
        return all(is_done(source, self.place) for source in sources(cell, self.scope))

    def test(self, method: str, seed: int) -> Reading:
        """What a method whose run is done says of its test split."""
        if (method, seed) not in self._tests:
            cell = self._cell(method, seed)
            # Many readings are only for figures; nothing here asks for them.
            self._tests[method, seed] = removals_only(reading_on_test(cell, self.scope, self.place))
        return self._tests[method, seed]

    def metric(self, method: str, seed: int, name: str) -> metrics.ResampledMetric | None:
        """A metric of a method whose run is done, on any draw; None where the method does not have it."""
        key = (method, seed, name)
        if key not in self._metrics:
            scored = SCORERS[name](self.test(method, seed))
            self._metrics[key] = None if scored is None else _remembering(scored)
        return self._metrics[key]

    def conversation(self, method: str, seed: int) -> NDArray[np.str_]:
        """Ids of the test utterances' conversations, because one has another number in another fold."""
        if (method, seed) not in self._conversations:
            test = self.test(method, seed)
            ids = np.array(test.conversations, np.str_)[test.conversation]
            self._conversations[method, seed] = ids
        return self._conversations[method, seed]

    def forget_readings(self) -> None:
        """Keep what was scored, not what it was scored from, which fills the memory."""
        self._tests.clear()

    def _cell(self, method: str, seed: int) -> Run:
        return Run(self.corpus, self.model, method, seed, fold_of(self.corpus, seed))


def _remembering(metric: metrics.ResampledMetric) -> metrics.ResampledMetric:
    known: dict[int, NDArray[np.float64]] = {}

    def scored(counts: NDArray[np.int64]) -> NDArray[np.float64]:
        # Draws are random, so two draws that begin and end alike are the same.
        key = hash((counts.shape, counts[0].tobytes(), counts[-1].tobytes()))
        if key not in known:
            known[key] = metric(counts)
        return known[key]

    return scored


def compared(known: Sequence[_Scored], first: str, second: str) -> list[dict[str, Any]]:
    """Every metric that both of two methods have, over all runs; nothing where no seed has both.

    Args:
        known: one backbone, or several of one corpus, which are then compared together.
        first: name of a method.
        second: of the one it is compared with.
    """
    runs = [
        (of, seed) for of in known for seed in of.scope.seeds if of.has(first, seed) and of.has(second, seed)
    ]
    if not runs:
        return []
    about = {
        "corpus": known[0].corpus,
        "model": known[0].model if len(known) == 1 else TOGETHER,
        "first": first,
        "second": second,
        "protocol": HEADLINE,
        "seeds": sorted({seed for _, seed in runs}),
    }
    paired: dict[str, list[metrics.PairedRun]] = {name: [] for name in SCORERS}
    for name, (of, seed) in product(SCORERS, runs):
        one, two = of.metric(first, seed, name), of.metric(second, seed, name)
        if one is not None and two is not None:
            paired[name].append(metrics.PairedRun(of.conversation(first, seed), one, two))
    return compare(about, paired)


def _weighted_f1(test: Reading) -> metrics.ResampledMetric:
    plain = metrics.resampled_weighted_f1(test.gold, probabilities(test).argmax(1), len(test.classes))
    return lambda counts: 100 * plain(counts)


def _calibration_error(test: Reading) -> metrics.ResampledMetric:
    plain = metrics.resampled_calibration_error(*metrics.top_label(probabilities(test), test.gold))
    return lambda counts: 100 * plain(counts)


def _aurc(test: Reading) -> metrics.ResampledMetric:
    plain = metrics.resampled_aurc(*metrics.top_label(probabilities(test), test.gold))
    return lambda counts: 100 * plain(counts)


def _cel(mode: str) -> Scorer:
    def scorer(test: Reading) -> metrics.ResampledMetric | None:
        removed = removed_confidence(test, mode)
        if not removed:
            return None
        full = metrics.gold_confidence(probabilities(test), test.gold)
        return metrics.resampled_mean(metrics.summed_confidence_gain(full, removed))

    return scorer


SCORERS: dict[str, Scorer] = {
    "weighted_f1": _weighted_f1,
    "cel_per_utterance_edges": _cel("edges"),
    "cel_per_utterance_strict": _cel("strict"),
    "expected_calibration_error": _calibration_error,
    "aurc": _aurc,
}
"""What is compared, by the names of the rows."""
