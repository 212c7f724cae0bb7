"""Whether differences are more than luck: paired bootstraps over conversations and runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.evidence.reading import Reading
from heartsay.experiments.cmerc.measure import TIE, probabilities, removed_confidence
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
from heartsay.experiments.cmerc.plan import Scope, methods_for
from heartsay.experiments.cmerc.rows import is_finished, reading_on_test
from heartsay.experiments.comparisons import compare
from heartsay.experiments.feature_corpora import fold_of
from heartsay.experiments.study import Place, Run
from heartsay.training.feature_readings import MODES

OPPONENTS = (BASE, CMERC, TEMPERATURE, "cmerc-temperature", ENSEMBLE, f"{ENSEMBLE}-temperature", *RIVALS)


class ScoredRun(NamedTuple):
    """What one method under one seed scores on the test split.

    Attributes:
        conversation: id of each utterance's conversation, because one has another number in another fold.
        scores: on any draw of conversations, by the names of the rows, in percentage points or nats.
    """

    conversation: NDArray[np.str_]
    scores: dict[str, metrics.ResampledMetric]


def comparisons(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Compare under the development-selected protocol, with the seeds for which both methods are done.

    Percentage points, but CEL per utterance in nats.
    """
    found: list[dict[str, Any]] = []
    for corpus in scope.corpora:
        known = [ScoredModel(scope, place, corpus, model) for model in scope.backbones]
        by_pair: dict[tuple[str, str], list[ScoredModel]] = {}
        for of in known:
            for pair in pairs(scope, corpus, of.model):
                found += compared([of], *pair)
                by_pair.setdefault(pair, []).append(of)
        for pair, several in by_pair.items():
            if len(several) > 1:
                found += compared(several, *pair)
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


class ScoredModel:
    """The methods of one backbone on one corpus, each scored once.

    All comparisons of one backbone draw the same conversations, so what a method scores on a draw is kept: it
    serves every comparison that the method is in, those over all backbones too.
    """

    def __init__(self, scope: Scope, place: Place, corpus: str, model: str) -> None:
        self.scope, self.place, self.corpus, self.model = scope, place, corpus, model
        self._runs: dict[tuple[str, int], ScoredRun | None] = {}

    def run(self, method: str, seed: int) -> ScoredRun | None:
        """What a method scores under a seed; None where its runs are not done."""
        if (method, seed) not in self._runs:
            cell = Run(self.corpus, self.model, method, seed, fold_of(self.corpus, seed))
            finished = is_finished(cell, self.scope, self.place)
            test = reading_on_test(cell, self.scope, self.place) if finished else None
            self._runs[method, seed] = None if test is None else scored(test)
        return self._runs[method, seed]


def scored(test: Reading) -> ScoredRun:
    """The metrics of a test split; none of removals where the method does not say what it makes of them."""
    gold, rows = test.gold, probabilities(test)
    full, top_label = metrics.gold_confidence(rows, gold), metrics.top_label(rows, gold)
    found = {"weighted_f1": _percent(metrics.resampled_weighted_f1(gold, rows.argmax(1), len(test.classes)))}
    for mode in MODES:
        if removed := removed_confidence(test, mode):
            gain = metrics.summed_confidence_gain(full, removed)
            found[f"cel_per_utterance_{mode}"] = metrics.resampled_mean(gain)
            surer = np.any([after > full + TIE for after in removed.values()], axis=0)
            found[f"uncertain_share_{mode}"] = _percent(metrics.resampled_mean(surer.astype(float)))
    found["expected_calibration_error"] = _percent(metrics.resampled_calibration_error(*top_label))
    found["aurc"] = _percent(metrics.resampled_aurc(*top_label))
    ids = np.array(test.conversations, np.str_)[test.conversation]
    return ScoredRun(ids, {name: _remembering(metric) for name, metric in found.items()})


def _percent(share: metrics.ResampledMetric) -> metrics.ResampledMetric:
    return lambda counts: 100 * share(counts)


def _remembering(metric: metrics.ResampledMetric) -> metrics.ResampledMetric:
    """A metric that computes each draw once."""
    known: dict[int, NDArray[np.float64]] = {}

    def remembered(counts: NDArray[np.int64]) -> NDArray[np.float64]:
        # Draws are random, so two draws that begin and end alike are the same.
        key = hash((counts.shape, counts[0].tobytes(), counts[-1].tobytes()))
        if key not in known:
            known[key] = metric(counts)
        return known[key]

    return remembered


def compared(known: Sequence[ScoredModel], first: str, second: str) -> list[dict[str, Any]]:
    """Every metric that both of two methods have, over all runs; nothing where no seed has both.

    Args:
        known: one backbone, or several of one corpus, which are then compared together.
        first: name of a method.
        second: of the one it is compared with.
    """
    every = [(of.run(first, seed), of.run(second, seed), seed) for of in known for seed in of.scope.seeds]
    runs = [(one, two, seed) for one, two, seed in every if one is not None and two is not None]
    if not runs:
        return []
    about = {
        "corpus": known[0].corpus,
        "model": known[0].model if len(known) == 1 else TOGETHER,
        "first": first,
        "second": second,
        "protocol": HEADLINE,
        "seeds": sorted({seed for *_, seed in runs}),
    }
    paired = {
        name: [
            metrics.PairedRun(one.conversation, one.scores[name], two.scores[name]) for one, two, _ in runs
        ]
        for name in runs[0][0].scores
        if name in runs[0][1].scores
    }
    return compare(about, paired)
