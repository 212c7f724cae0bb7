"""Training a pair scorer over cached utterance vectors: small runs, resumable at every epoch."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from heartsay.atomic import write_text
from heartsay.calibration.softmax import sigmoid
from heartsay.errors import InputError
from heartsay.evidence.corpus import EvidenceCorpus
from heartsay.evidence.reading import Reading
from heartsay.evidence.tensors import collate
from heartsay.metrics import pair_average_precision
from heartsay.metrics.pair_decoding import best_threshold
from heartsay.models.backbone import InputShape
from heartsay.models.pairs.pair_scorer import PairScorer
from heartsay.objectives.rpcl import Rpcl
from heartsay.training.diverged import DivergedError
from heartsay.training.feature_batches import epoch_order
from heartsay.training.pair_configuration import PairConfiguration
from heartsay.training.pair_readings import pair_reading
from heartsay.training.run_folder import RunFiles, environment

Report = Callable[[dict[str, Any]], None]


class PairRunFolder(RunFiles):
    """The folder of a run of the pair scorer, with its readings of both held-out splits when it is done."""

    def readings(self, split: str) -> Path:
        """The best epoch's readings of a split."""
        return self.path / f"readings-{split}.npz"

    def is_finished(self) -> bool:
        """Whether the readings are there."""
        return self.readings("test").exists()


def train_pairs(
    configuration: PairConfiguration,
    corpus: EvidenceCorpus,
    seed: int,
    folder: Path,
    *,
    report: Report = lambda _: None,
) -> PairRunFolder:
    """Train one run, or go on with it where it was killed; the same numbers either way.

    The epoch with the best Pair F1 on development data, at the threshold that is best there, is the result;
    test data are read once, at the end.

    Args:
        configuration: settings of the run.
        corpus: with annotated pairs.
        seed: sets initial weights, dropout, order and what is spoilt.
        folder: folder of the run.
        report: progress callback.

    Raises:
        InputError: the folder holds another run, or training conversations have no pairs.
        DivergedError: the loss is not finite.
    """
    run = _begin(folder, configuration, corpus, seed)
    if not run.is_finished():
        _Trainer(configuration, corpus, seed, run).go(report)
    return run


def development_scores(reading: Reading, future: bool = False) -> dict[str, float]:
    """Pair F1 at its best threshold, and average precision, of a split in percent."""
    pairs = reading.annotated_pairs()
    valid = pairs.rows((pairs.cause <= pairs.emotion) | future)
    f1, threshold = best_threshold(valid.log_odds, valid.gold, valid.gold_pairs)
    precision = pair_average_precision(sigmoid(valid.log_odds), valid.gold)
    return {"pair_f1": 100 * f1, "pair_average_precision": 100 * precision, "threshold": threshold}


class _Trainer:
    """The state of a run in progress."""

    def __init__(
        self, configuration: PairConfiguration, corpus: EvidenceCorpus, seed: int, run: PairRunFolder
    ) -> None:
        self.configuration, self.corpus, self.seed, self.run = configuration, corpus, seed, run
        self.training = corpus.splits["train"]
        self.lengths = [len(c) for c in self.training]
        torch.manual_seed(seed)
        shape = InputShape(corpus.widths, corpus.speakers, len(corpus.classes))
        self.model = PairScorer(shape, **configuration.scorer)
        self.objective = Rpcl(configuration.objective)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(),
            lr=configuration.learning_rate,
            weight_decay=configuration.weight_decay,
            fused=True,
        )
        self.steps = configuration.epochs * -(-len(self.training) // configuration.batch_size)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)
        self.epoch = 0
        if run.state.exists():
            self._load_state()

    def go(self, report: Report) -> None:
        history = self.run.history()[: self.epoch]
        while self.epoch < self.configuration.epochs and not self._out_of_patience(history):
            losses = self._train_epoch()
            row = {
                "epoch": self.epoch + 1,
                **losses,
                **development_scores(
                    pair_reading(self.model, self.corpus, "dev"), self.configuration.objective.future
                ),
            }
            if row["pair_f1"] > max((r["pair_f1"] for r in history), default=-1.0):
                self._save_weights()
            history = [*history, row]
            self.run.write_history(history)
            self.epoch += 1
            self.objective.epoch = float(self.epoch)
            self._save_state()
            report(row)
        self.model.load_state_dict(load_file(str(self.run.weights)))
        for split in ("dev", "test"):
            pair_reading(self.model, self.corpus, split).save(self.run.readings(split))
        self.run.state.unlink()

    def _out_of_patience(self, history: list[dict[str, Any]]) -> bool:
        scores = [float(row["pair_f1"]) for row in history]
        return bool(scores) and len(scores) - 1 - scores.index(max(scores)) >= self.configuration.patience

    def _rate(self, step: int) -> float:
        """Linear warm-up, then a cosine to 0."""
        rise = max(1, round(self.configuration.warmup * self.steps))
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rise) / max(1, self.steps - rise))))

    def _train_epoch(self) -> dict[str, float]:
        batches = epoch_order(self.lengths, self.configuration.batch_size, self.seed, self.epoch)
        modalities, sums = tuple(self.corpus.widths), dict[str, float]()
        self.model.train()
        for index, members in enumerate(batches):
            # The ramp rises within epochs too, so that it does not jump.
            self.objective.epoch = self.epoch + index / len(batches)
            parts = self.objective.losses(
                self.model, collate([self.training[k] for k in members.tolist()], modalities)
            )
            total = torch.stack(list(parts.values())).sum()
            if not torch.isfinite(total):
                raise DivergedError(
                    f"the loss is no number any more in epoch {self.epoch + 1}; lower the learning rate."
                )
            self.optimizer.zero_grad(set_to_none=True)
            total.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), self.configuration.gradient_norm)
            self.optimizer.step()
            self.schedule.step()
            for name, part in parts.items():
                sums[name] = sums.get(name, 0.0) + part.item() / len(batches)
        return {f"{name}_loss": value for name, value in sums.items()}

    def _save_weights(self) -> None:
        beside = self.run.weights.with_suffix(".partial")
        save_file({n: t.contiguous() for n, t in self.model.state_dict().items()}, str(beside))
        beside.replace(self.run.weights)

    def _save_state(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": torch.get_rng_state(),
            "epoch": self.epoch,
        }
        beside = self.run.state.with_suffix(".partial")
        torch.save(state, beside)
        beside.replace(self.run.state)

    def _load_state(self) -> None:
        state = torch.load(self.run.state, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"])
        self.epoch = state["epoch"]


def _begin(
    folder: Path, configuration: PairConfiguration, corpus: EvidenceCorpus, seed: int
) -> PairRunFolder:
    run = PairRunFolder(folder)
    asked = {"configuration": configuration.model_dump(mode="json"), "seed": seed, "corpus": corpus.name}
    if run.run.exists():
        if {k: v for k, v in run.read().items() if k in asked} != asked:
            raise InputError(
                expected="an empty folder, or this very run to go on with",
                found="a run with another configuration, seed or corpus",
                where=str(folder),
                do="choose another folder, or remove that one",
            )
        return run
    folder.mkdir(parents=True, exist_ok=True)
    write_text(run.run, json.dumps({**asked, "environment": environment()}, indent=2))
    return run
