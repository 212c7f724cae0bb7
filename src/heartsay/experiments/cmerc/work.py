"""Doing one run of the plan, and knowing what is done."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from heartsay.atomic import write_text
from heartsay.errors import HeartsayError
from heartsay.evidence.features import FeatureCorpus
from heartsay.experiments.cmerc.methods import BASE, CMERC, OUR_METHOD
from heartsay.experiments.cmerc.plan import MEMBER_SEED, PRINCIPAL, Run, configuration
from heartsay.experiments.feature_corpora import load_feature_corpus
from heartsay.experiments.pool import run_all
from heartsay.progress import Report
from heartsay.training.feature_readings import NO_EXTRAS, Extras
from heartsay.training.run_folder import RunFolder

MISSING_RATES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4)
"""Rates of Table 3."""

SHOWN = Extras(coalitions="edges", missing_rates=MISSING_RATES)
"""What Table 3 and Figure 3 need; contributions are read with edges taken away, as published code does."""

SHOWN_METHODS = (BASE, CMERC, OUR_METHOD)

TIME = "time.json"
"""File in a run's folder: seconds that the process which finished it took."""


@dataclass(frozen=True)
class Place:
    """Where runs are kept and what they are made with.

    Args:
        work: folder of the runs.
        cache: folder of the features.
        epochs: at most this many, if given.
        device: torch device.
        finished: the runs that count as done, if given; others are looked for, so that tables made while runs
            go on would be of different runs.
    """

    work: Path
    cache: Path
    epochs: int | None = None
    device: str = "cpu"
    finished: frozenset[Run] | None = None


def is_done(run: Run, place: Place) -> bool:
    """Whether a run has its readings."""
    if place.finished is not None:
        return run in place.finished
    return RunFolder(run.folder(place.work)).is_finished()


def do(runs: Sequence[Run], place: Place, workers: int, report: Report) -> dict[Run, str]:
    """Do what is not done yet, each run after the one it needs.

    Args:
        runs: in the order in which they are wanted.
        place: where and with what.
        workers: processes of one thread each.
        report: called with a message and a count for each run that ends.

    Returns:
        The runs that failed, and why; runs that needed them are among them.
    """
    return run_all(
        runs,
        partial(_train, place=place),
        is_done=partial(is_done, place=place),
        needs=lambda run: () if run.baseline is None else (run.baseline,),
        workers=workers,
        report=report,
    )


def prepare(runs: Sequence[Run], place: Place, report: Report) -> None:
    """Make the features that the runs need, once, before several processes ask for them."""
    for corpus, fold in {run.corpus: run.fold for run in runs}.items():
        report({"message": f"{corpus}: making the features, or reading them from {place.cache}"})
        load_feature_corpus(corpus, place.cache, fold=fold, seed=0, report=report)


def seconds(run: Run, place: Place) -> dict[str, float] | None:
    """What a run took, by the wall clock and of the processor; None where nobody wrote it down."""
    path = run.folder(place.work) / TIME
    if not path.exists():
        return None
    read: dict[str, float] = json.loads(path.read_text("utf-8"))
    return read


def corpus_of(run: Run, place: Place) -> FeatureCorpus:
    """The corpus that a run is trained and tested on."""
    return _corpus(run.corpus, place.cache, run.fold)


def _train(run: Run, place: Place) -> str | None:
    """Train one run in a worker; why it failed, if it did."""
    from heartsay.training.tasks.backbone import train_backbone

    own_seed = run.seed < MEMBER_SEED
    shown = own_seed and run.model in PRINCIPAL and run.method in SHOWN_METHODS
    wall, processor = time.monotonic(), time.process_time()
    try:
        train_backbone(
            configuration(run, place.epochs),
            corpus_of(run, place),
            run.seed,
            run.folder(place.work),
            device=place.device,
            baseline=None if run.baseline is None else run.baseline.folder(place.work),
            extras=SHOWN if shown else NO_EXTRAS,
            keep_weights=own_seed and run.method == BASE,
        )
    except HeartsayError as error:
        return str(error)
    taken = {"seconds": time.monotonic() - wall, "processor_seconds": time.process_time() - processor}
    write_text(run.folder(place.work) / TIME, json.dumps(taken) + "\n")
    return None


@lru_cache(maxsize=8)
def _corpus(name: str, cache: Path, fold: int | None) -> FeatureCorpus:
    return load_feature_corpus(name, cache, fold=fold, seed=0)
