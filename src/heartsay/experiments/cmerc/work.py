"""What one run of the CMERC study does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from heartsay.evidence.corpus import EvidenceCorpus
from heartsay.experiments.cmerc.methods import BASE, CMERC, OUR_METHOD
from heartsay.experiments.cmerc.plan import MEMBER_SEED, PRINCIPAL, baseline, configuration
from heartsay.experiments.feature_corpora import load_feature_corpus
from heartsay.experiments.study import Place, Run
from heartsay.progress import Report
from heartsay.training.feature_readings import NO_EXTRAS, Extras

MISSING_RATES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4)
"""Rates of Table 3."""

SHOWN = Extras(coalitions="edges", missing_rates=MISSING_RATES)
"""What Table 3 and Figure 3 need; contributions are read with edges taken away, as published code does."""

SHOWN_METHODS = (BASE, CMERC, OUR_METHOD)
"""Methods that the figures compare."""


def prepare(runs: Sequence[Run], place: Place, report: Report) -> None:
    """Make the features that the runs need, or see that they are there."""
    for corpus, fold in {run.corpus: run.fold for run in runs}.items():
        report({"message": f"{corpus}: making the features, or reading them from {place.cache}"})
        load_feature_corpus(corpus, place.cache, fold=fold, seed=0, report=report)


def corpus_of(run: Run, place: Place) -> EvidenceCorpus:
    """The corpus that a run is trained and tested on."""
    return _corpus(run.corpus, place.cache, run.fold)


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
        configuration(run, place.epochs),
        corpus_of(run, place),
        run.seed,
        run.folder(place.work),
        device=place.device,
        baseline=None if base is None else base.folder(place.work),
        extras=SHOWN if shown else NO_EXTRAS,
        keep_weights=own_seed and run.method == BASE,
    )


@lru_cache(maxsize=8)
def _corpus(name: str, cache: Path, fold: int | None) -> EvidenceCorpus:
    return load_feature_corpus(name, cache, fold=fold, seed=0)
