"""The rows of ``results/cmerc/results.json``: one per corpus, backbone, method, seed and protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from undertone.experiments.cmerc.measure import Probabilities, ensemble, measure, plain, with_temperature
from undertone.experiments.cmerc.plan import ENSEMBLE, TEMPERED, Run, Scope, cells, members
from undertone.experiments.cmerc.work import Place, is_done
from undertone.training.feature_readings import FeatureReadings
from undertone.training.feature_run_folder import FeatureRunFolder

Protocol = Literal["development-selected", "test-selected"]
PROTOCOLS: tuple[Protocol, ...] = ("development-selected", "test-selected")


def rows(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Measure every cell whose runs are there, under both protocols."""
    return [
        {
            "corpus": run.corpus,
            "model": run.model,
            "method": run.method,
            "protocol": protocol,
            "seed": run.seed,
            "fold": run.fold,
            "composed": bool(
                FeatureRunFolder(sources(run, scope)[0].folder(place.work)).corpus()["composed"]
            ),
            **measure(said),
        }
        for run, protocol, said in cell_probabilities(scope, place)
    ]


def cell_probabilities(scope: Scope, place: Place) -> Iterator[tuple[Run, Protocol, Probabilities]]:
    """What each cell says, under each protocol, where its runs are done."""
    for run in cells(scope):
        if all(is_done(source, place) for source in sources(run, scope)):
            for protocol in PROTOCOLS:
                yield run, protocol, said(run, scope, place, protocol)


def sources(run: Run, scope: Scope) -> list[Run]:
    """The trained runs that a cell is made from."""
    if run.method == ENSEMBLE:
        return members(run, scope.members)
    if run.method in TEMPERED:
        return [replace(run, method=TEMPERED[run.method])]
    return [run]


def said(run: Run, scope: Scope, place: Place, protocol: Protocol) -> Probabilities:
    """What one cell says."""
    readings = [
        FeatureReadings.load(_readings(source.folder(place.work), protocol)) for source in sources(run, scope)
    ]
    if run.method == ENSEMBLE:
        return ensemble(readings)
    return with_temperature(readings[0]) if run.method in TEMPERED else plain(readings[0])


def _readings(folder: Path, protocol: Protocol) -> Path:
    run = FeatureRunFolder(folder)
    return run.readings if protocol == "development-selected" else run.test_selected_readings
