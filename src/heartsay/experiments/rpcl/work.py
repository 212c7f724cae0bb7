"""Doing one run over cached vectors: train, then read the test split under draws of spoilt talk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from heartsay.atomic import write_arrays
from heartsay.evidence.corpus import EvidenceCorpus
from heartsay.experiments.feature_corpora import load_pair_corpus
from heartsay.experiments.rpcl.plan import configuration, spoilt_readings
from heartsay.experiments.study import Place, Run
from heartsay.models.backbone import InputShape
from heartsay.models.pairs.pair_scorer import PairScorer
from heartsay.objectives.rpcl import FULL, spoilt
from heartsay.training.pair_readings import pair_reading
from heartsay.training.run_folder import RunFolder
from heartsay.training.saving import load_weights
from heartsay.training.tasks.pair_scorer import PairConfiguration, train_pairs

DRAWS = 20
"""Draws of the spoilt view by which stability is measured, the same for every model."""


def train_and_read(run: Run, place: Place, settings: PairConfiguration | None = None) -> None:
    """Do one run.

    Args:
        run: which one.
        place: where runs are.
        settings: of the training, if others than the run's method has.

    Raises:
        HeartsayError: the loss is not finite, or the folder holds another run.
    """
    settings = settings or configuration(run, place.epochs)
    folder, corpus = train(run, place, settings), _corpus(run.corpus, place.cache)
    model = PairScorer(InputShape(corpus.widths, corpus.speakers, len(corpus.classes)), **settings.scorer)
    load_weights(model, folder.weights)
    draws = []
    for draw in range(DRAWS):
        torch.manual_seed(draw)
        reading = pair_reading(model, corpus, "test", partial(spoilt, settings=FULL))
        draws.append(reading.annotated_pairs().log_odds)
    write_spoilt(run, place, draws)


def train(run: Run, place: Place, settings: PairConfiguration) -> RunFolder:
    """Train the scorer of a run, and no more.

    Raises:
        HeartsayError: the loss is not finite, or the folder holds another run.
    """
    return train_pairs(settings, _corpus(run.corpus, place.cache), run.seed, run.folder(place.work))


def write_spoilt(run: Run, place: Place, draws: Sequence[NDArray[np.floating]]) -> None:
    """Keep the log-odds of a run's test pairs, (P,) for each draw of spoilt talk."""
    write_arrays(spoilt_readings(run, place), {"log_odds": np.stack(draws).astype(np.float32)})


@lru_cache(maxsize=2)
def _corpus(name: str, cache: Path) -> EvidenceCorpus:
    return load_pair_corpus(name, cache)
