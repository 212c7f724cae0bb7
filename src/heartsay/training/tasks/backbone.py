"""A backbone over utterance features, trained on emotions by any objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from heartsay.calibration.softmax import softmax
from heartsay.errors import InputError, ModelError
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation, describe, reading_of, standardised
from heartsay.evidence.evidence import IntArray
from heartsay.evidence.reading import UNLABELLED, Numbers, Reading
from heartsay.evidence.views import FULL
from heartsay.models.backbone import Backbone, InputShape
from heartsay.models.registry import build_backbone
from heartsay.models.strict import CELLS
from heartsay.objectives import objective as objectives
from heartsay.objectives.registry import build_objective
from heartsay.objectives.task_losses import task_loss
from heartsay.progress import Report, Row, silent
from heartsay.training.feature_batches import epoch_order, for_reading, numbered_batches
from heartsay.training.feature_configuration import FeatureConfiguration, TaskLossSettings
from heartsay.training.feature_readings import (
    NO_EXTRAS,
    READ_SPLITS,
    Extras,
    feature_reading,
    read_through,
    removals_only,
)
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.saving import load_weights, save_weights
from heartsay.training.scores import emotion_scores
from heartsay.training.starting import check_adapters, start_from
from heartsay.training.trainer import SAVE_EVERY, Score, Task, train

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
    save_every: float = SAVE_EVERY,
    report: Report = silent,
) -> RunFolder:
    """Train one run, or go on with it where it was killed; a finished one is left as it is.

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
            an objective that wants one, or for adapters; trained in ``baseline/`` first if it is wanted and
            not given.
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
    shape = input_shape(configuration, corpus)
    loss = task_loss(**loss_options(configuration.task_loss, corpus))
    # Whoever asked for settings that cannot be built shall hear so before a folder is made.
    built = build_backbone(configuration.backbone.name, shape, configuration.backbone.settings)
    adapts = configuration.trained == "adapters"
    if adapts:
        check_adapters(built)
    wanted = configuration.objective
    objective = build_objective(wanted.name, loss, tuple(shape.widths), wanted.settings)
    run = begin_or_continue(folder, configuration, seed, describe(corpus))
    if run.is_finished():
        return run
    needs_baseline = objective.needs_baseline or adapts
    if needs_baseline and baseline is None:
        baseline = run.baseline.path
        what = "it is what adapters are added to" if adapts else "it says how difficult each conversation is"
        report({"message": f"The base method first: {what}"})
        base = configuration.without_objective()
        train_backbone(base, corpus, seed, baseline, device=device, save_every=save_every, report=report)
        report({"message": f"Now {configuration.name}"})
    task = BackboneTask(
        configuration, standardised(corpus), shape, objective, seed, torch.device(device), extras
    )
    base_model = task.load_baseline(RunFolder(baseline), run) if needs_baseline and baseline else None
    if adapts and base_model is not None:
        start_from(task.model, base_model)
    task.begin(base_model if objective.needs_baseline else None)
    train(task, run, keep_weights=keep_weights, save_every=save_every, report=report)
    if not keep_weights:
        run.baseline.weights.unlink(missing_ok=True)
    return run


def load_backbone(run: RunFolder, corpus: EvidenceCorpus) -> Backbone:
    """The model of a run's chosen epoch, on the CPU, dropout off; it reads `standardised(corpus)`.

    Args:
        run: a finished run whose weights were kept.
        corpus: the one it was trained on.

    Raises:
        ModelError: this is not the folder of such a run, or its weights were not kept or do not fit.
    """
    configuration = run.configuration(FeatureConfiguration)
    backbone = configuration.backbone
    model = build_backbone(backbone.name, input_shape(configuration, corpus), backbone.settings)
    load_weights(model, run.weights)
    return model.eval()


def by_weighted_f1(split: str) -> Score:
    """The weighted F1 of a split; of equals the likelier is better.

    Args:
        split: `development` or `test`.
    """
    return lambda row: (row[f"{split}_weighted_f1"], -row[f"{split}_negative_log_likelihood"])


