"""Training a backbone over features: resumable, the same numbers whether or not it was killed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from heartsay.calibration.softmax import softmax
from heartsay.errors import InputError, ModelError
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation, standardised
from heartsay.evidence.evidence import FloatArray
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.evidence.tensors import collate
from heartsay.evidence.views import FULL
from heartsay.models.backbone import Backbone, InputShape
from heartsay.models.registry import build_backbone
from heartsay.models.strict import CELLS
from heartsay.objectives import objective as objectives
from heartsay.objectives.registry import build_objective
from heartsay.objectives.task_losses import task_loss
from heartsay.training.diverged import DivergedError
from heartsay.training.feature_batches import epoch_order, first_numbers, for_reading, in_order
from heartsay.training.feature_configuration import FeatureConfiguration, TaskLossSettings
from heartsay.training.feature_readings import (
    NO_EXTRAS,
    READ_SPLITS,
    Extras,
    feature_reading,
    read_through,
    removals_only,
)
from heartsay.training.feature_run_folder import FeatureRunFolder, begin, best
from heartsay.training.scores import emotion_scores

Report = Callable[[dict[str, Any]], None]
"""Called with what a step or an epoch gave; the command line draws progress from it."""

SPLIT_NAMES = {"dev": "development", "test": "test"}
"""What metrics call the splits."""


def train_backbone(
    configuration: FeatureConfiguration,
    corpus: EvidenceCorpus,
    seed: int,
    folder: Path,
    *,
    device: str = "cpu",
    baseline: Path | None = None,
    extras: Extras = NO_EXTRAS,
    keep_weights: bool = True,
    save_every: float = 60.0,
    report: Report = lambda _: None,
) -> FeatureRunFolder:
    """Train one run, or go on with it where it was killed.

    Initial weights, dropout and order depend on the seed, and the order on the epoch too. The state that is
    saved holds weights, optimiser, objective and random generator, so a resumed run gives the same numbers.
    After each epoch development and test splits are read in one pass. The epoch with the best weighted F1 on
    development data is the run's result; the one that is best on the test split is kept beside it under that
    name, because published code mostly chooses so.

    Args:
        configuration: settings of the run.
        corpus: what to train on and choose by; standardised here.
        seed: sets initial weights, dropout and order.
        folder: folder of the run.
        device: torch device.
        baseline: folder of a finished run of the base method on the same corpus with the same backbone, for
            an objective that wants one; trained in ``baseline/`` first if it is wanted and not given.
        extras: what to read beyond the removals at the end.
        keep_weights: whether the chosen epoch's weights stay in the folder.
        save_every: seconds between saved states within an epoch.
        report: progress callback.

    Raises:
        InputError: the folder holds another run, the corpus lacks labels or modalities, or a setting of the
            backbone or the objective is wrong.
        ModelError: the baseline cannot be used.
        DivergedError: the loss, or what the model reads, is not finite.
    """
    modalities = _checked_modalities(configuration, corpus)
    shape = InputShape({m: corpus.widths[m] for m in modalities}, corpus.speakers, len(corpus.classes))
    loss = task_loss(**_loss_options(configuration.task_loss, corpus))
    # Whoever asked for settings that cannot be built shall hear so before a folder is made.
    build_backbone(configuration.backbone.name, shape, configuration.backbone.settings)
    chosen = configuration.objective
    objective = build_objective(chosen.name, loss, modalities, chosen.settings)
    run = begin(folder, configuration, corpus, seed)
    if run.is_finished():
        return run
    taught: Path | None = None
    if objective.needs_baseline:
        taught = baseline or _train_baseline(
            configuration, corpus, seed, run.baseline, device, save_every, report
        )
    trainer = _Trainer(
        configuration, standardised(corpus), shape, objective, seed, run, torch.device(device), save_every
    )
    trainer.begin(None if taught is None else trainer.load_baseline(taught))
    trainer.go(report)
    trainer.finish(extras)
    if not keep_weights:
        run.weights.unlink(missing_ok=True)
        FeatureRunFolder(run.baseline).weights.unlink(missing_ok=True)
    return run


def load_backbone(run: FeatureRunFolder, corpus: EvidenceCorpus) -> Backbone:
    """The model of a run's chosen epoch, on the CPU, dropout off; it reads `standardised(corpus)`.

    Args:
        run: a finished run whose weights were kept.
        corpus: the one it was trained on.

    Raises:
        ModelError: this is not the folder of such a run, or its weights were not kept or do not fit.
    """
    configuration = run.configuration()
    modalities = _checked_modalities(configuration, corpus)
    shape = InputShape({m: corpus.widths[m] for m in modalities}, corpus.speakers, len(corpus.classes))
    model = build_backbone(configuration.backbone.name, shape, configuration.backbone.settings)
    _load_weights(model, run.weights)
    return model.eval()


class _Trainer:
    """The state of a run in progress."""

    def __init__(
        self,
        configuration: FeatureConfiguration,
        corpus: EvidenceCorpus,
        shape: InputShape,
        objective: objectives.Objective,
        seed: int,
        run: FeatureRunFolder,
        device: torch.device,
        save_every: float,
    ) -> None:
        self.configuration, self.corpus, self.shape, self.objective = configuration, corpus, shape, objective
        self.seed, self.run, self.device, self.save_every = seed, run, device, save_every
        self.modalities = tuple(shape.widths)
        self.training = _labelled(corpus.splits["train"])
        self.lengths = [len(c) for c in self.training]
        self.starts = first_numbers(self.training).tolist()
        self.read = [c for split in READ_SPLITS for c in corpus.splits[split]]
        self.reading = list(for_reading(self.read, self.modalities, CELLS))
        torch.manual_seed(seed)
        self.model = self._build()
        self.optimizer = torch.optim.Adam(
            self.model.parameters(),
            lr=configuration.learning_rate,
            weight_decay=configuration.weight_decay,
            fused=True,
        )
        self.epoch = self.step_in_epoch = 0
        self.sums: dict[str, float] = {}

    def begin(self, baseline: Backbone | None) -> None:
        """Show the objective the training split, and go on from a saved state where there is one."""
        batches = in_order(self.training, self.modalities, self.configuration.batch_size, self.device)
        self.objective.begin(batches, baseline)
        if self.run.state.exists():
            self._load_state()

    def go(self, report: Report) -> None:
        while self.epoch < self.configuration.epochs:
            self._train_epoch(report)
            self._end_epoch(report)

    def finish(self, extras: Extras) -> None:
        """Read with the epochs that count, then leave nothing that only going on would need."""
        history, run = self.run.history(), self.run
        selected, test_selected = best(history, "development"), best(history, "test")
        model = self._build()
        if not run.readings.exists():
            self._read_with(model, run.weights, extras).save(run.readings)
        if not run.test_selected_readings.exists():
            if selected == test_selected:
                reading = run.load_reading()
            else:
                reading = self._read_with(model, run.test_selected_weights, NO_EXTRAS)
            removals_only(reading).save(run.test_selected_readings)
        run.state.unlink()
        run.test_selected_weights.unlink(missing_ok=True)

    def load_baseline(self, folder: Path) -> Backbone:
        """The model of a finished run of the base method that was made like this one."""
        given, mine = FeatureRunFolder(folder), self.configuration
        theirs = given.configuration()
        same = {
            "backbone": theirs.backbone == mine.backbone,
            "modalities": theirs.modalities == mine.modalities,
            "corpus, fold or features": given.corpus()["fingerprint"] == self.run.corpus()["fingerprint"],
        }
        for what, is_same in same.items():
            if not is_same:
                raise ModelError(
                    f"{folder} cannot be the baseline of this run, because it has another {what}; "
                    "name another folder, or none to have one trained."
                )
        model = self._build()
        _load_weights(model, given.weights)
        return model.eval()

    def _build(self) -> Backbone:
        part = self.configuration.backbone
        return build_backbone(part.name, self.shape, part.settings).to(self.device)

    def _train_epoch(self, report: Report) -> None:
        settings = self.configuration
        chosen = self.objective.curriculum(self.epoch, len(self.training))
        used = None if chosen is None else chosen.cpu().numpy()
        batches = epoch_order(self.lengths, settings.batch_size, self.seed, self.epoch, used)
        self.model.train()
        saved = time.monotonic()
        for index in range(self.step_in_epoch, len(batches)):
            self._step(batches[index].tolist())
            self.step_in_epoch = index + 1
            report({"epoch": self.epoch + 1, "step": index + 1, "steps": len(batches)})
            if time.monotonic() - saved > self.save_every:
                self._save_state()
                saved = time.monotonic()
        self.objective.end_epoch(self.model, self.epoch, settings.epochs)

    def _step(self, members: list[int]) -> None:
        part = [self.training[k] for k in members]
        batch = collate(part, self.modalities, [self.starts[k] for k in members]).to(self.device)
        try:
            norm = self.configuration.gradient_norm
            parts = self.objective.step(self.model, batch, self.optimizer, norm)
        except objectives.DivergedError as error:
            raise DivergedError(
                f"the loss is no number any more in epoch {self.epoch + 1}, step {self.step_in_epoch + 1} "
                f"({error}); {self._advice()}"
            ) from error
        for name, value in parts.items():
            self.sums[name] = self.sums.get(name, 0.0) + value

    def _end_epoch(self, report: Report) -> None:
        evaluated = self.objective.evaluated(self.model)
        row = {
            "epoch": self.epoch + 1,
            "steps": self.step_in_epoch,
            **{f"{name}_loss": total / self.step_in_epoch for name, total in self.sums.items()},
            **self._scores(evaluated),
        }
        history = [r for r in self.run.history() if r["epoch"] <= self.epoch] + [row]
        for on, weights in (
            ("development", self.run.weights),
            ("test", self.run.test_selected_weights),
        ):
            if best(history, on) is row:
                _save_weights(evaluated, weights)
        self.run.write_history(history)
        self.epoch, self.step_in_epoch, self.sums = self.epoch + 1, 0, {}
        self._save_state()
        report(row)

    def _scores(self, model: Backbone) -> dict[str, float]:
        """Scores of both splits, from one pass."""
        taken = read_through(model, self.reading, {FULL.name: FULL}, device=self.device)
        if not np.isfinite(taken.logits[FULL.name]).all():
            raise DivergedError(
                f"what the model reads after epoch {self.epoch + 1} are no numbers any more; {self._advice()}"
            )
        gold = np.concatenate([c.emotion for c in self.read])
        split = np.repeat(
            np.array(READ_SPLITS), [sum(map(len, self.corpus.splits[name])) for name in READ_SPLITS]
        )
        scores: dict[str, float] = {}
        for name in READ_SPLITS:
            rows = (split == name) & (gold != UNLABELLED)
            of_split = emotion_scores(taken.logits[FULL.name][rows], gold[rows], len(self.corpus.classes))
            of_split["mean_entropy"] = _mean_entropy(taken.logits[FULL.name][rows])
            scores |= {f"{SPLIT_NAMES[name]}_{score}": value for score, value in of_split.items()}
        return scores

    def _read_with(self, model: Backbone, weights: Path, extras: Extras) -> Reading:
        _load_weights(model, weights)
        removal = self.configuration.removal
        return feature_reading(model, self.corpus, self.modalities, removal, extras, device=self.device)

    def _advice(self) -> str:
        kept = (
            f" The state that was saved last is kept in {self.run.path}." if self.run.state.exists() else ""
        )
        return f"lower learning_rate or set gradient_norm, and train into another folder.{kept}"

    def _save_state(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "objective": self.objective.state_dict(),
            "random": torch.get_rng_state(),
            "random_device": torch.cuda.get_rng_state() if self.device.type == "cuda" else None,
            "epoch": self.epoch,
            "step_in_epoch": self.step_in_epoch,
            "sums": self.sums,
        }
        beside = self.run.state.with_suffix(".partial")
        torch.save(state, beside)
        beside.replace(self.run.state)

    def _load_state(self) -> None:
        state = torch.load(self.run.state, weights_only=True, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.objective.load_state_dict(state["objective"])
        torch.set_rng_state(state["random"].cpu())
        if state["random_device"] is not None:
            torch.cuda.set_rng_state(state["random_device"].cpu())
        self.epoch, self.step_in_epoch, self.sums = state["epoch"], state["step_in_epoch"], state["sums"]


def _train_baseline(
    configuration: FeatureConfiguration,
    corpus: EvidenceCorpus,
    seed: int,
    folder: Path,
    device: str,
    save_every: float,
    report: Report,
) -> Path:
    report({"message": "The base method first: it says how difficult each conversation is"})
    train_backbone(
        configuration.without_objective(),
        corpus,
        seed,
        folder,
        device=device,
        save_every=save_every,
        report=report,
    )
    report({"message": f"Now {configuration.name}"})
    return folder


def _checked_modalities(configuration: FeatureConfiguration, corpus: EvidenceCorpus) -> tuple[str, ...]:
    """The modalities to use, after a look at whether the corpus has what training needs."""
    for split, conversations in corpus.splits.items():
        if not _labelled(conversations):
            raise InputError(
                expected="labelled utterances in every split",
                found=f"none in {split}",
                where=corpus.name,
                do="choose another corpus, or split it again",
            )
    wanted = tuple(corpus.widths) if configuration.modalities is None else configuration.modalities
    unknown = sorted(set(wanted) - set(corpus.widths))
    if unknown or len(set(wanted)) < len(wanted):
        raise InputError(
            expected=f"some of {', '.join(corpus.widths)}, each once",
            found=", ".join(wanted),
            where=f"{configuration.name}, modalities",
            do=f"name what {corpus.name} has, or leave the setting out",
        )
    return wanted


def _loss_options(settings: TaskLossSettings, corpus: EvidenceCorpus) -> dict[str, Any]:
    """Arguments of the task loss; weights of classes count in the training split alone."""
    weights: list[float] | None = None
    if settings.class_weights == "inverse_frequency":
        labels = np.concatenate([c.emotion for c in corpus.splits["train"]])
        counts = np.bincount(labels[labels != UNLABELLED], minlength=len(corpus.classes))
        # A class that training lacks is counted once, since its weight never comes to bear.
        weights = (counts.sum() / (len(counts) * np.maximum(counts, 1))).tolist()
    return {
        "name": settings.name,
        "classes": corpus.classes,
        "class_weights": weights,
        "gamma": settings.gamma,
    }


def _mean_entropy(logits: FloatArray) -> float:
    """Of the distributions that logits (N, C) give, in nats: how undecided a model is."""
    probabilities = softmax(logits.astype(np.float64))
    return float(-(probabilities * np.log(np.maximum(probabilities, 1e-300))).sum(1).mean())


def _labelled(conversations: Sequence[LabelledConversation]) -> list[LabelledConversation]:
    """Those with a label or more."""
    return [c for c in conversations if (c.emotion != UNLABELLED).any()]


def _save_weights(model: Backbone, path: Path) -> None:
    from safetensors.torch import save_file

    beside = path.with_suffix(".partial")
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, str(beside))
    beside.replace(path)


def _load_weights(model: Backbone, path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        model.load_state_dict(load_file(str(path)))
    except (OSError, SafetensorError, RuntimeError) as error:
        first = str(error).split("\n")[0]
        raise ModelError(
            f"{path} cannot be used ({first}); train the run again and keep its weights."
        ) from error
