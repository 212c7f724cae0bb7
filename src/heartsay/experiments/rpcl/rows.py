"""The rows of ``results/rpcl/results.json``, and the comparisons between methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.atomic import read_arrays
from heartsay.calibration.softmax import sigmoid
from heartsay.evidence.reading import Reading
from heartsay.experiments.comparisons import compare
from heartsay.experiments.rpcl.measure import candidates, decoded, gold_pairs, measure
from heartsay.experiments.rpcl.plan import PROTOCOLS, spoilt_readings
from heartsay.experiments.study import Place, Run, is_done
from heartsay.metrics.pair_ranking import MARGIN, pair_gaps, row_numbers
from heartsay.metrics.ranking import falling
from heartsay.training.run_folder import RunFolder

HeldOut = tuple[Reading, Reading]
"""What a model says of development and of test data."""


def load(run: Run, place: Place) -> HeldOut:
    """What a run says of both held-out splits."""
    folder = RunFolder(run.folder(place.work))
    return Reading.load(folder.readings("dev")), Reading.load(folder.readings("test"))


def rows(runs: Sequence[Run], place: Place) -> list[dict[str, Any]]:
    """Measure every run that is done."""
    measured = []
    for run in runs:
        if is_done(run, place):
            spoilt = read_arrays(spoilt_readings(run, place))["log_odds"]
            about = {**run.columns(), "protocol": PROTOCOLS[run.model]}
            measured.append({**about, **measure(*load(run, place), spoilt)})
    return measured


def comparisons(runs: Sequence[Run], base: str, place: Place) -> list[dict[str, Any]]:
    """Each method against the matched base, over the seeds for which both are done."""
    found: list[dict[str, Any]] = []
    methods = dict.fromkeys((r.model, r.corpus, r.method) for r in runs if r.method != base)
    for model, corpus, method in methods:
        own = [run for run in runs if (run.model, run.corpus, run.method) == (model, corpus, method)]
        pairs = [(run, replace(run, method=base)) for run in own]
        both = [[load(r, place) for r in pair] for pair in pairs if all(is_done(r, place) for r in pair)]
        about = {
            "corpus": corpus,
            "protocol": PROTOCOLS[model],
            "first": method,
            "second": base,
            "seeds": len(both),
        }
        # One entry per conversation.
        paired = {
            metric: [
                metrics.PairedRun(np.arange(len(one[1].conversations)), scorer(*one), scorer(*two))
                for one, two in both
            ]
            for metric, scorer in SCORERS.items()
        }
        found += compare(about, paired)
    return found


Scorer = Callable[[Reading, Reading], metrics.ResampledMetric]


def _pair_f1(development: Reading, test: Reading) -> metrics.ResampledMetric:
    """Pair F1 in percent of conversations drawn again."""
    predicted, _ = decoded(development, test)
    counts = metrics.pair_counts(predicted, gold_pairs(test), range(len(test.conversations)))  # (K, 3)
    return lambda drawn: 100 * metrics.f1_from_counts(drawn @ counts)


def _pair_auprc(development: Reading, test: Reading) -> metrics.ResampledMetric:
    """Average precision in percent over the candidates of conversations drawn again."""
    pairs, _ = candidates(test)
    order, last = falling(pairs.log_odds)
    gold, of = pairs.gold[order], pairs.conversation[order]

    def score(drawn: NDArray[np.int64]) -> NDArray[np.float64]:
        found = []
        for row in drawn:
            weight = row[of]
            hits, shown = np.cumsum(weight * gold)[last], np.cumsum(weight)[last]
            precision = hits / np.maximum(shown, 1)
            found.append(float((precision * np.diff(hits, prepend=0)).sum() / max(1, hits[-1])))
        return 100 * np.array(found)

    return score


def _severity(development: Reading, test: Reading) -> metrics.ResampledMetric:
    """Mean shortfall of gold pairs from the margin, of conversations drawn again."""
    pairs, _ = candidates(test)
    rows_of = row_numbers(pairs.conversation, pairs.emotion)
    gaps = pair_gaps(sigmoid(pairs.log_odds), pairs.gold, rows_of)
    short = np.maximum(0.0, MARGIN - gaps.gap)
    of = pairs.conversation[gaps.candidate]
    size = len(test.conversations)
    summed, counted = np.bincount(of, short, size), np.bincount(of, minlength=size)
    return lambda drawn: np.asarray((drawn @ summed) / np.maximum(drawn @ counted, 1))


SCORERS: dict[str, Scorer] = {
    "pair_f1": _pair_f1,
    "pair_auprc": _pair_auprc,
    "violation_severity": _severity,
}
"""What is compared, by the names of the rows."""
