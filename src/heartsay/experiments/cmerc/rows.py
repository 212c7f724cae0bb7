"""The rows of ``results/cmerc/results.json``: one per corpus, backbone, method, seed and protocol."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

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


def rows(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Measure every cell whose runs are done, under both protocols."""
    finished = [cell for cell in cells(scope) if is_finished(cell, scope, place)]
    return [row(cell, protocol, scope, place) for cell in finished for protocol in PROTOCOLS]


def row(cell: Run, protocol: Protocol, scope: Scope, place: Place) -> dict[str, Any]:
    """The metrics of one cell, under their full names."""
    folders = [RunFolder(source.folder(place.work)) for source in sources(cell, scope)]
    corpus = folders[0].data()
    chosen = [folder.chosen("development" if protocol == HEADLINE else "test") for folder in folders]
    return {
        **cell.columns(),
        "protocol": protocol,
        "fold": cell.fold,
        "composed": bool(corpus["composed"]),
        "text": corpus["facts"].get("text"),
        "epoch": [metrics["epoch"] for metrics in chosen],
        "epochs": folders[0].configuration(FeatureConfiguration).epochs,
        **measure(*calibrated(cell, scope, place, protocol)),
    }


def is_finished(cell: Run, scope: Scope, place: Place) -> bool:
    """Whether all runs that a cell is made from are done."""
    return all(is_done(source, place) for source in sources(cell, scope))


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


@lru_cache(maxsize=16)
def load(run: Run, place: Place, protocol: Protocol = HEADLINE) -> Reading:
    """The reading of a finished run; what was read last is kept, as cells of one seed share runs."""
    of = "" if protocol == HEADLINE else "test-selected"
    return Reading.load(RunFolder(run.folder(place.work)).readings(of))
