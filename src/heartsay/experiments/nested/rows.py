"""Rows of the outer test: raw, with a temperature, with the mixture, and as ensembles; comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from heartsay import metrics
from heartsay.evidence.reading import Reading
from heartsay.experiments.cmerc.comparisons import ScoredRun, scored
from heartsay.experiments.cmerc.measure import (
    Calibration,
    ensemble,
    measure,
    with_removal_mixture,
    with_temperature,
)
from heartsay.experiments.cmerc.methods import TOGETHER
from heartsay.experiments.comparisons import compare
from heartsay.experiments.configurations import BASE
from heartsay.experiments.nested.outer import readings
from heartsay.experiments.nested.plan import ARMS, PRIMARY, VOICES, NestedRun, Scope, final_runs

RAW, TEMPERATURE, MIXTURE = "none", "temperature", "removal-mixture"
CALIBRATIONS = (RAW, TEMPERATURE, MIXTURE)
"""What is fitted on the inner dialogues by which the epoch was chosen, if anything."""

BY_LABEL = ("weighted_f1",)
"""Metrics of labels alone."""

ENSEMBLE = "ensemble"
"""The mean over encoders and seeds of one outer fold, in the place of a seed."""


def rows(scope: Scope, work: Path) -> list[dict[str, Any]]:
    """Measure every reading of the outer test, and the ensembles of those of a fold."""
    found = []
    for run in final_runs(scope):
        for name in CALIBRATIONS:
            found.append(
                {**run.columns(), "calibration": name, **measure(*calibrated(load(run, work), name))}
            )
    for group in ensembles(scope):
        together = ensemble([load(run, work) for run in group])
        about = {**group[0].columns(), "seed": ENSEMBLE, "encoder": len({run.encoder for run in group})}
        for name in (RAW, TEMPERATURE):
            found.append({**about, "calibration": name, **measure(*calibrated(together, name))})
    return found


def ensembles(scope: Scope) -> list[list[NestedRun]]:
    """The runs of each corpus, backbone, arm and outer fold."""
    groups: dict[tuple[str, str, str, int | None], list[NestedRun]] = {}
    for run in final_runs(scope):
        groups.setdefault((run.corpus, run.model, run.method, run.fold), []).append(run)
    return [group for group in groups.values() if len(group) > 1]


def calibrated(reading: Reading, name: str) -> tuple[Reading, Calibration]:
    """A reading as it is, or with what is fitted on its development dialogues."""
    if name == TEMPERATURE:
        return with_temperature(reading)
    return with_removal_mixture(reading) if name == MIXTURE else (reading, None)


@lru_cache(maxsize=64)
def load(run: NestedRun, work: Path) -> Reading:
    """What a run says of the outer test."""
    return Reading.load(readings(run, work))


def comparisons(scope: Scope, work: Path) -> list[dict[str, Any]]:
    """Every arm against base, with and without a temperature on both, by backbone and over all of them.

    The one that was named beforehand has the role `primary`; all others are corrected as `other`.
    """
    found: list[dict[str, Any]] = []
    for corpus in scope.corpora:
        for name in (RAW, TEMPERATURE):
            known = {
                run: scored(calibrated(load(run, work), name)[0].of("test"))
                for run in final_runs(scope)
                if run.corpus == corpus
            }
            for model in (*scope.backbones[corpus], TOGETHER):
                for arm in (arm for arm in scope.arms if arm != BASE):
                    found += _compared(known, corpus, model, arm, name)
    return found


def _compared(
    known: Mapping[NestedRun, ScoredRun], corpus: str, model: str, arm: str, calibration: str
) -> list[dict[str, Any]]:
    pairs = [
        (one, known[replace(run, method=BASE)])
        for run, one in known.items()
        if run.method == arm and model in (run.model, TOGETHER)
    ]
    about = {"corpus": corpus, "model": model, "first": arm, "second": BASE, "calibration": calibration}
    paired = {
        name: [metrics.PairedRun(one.conversation, one.scores[name], two.scores[name]) for one, two in pairs]
        for name in pairs[0][0].scores
    }
    # A temperature changes no label: by these metrics the comparison stands under the raw readings already,
    # and the correction for the number of comparisons would count it twice.
    if calibration == TEMPERATURE:
        paired = {name: runs for name, runs in paired.items() if name not in BY_LABEL}
    compared = compare(about, paired)
    return [{"role": "primary" if _is_primary(row) else "other", **row} for row in compared]


def _is_primary(row: Mapping[str, Any]) -> bool:
    first, second, metric = PRIMARY
    named = (VOICES, TOGETHER, first, second, metric, RAW)
    return (*(row[c] for c in ("corpus", "model", "first", "second", "metric", "calibration")),) == named


def trial_rows(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Inner scores of every trial as the journal has them, each less that of base's same trial."""
    by_arm = {(e["corpus"], e["model"], e["arm"], e["fold"]): e["inner"] for e in entries}
    found = []
    for (corpus, model, arm, fold), scores in by_arm.items():
        base = by_arm.get((corpus, model, BASE, fold))
        for k, score in enumerate(scores):
            settings = ARMS[arm][k % len(ARMS[arm])]
            less = None if base is None else round(score - base[k], 2)
            about = {"corpus": corpus, "model": model, "arm": arm, "fold": fold, "trial": k}
            found.append({**about, **settings, "inner_weighted_f1": score, "less_base": less})
    return found
