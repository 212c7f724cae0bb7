"""What one run of the CMERC study does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from heartsay.evidence.corpus import EvidenceCorpus, fingerprint
from heartsay.experiments.cmerc.methods import BASE, CMERC, OUR_METHOD
from heartsay.experiments.cmerc.plan import (
    M3NET,
    MEMBER_SEED,
    PRINCIPAL,
    PUBLISHED,
    baseline,
    configuration,
)
from heartsay.experiments.feature_corpora import load_feature_corpus
from heartsay.experiments.study import Place, Run
from heartsay.progress import Report
from heartsay.training.feature_configuration import FeatureConfiguration
from heartsay.training.feature_readings import NO_EXTRAS, Extras
from heartsay.training.run_folder import RunFolder

MISSING_RATES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4)
"""Rates of Table 3."""

SHOWN = Extras(coalitions="edges", missing_rates=MISSING_RATES)
"""What Table 3 and Figure 3 need; contributions are read with edges taken away, as published code does."""

SHOWN_METHODS = (BASE, CMERC, OUR_METHOD)
"""Methods that the figures compare."""


def prepare(runs: Sequence[Run], place: Place, report: Report) -> None:
    """Make the features that the runs need, or see that they are there."""
    for corpus, fold in {corpus_name(run, place): run.fold for run in runs}.items():
        report({"message": f"{corpus}: making the features, or reading them from {place.cache}"})
        load_feature_corpus(corpus, place.cache, fold=fold, seed=0, report=report)


def corpus_of(run: Run, place: Place) -> EvidenceCorpus:
    """The corpus that a run is trained and tested on."""
    return _corpus(corpus_name(run, place), place.cache, run.fold)


def corpus_name(run: Run, place: Place) -> str:
    """The name under which a run's corpus is loaded; of the floors' runs, which have no backbone, M3Net's."""
    if run.corpus not in PUBLISHED.corpora:
        return run.corpus
    return configuration(replace(run, model=run.model or M3NET, method=BASE), features=place.features).corpus


def seconds(runs: Sequence[Run], place: Place, factor: Callable[[Run], float]) -> Iterator[tuple[Run, float]]:
    """About how long each run takes, from an epoch's batches timed here for each backbone and corpus.

    Args:
        runs: those to estimate.
        place: where they would be made.
        factor: how much longer a run's method takes than base.
    """
    from heartsay.training.timing import seconds_per_epoch

    measured: dict[tuple[str, str], float] = {}
    for run in runs:
        key = (run.corpus, run.model)
        settings = configuration(run, place.epochs, place.features)
        if key not in measured:
            measured[key] = seconds_per_epoch(settings, corpus_of(run, place))
        yield run, measured[key] * settings.epochs * factor(run)


def is_stale(run: Run, place: Place) -> bool:
    """Whether a finished run is of other features or settings than those it would be made with now."""
    folder = RunFolder(run.folder(place.work))
    wanted = configuration(run, place.epochs, place.features)
    if folder.configuration(FeatureConfiguration) != wanted:
        return True
    return bool(folder.data()["fingerprint"] != _fingerprint(corpus_name(run, place), place.cache, run.fold))


def set_aside(run: Run, place: Place) -> None:
    """Keep a stale run beside its folder, so that it can be made anew and still be looked at."""
    folder = run.folder(place.work)
    beside = folder.with_name(f"{folder.name}.stale")
    shutil.rmtree(beside, ignore_errors=True)
    folder.rename(beside)


def train(run: Run, place: Place) -> None:
    """Train one run and read what the tables and figures need.

    Raises:
        HeartsayError: the base run that it starts from is absent, or the loss is not finite.
    """
    from heartsay.training.tasks.backbone import train_backbone

    base = baseline(run)
    own_seed = run.seed < MEMBER_SEED
    shown = own_seed and run.model in PRINCIPAL and run.method in SHOWN_METHODS
    train_backbone(
        configuration(run, place.epochs, place.features),
        corpus_of(run, place),
        run.seed,
        run.folder(place.work),
        device=place.device,
        baseline=None if base is None else base.folder(place.work),
        extras=SHOWN if shown else NO_EXTRAS,
        keep_weights=own_seed and run.method == BASE,
    )


@lru_cache(maxsize=64)
def _fingerprint(name: str, cache: Path, fold: int | None) -> str:
    return fingerprint(_corpus(name, cache, fold))


@lru_cache(maxsize=8)
def _corpus(name: str, cache: Path, fold: int | None) -> EvidenceCorpus:
    return load_feature_corpus(name, cache, fold=fold, seed=0)
