"""A pair scorer over cached utterance vectors, trained on emotion-cause pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import Field

from heartsay.calibration.softmax import sigmoid
from heartsay.evidence.corpus import EvidenceCorpus, describe
from heartsay.evidence.evidence import IntArray
from heartsay.evidence.reading import Reading
from heartsay.evidence.tensors import collate
from heartsay.metrics import pair_average_precision
from heartsay.metrics.pair_decoding import best_threshold
from heartsay.models.backbone import InputShape
from heartsay.models.pairs.pair_scorer import PairScorer
from heartsay.objectives.rpcl import BASE, Rpcl, RpclSettings
from heartsay.progress import Report, Row, silent
from heartsay.training.feature_batches import epoch_order
from heartsay.training.optimisation import Decay, NotNegative, OptimisationSettings, Positive, Share
from heartsay.training.pair_readings import pair_reading
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.saving import load_weights
from heartsay.training.trainer import SAVE_EVERY, Task, train


class PairConfiguration(OptimisationSettings):
    """Settings of a run of the pair scorer.

    Two runs are matched when they differ in `objective` alone.
    """

    kind: ClassVar[str] = "pair scorer"
    decay: ClassVar[Decay] = "cosine"

    name: str = Field(description="What the run is called.")
    objective: RpclSettings = BASE
    scorer: dict[str, Any] = Field(default_factory=dict, description="Arguments of the pair scorer.")
    # The vectors are of an encoder that has seen the training utterances, and scores fall on development data
    # after the seventh epoch. In ten, the learning rate has come down by then.
    epochs: int = Field(default=10, ge=1)
    patience: int = Field(default=8, ge=1, description="Epochs without a better one after which to stop.")
    batch_size: int = Field(default=16, ge=1, description="Conversations in a batch.")
    learning_rate: Positive = 5e-4
    weight_decay: NotNegative = 0.01
    warmup: Share = Field(default=0.1, description="Share of the steps over which the learning rate rises.")
    gradient_norm: Positive | None = 1.0


def train_pairs(
    configuration: PairConfiguration,
    corpus: EvidenceCorpus,
    seed: int,
    folder: Path,
    *,
    save_every: float = SAVE_EVERY,
    report: Report = silent,
) -> RunFolder:
    """Train one run, or go on with it where it was killed; a finished one is left as it is.

    The epoch with the best Pair F1 on development data, at the threshold that is best there, is the result;
    test data are read once, at the end.

    Args:
        configuration: settings of the run.
        corpus: with annotated pairs.
        seed: sets initial weights, dropout, order and what is spoilt.
        folder: folder of the run.
        save_every: seconds between saved states.
        report: progress callback.

    Raises:
        InputError: the folder holds another run, or training conversations have no pairs.
        DivergedError: the loss is not finite.
    """
    run = begin_or_continue(folder, configuration, seed, describe(corpus))
    if run.is_finished():
        return run
    return train(PairTask(configuration, corpus, seed), run, save_every=save_every, report=report)


def development_scores(reading: Reading, future: bool = False) -> dict[str, float]:
    """Pair F1 at its best threshold, and average precision, of a split in percent."""
    pairs = reading.annotated_pairs()
    valid = pairs.rows((pairs.cause <= pairs.emotion) | future)
    f1, threshold = best_threshold(valid.log_odds, valid.gold, valid.gold_pairs)
    precision = pair_average_precision(sigmoid(valid.log_odds), valid.gold)
    return {"pair_f1": 100 * f1, "pair_average_precision": 100 * precision, "threshold": threshold}


class PairTask(Task[IntArray]):
    """Pairs, emotions and causes from cached vectors; a batch is the numbers of its conversations."""

    model: PairScorer
    selections = {"development": lambda row: row["pair_f1"]}  # noqa: RUF012

    def __init__(self, configuration: PairConfiguration, corpus: EvidenceCorpus, seed: int) -> None:
        self.configuration, self.corpus, self.seed = configuration, corpus, seed
        self.epochs, self.patience = configuration.epochs, configuration.patience
        self.training = corpus.splits["train"]
        torch.manual_seed(seed)
        shape = InputShape(corpus.widths, corpus.speakers, len(corpus.classes))
        self.model = PairScorer(shape, **configuration.scorer)
        self.objective = Rpcl(configuration.objective)
        self.optimisation = configuration.optimisation(
            [(self.model.parameters(), configuration.learning_rate)],
            steps=self.epochs * -(-len(self.training) // configuration.batch_size),
        )

    def batches(self, epoch: int) -> Sequence[IntArray]:
        """Conversations of similar length together."""
        return epoch_order([len(c) for c in self.training], self.configuration.batch_size, self.seed, epoch)

    def step(self, batch: IntArray, progress: float) -> Mapping[str, float]:
        """One update by the parts of the objective."""
        self.objective.epoch = progress  # the ramp rises within epochs too, so that it does not jump
        members = [self.training[k] for k in batch.tolist()]
        parts = self.objective.losses(self.model, collate(members, tuple(self.corpus.widths)))
        return self.optimisation.descend(self.model, torch.stack(list(parts.values())).sum(), parts)

    def evaluate(self, epoch: int) -> Row:
        """Scores of the development split."""
        reading = pair_reading(self.model, self.corpus, "dev")
        return development_scores(reading, self.configuration.objective.future)

    def finish(self, run: RunFolder, chosen: Mapping[str, int], report: Report) -> None:
        """Readings of both held-out splits."""
        load_weights(self.model, run.weights)
        for split in ("dev", "test"):
            report({"message": f"Reading the {split} split"})
            pair_reading(self.model, self.corpus, split).save(run.readings(split))
