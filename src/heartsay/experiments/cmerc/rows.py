"""The rows of ``results/cmerc/results.json``: one per corpus, backbone, method, seed and protocol."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from heartsay.evidence.reading import Reading
from heartsay.experiments.cmerc.measure import (
    Calibration,
    ensemble,
    measure,
    with_removal_mixture,
    with_temperature,
)
from heartsay.experiments.cmerc.methods import DERIVED, HEADLINE, PROTOCOLS, Derived, Protocol
from heartsay.experiments.cmerc.plan import Scope, cells, sources
from heartsay.experiments.study import Place, Run, is_done
from heartsay.training.feature_configuration import FeatureConfiguration
from heartsay.training.run_folder import RunFolder


class Cell(NamedTuple):
    """What one method under one seed says.

    Attributes:
        run: which.
        protocol: how the epoch was chosen.
        reading: of development and test data.
        calibration: what was fitted for it.
    """

    run: Run
    protocol: Protocol
    reading: Reading
    calibration: Calibration


def rows(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Measure every cell whose runs are there, under both protocols."""
    return [row(cell, scope, place) for cell in finished_cells(scope, place)]


def row(cell: Cell, scope: Scope, place: Place) -> dict[str, Any]:
    """The metrics of one cell, under their full names."""
    run = cell.run
    folders = [RunFolder(source.folder(place.work)) for source in sources(run, scope)]
    corpus = folders[0].data()
    chosen = [folder.chosen("development" if cell.protocol == HEADLINE else "test") for folder in folders]
    return {
        **run.columns(),
        "protocol": cell.protocol,
        "fold": run.fold,
        "composed": bool(corpus["composed"]),
        "text": corpus["facts"].get("text"),
        "epoch": [metrics["epoch"] for metrics in chosen],
        "epochs": folders[0].configuration(FeatureConfiguration).epochs,
        **measure(cell.reading, cell.calibration),
    }


def finished_cells(scope: Scope, place: Place, protocols: tuple[Protocol, ...] = PROTOCOLS) -> Iterator[Cell]:
    """What each cell says, under each protocol, where its runs are done."""
    for run in cells(scope):
        if all(is_done(source, place) for source in sources(run, scope)):
            for protocol in protocols:
                yield Cell(run, protocol, *calibrated(run, scope, place, protocol))


def calibrated(
    run: Run, scope: Scope, place: Place, protocol: Protocol = HEADLINE
) -> tuple[Reading, Calibration]:
    """What one cell says, and what was fitted for it."""
    readings = [load(source, place, protocol) for source in sources(run, scope)]
    derived = DERIVED.get(run.method, Derived(run.method))
    if derived.calibrator == "removal-mixture":
        return with_removal_mixture(readings[0])
    reading = ensemble(readings) if derived.is_ensemble else readings[0]
    return with_temperature(reading) if derived.calibrator == "temperature" else (reading, None)


def reading_on_test(run: Run, scope: Scope, place: Place) -> Reading:
    """What one cell says of its test split, its epoch chosen on development data."""
    return calibrated(run, scope, place)[0].of("test")


def load(run: Run, place: Place, protocol: Protocol = HEADLINE) -> Reading:
    """The reading of a finished run."""
    return _load(run.folder(place.work), protocol)


@lru_cache(maxsize=16)
def _load(folder: Path, protocol: Protocol) -> Reading:
    """Cells of one seed are made from the same few runs, so what was read last is kept."""
    of = "" if protocol == HEADLINE else "test-selected"
    return Reading.load(RunFolder(folder).readings(of))
