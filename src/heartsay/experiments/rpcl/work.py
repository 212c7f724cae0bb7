"""Doing one run over cached vectors: train, then read the test split under draws of spoilt talk."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from heartsay.atomic import atomic_path
from heartsay.errors import HeartsayError
from heartsay.evidence.features import FeatureCorpus
from heartsay.experiments.pair_corpora import load_pair_corpus
from heartsay.experiments.rpcl.plan import PairPlace, PairRun, spoilt_readings
from heartsay.models.backbone import InputShape
from heartsay.models.pairs.pair_scorer import PairScorer
from heartsay.objectives.rpcl import FULL, spoilt
from heartsay.training.pair_readings import read_pairs
from heartsay.training.tasks.pair_scorer import train_pairs

DRAWS = 20
"""Draws of the spoilt view by which stability is measured, the same for every model."""


def train_and_read(run: PairRun, place: PairPlace) -> str | None:
    """Do one run; why it failed, if it did."""
    corpus = _corpus(run.corpus, place.cache)
    configuration = run.configuration(place.epochs)
    try:
        folder = train_pairs(configuration, corpus, run.seed, run.folder(place.work))
    except HeartsayError as error:
        return str(error)
    shape = InputShape(corpus.widths, corpus.speakers, len(corpus.classes))
    model = PairScorer(shape, **configuration.scorer)
    model.load_state_dict(load_file(str(folder.weights)))
    draws = []
    for draw in range(DRAWS):
        torch.manual_seed(draw)
        reading = read_pairs(model, corpus.splits["test"], lambda batch: spoilt(batch, FULL))
        draws.append(reading.log_odds.astype(np.float32))
    path = spoilt_readings(run, place)
    with atomic_path(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, log_odds=np.stack(draws))
    return None


@lru_cache(maxsize=2)
def _corpus(name: str, cache: Path) -> FeatureCorpus:
    return load_pair_corpus(name, cache)
