"""Doing the runs of a plan on several one-thread processes; stopped at any point, it goes on from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from undertone.errors import UndertoneError
from undertone.evidence.features import FeatureCorpus
from undertone.experiments.cmerc.plan import BASE, CMERC, PRINCIPAL, Run, configuration
from undertone.experiments.feature_corpora import load_feature_corpus
from undertone.experiments.pool import Report, run_all
from undertone.training.feature_readings import NO_EXTRAS, Extras
from undertone.training.feature_run_folder import FeatureRunFolder

MISSING_RATES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4)
"""Rates of Table 3."""

SHOWN = Extras(coalitions="strict", missing_rates=MISSING_RATES)


@dataclass(frozen=True)
class Place:
    """Where runs are kept and what they are made with.

    Args:
        work: folder of the runs.
        cache: folder of the features.
        epochs: at most this many, if given.
        device: torch device.
    """

    work: Path
    cache: Path
    epochs: int | None = None
    device: str = "cpu"


def is_done(run: Run, place: Place) -> bool:
    """Whether a run has its readings."""
    folder = FeatureRunFolder(run.folder(place.work))
    return folder.run.exists() and folder.is_finished()


def do(runs: Sequence[Run], place: Place, workers: int, report: Report) -> dict[Run, str]:
    """Do what is not done yet, each run after the one it needs; see `undertone.experiments.pool.run_all`."""
    return run_all(
        runs,
        partial(_train, place=place),
        is_done=partial(is_done, place=place),
        needs=lambda run: () if run.baseline is None else (run.baseline,),
        workers=workers,
        report=report,
    )


def _train(run: Run, place: Place) -> str | None:
    """Train one run in a worker; why it failed, if it did."""
    from undertone.training.feature_loop import train_backbone

    shown = run.model in PRINCIPAL and run.method in (BASE, CMERC)
    try:
        train_backbone(
            configuration(run, place.epochs),
            _corpus(run.corpus, place.cache, run.fold),
            run.seed,
            run.folder(place.work),
            device=place.device,
            baseline=None if run.baseline is None else run.baseline.folder(place.work),
            extras=SHOWN if shown else NO_EXTRAS,
            keep_weights=run.method == BASE,
        )
    except UndertoneError as error:
        return str(error)
    return None


@lru_cache(maxsize=2)
def _corpus(name: str, cache: Path, fold: int | None) -> FeatureCorpus:
    return load_feature_corpus(name, cache, fold=fold, seed=0)