class BackboneTask(Task[IntArray]):
    """Emotions of whole conversations; a batch is the numbers of its conversations.

    Args:
        configuration: settings of the run.
        corpus: standardised.
        shape: of what the backbone is given.
        objective: what it is trained to do.
        seed: sets initial weights, dropout and order.
        device: where to train.
        extras: what to read beyond the removals at the end.
    """

    model: Backbone
    selections = {name: by_weighted_f1(name) for name in SPLIT_NAMES.values()}  # noqa: RUF012

    def __init__(
        self,
        configuration: FeatureConfiguration,
        corpus: EvidenceCorpus,
        shape: InputShape,
        objective: objectives.Objective,
        seed: int,
        device: torch.device,
        extras: Extras = NO_EXTRAS,
    ) -> None:
        self.configuration, self.corpus, self.shape, self.objective = configuration, corpus, shape, objective
        self.seed, self.device, self.extras = seed, device, extras
        self.epochs = configuration.epochs
        self.modalities = tuple(shape.widths)
        self.training = _labelled(corpus.splits["train"])
        self.read = {split: corpus.splits[split] for split in READ_SPLITS}
        everything = [c for split in self.read.values() for c in split]
        self.reading = list(for_reading(everything, self.modalities, CELLS))
        torch.manual_seed(seed)
        self.model = self.evaluated = self._build()
        steps = self.epochs * -(-len(self.training) // configuration.batch_size)  # fewer with a curriculum
        self.optimisation = configuration.optimisation(
            [(self.model.parameters(), configuration.learning_rate)], steps
        )

    def begin(self, baseline: Backbone | None) -> None:
        """Show the objective the training split, and a model of the base method if it wants one."""
        size, count = self.configuration.batch_size, len(self.training)
        parts = [range(k, min(k + size, count)) for k in range(0, count, size)]
        batches = numbered_batches(self.training, self.modalities, parts)
        self.objective.begin((batch.to(self.device) for batch in batches), baseline)

    def load_baseline(self, given: RunFolder, run: RunFolder) -> Backbone:
        """The model of a finished run of the base method that was made like this one.

        Raises:
            ModelError: the run was made otherwise, is not one, or lacks its weights.
        """
        theirs, ours = given.configuration(FeatureConfiguration), self.configuration.without_objective()
        same = {
            "backbone": theirs.backbone == ours.backbone,
            "modalities": theirs.modalities == ours.modalities,
            "corpus, fold or features": given.data().get("fingerprint") == run.data()["fingerprint"],
        }
        for what, is_same in same.items():
            if not is_same:
                raise ModelError(
                    f"{given.path} cannot be the baseline of this run, because it has another {what}; "
                    "name another folder, or none to have one trained."
                )
        model = build_backbone(ours.backbone.name, self.shape, ours.backbone.settings).to(self.device)
        load_weights(model, given.weights)
        return model.eval()

    def batches(self, epoch: int) -> Sequence[IntArray]:
        """Conversations of similar length together, those that the curriculum has reached."""
        chosen = self.objective.curriculum(epoch, len(self.training))
        used = None if chosen is None else chosen.cpu().numpy()
        lengths = [len(c) for c in self.training]
        return epoch_order(lengths, self.configuration.batch_size, self.seed, epoch, used)

    def step(self, batch: IntArray, progress: float) -> Mapping[str, float]:
        """One update as the objective makes it."""
        tensors = next(numbered_batches(self.training, self.modalities, [batch])).to(self.device)
        optimisation = self.optimisation
        return self.objective.step(self.model, tensors, optimisation.optimizer, optimisation.gradient_norm)

    def evaluate(self, epoch: int) -> Row:
        """Scores of both held-out splits, from one pass."""
        self.objective.end_epoch(self.model, epoch, self.epochs)
        self.evaluated = self.objective.evaluated(self.model)
        outputs = read_through(self.evaluated, self.reading, {FULL.name: FULL}, device=self.device)
        if not np.isfinite(outputs.logits[FULL.name]).all():
            raise objectives.DivergedError
        classes = self.corpus.classes
        reading = reading_of(self.read, classes, outputs.logits)
        reading = reading.rows(reading.gold != UNLABELLED)
        scores: Row = {}
        for split in READ_SPLITS:
            part = reading.of(split)
            of_split = emotion_scores(part.logits[FULL.name], part.gold, len(classes))
            of_split["mean_entropy"] = _mean_entropy(part.logits[FULL.name])
            scores |= {f"{SPLIT_NAMES[split]}_{score}": value for score, value in of_split.items()}
        return scores

    def keep(self, run: RunFolder, selection: str) -> None:
        """The weights that were evaluated, which may be a mean of several epochs'."""
        path = run.test_selected_weights if selection == "test" else run.weights
        save_weights(self.evaluated.state_dict(), path)

    def finish(self, run: RunFolder, chosen: Mapping[str, int], report: Report) -> None:
        """Readings of both held-out splits under every view, by the epochs that count."""
        report({"message": "Reading both held-out splits under every view"})
        model, test_selected = self._build(), run.readings("test-selected")
        if not run.readings().exists():
            self._read_with(model, run.weights, self.extras).save(run.readings())
        if not test_selected.exists():
            if chosen["development"] == chosen["test"]:
                reading = Reading.load(run.readings())
            else:
                reading = self._read_with(model, run.test_selected_weights, NO_EXTRAS)
            removals_only(reading).save(test_selected)

    def state_dict(self) -> dict[str, Any]:
        """The state of the objective."""
        return self.objective.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a saved state."""
        self.objective.load_state_dict(state)

    def _build(self) -> Backbone:
        part = self.configuration.backbone
        return build_backbone(part.name, self.shape, part.settings).to(self.device)

    def _read_with(self, model: Backbone, weights: Path, extras: Extras) -> Reading:
        load_weights(model, weights)
        removal = self.configuration.removal
        return feature_reading(model, self.corpus, self.modalities, removal, extras, device=self.device)


def loss_options(settings: TaskLossSettings, corpus: EvidenceCorpus) -> dict[str, Any]:
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


def input_shape(configuration: FeatureConfiguration, corpus: EvidenceCorpus) -> InputShape:
    """What the backbone is given, after a look at whether the corpus has what training needs."""
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
    return InputShape({m: corpus.widths[m] for m in wanted}, corpus.speakers, len(corpus.classes))


def _mean_entropy(logits: Numbers) -> float:
    """Of the distributions that logits (N, C) give, in nats: how undecided a model is."""
    probabilities = softmax(logits.astype(np.float64))
    return float(-(probabilities * np.log(np.maximum(probabilities, 1e-300))).sum(1).mean())


def _labelled(conversations: Sequence[LabelledConversation]) -> list[LabelledConversation]:
    """Those with a label or more."""
    return [c for c in conversations if (c.emotion != UNLABELLED).any()]
