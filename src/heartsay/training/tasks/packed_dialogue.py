"""The packed-dialogue model: an encoder that reads whole conversations, trained on emotions and causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from heartsay.errors import ModelError
from heartsay.evidence.labels import LabelledPack, label_packs, soften
from heartsay.evidence.packing import Pack, batches_by_length
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.evidence.readings import RawReading, Reader, read_labelled
from heartsay.evidence.tokens import TokenSettings
from heartsay.models.encoders import empty_encoder, load_encoder
from heartsay.models.packed_dialogue import PackedDialogueModel, PackedReading
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.objectives.recognise_and_cause import Gold, disagreement, recognise_and_cause
from heartsay.objectives.rpcl import RpclSettings, robust_parts
from heartsay.progress import Report, Row, silent
from heartsay.training.batches import epoch_batches, gold_tensors, hide_tokens, to_tensors
from heartsay.training.configuration import Configuration
from heartsay.training.devices import in_16_bits
from heartsay.training.examples import TrainingData
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.saving import load_weights
from heartsay.training.scores import development_scores
from heartsay.training.spoilt_packs import free_rows, spoil
from heartsay.training.trainer import SAVE_EVERY, Task, train

READING_TOKENS = 8192
"""Padded tokens in a batch that is read without gradients."""

HEAD_SEED = 0
"""Heads start alike under every seed, so that the weights of several runs may be averaged."""


def train_packed_dialogue(
    configuration: Configuration,
    seed: int,
    data: TrainingData,
    folder: Path,
    *,
    device: str = "cpu",
    save_every: float = SAVE_EVERY,
    report: Report = silent,
) -> RunFolder:
    """Train one run, or go on with it where it was killed; a finished one is left as it is.

    Args:
        configuration: settings of the run.
        seed: sets dropout, order and wordings.
        data: what to train on and choose by.
        folder: folder of the run.
        device: torch device.
        save_every: seconds between saved states.
        report: progress callback.

    Raises:
        InputError: the folder holds another run.
        DivergedError: the loss is not finite.
    """
    run = begin_or_continue(folder, configuration, seed, {"fingerprint": data.fingerprint()})
    if run.is_finished():
        return run
    task = PackedDialogueTask(configuration, seed, data, torch.device(device))
    return train(task, run, save_every=save_every, report=report)


def load_trained(run: RunFolder) -> PackedDialogueModel:
    """The model of a run with the weights of its best epoch, in evaluation mode.

    Raises:
        ModelError: the run has no weights yet, or they do not fit.
    """
    if not run.weights.exists():
        raise ModelError(f"{run.path} holds no trained weights yet; finish the run with `heartsay train`.")
    configuration = run.configuration(Configuration)
    model = PackedDialogueModel(empty_encoder(configuration.encoder), dropout=configuration.dropout)
    load_weights(model, run.weights)
    return model.eval()


def torch_reader(
    model: PackedDialogueModel, settings: TokenSettings, device: torch.device, bfloat16: bool = False
) -> Reader:
    """Read packs with a torch model, dropout off, in batches of similar length.

    Args:
        model: in any mode; it is in evaluation mode afterwards.
        settings: of its tokenizer.
        device: that the model is on.
        bfloat16: whether to multiply matrices in 16 bits.
    """

    def read(packs: Sequence[Pack]) -> list[RawReading]:
        model.eval()
        raw: dict[int, RawReading] = {}
        with torch.inference_mode():
            for group in batches_by_length([len(p.tokens) for p in packs], READING_TOKENS):
                with in_16_bits(bfloat16, device.type):
                    reading = model(*to_tensors([packs[k] for k in group], settings.pad, device))
                emotion, pair = reading.emotion.float().cpu().numpy(), reading.pair.float().cpu().numpy()
                for row, k in enumerate(group):
                    rows = len(packs[k].speaker)
                    raw[k] = RawReading(emotion[row, :rows], pair[row, :rows, :rows])
        return [raw[k] for k in range(len(packs))]

    return read


class PackedDialogueTask(Task[list[LabelledPack]]):
    """Recognition and causes from packed dialogues; the mean of both scores on development data chooses."""

    model: PackedDialogueModel
    selections = {"development": lambda row: row["selection"]}  # noqa: RUF012

    def __init__(
        self, configuration: Configuration, seed: int, data: TrainingData, device: torch.device
    ) -> None:
        self.configuration, self.seed, self.data, self.device = configuration, seed, data, device
        self.epochs = configuration.epochs
        self.tokenizer, self.settings = encoder_tokenizer(configuration.encoder)
        self.wordings = [
            [label_packs(c, self.tokenizer, self.settings) for c in scene] for scene in data.scenes
        ]
        if (how := configuration.distillation) is not None and data.soft is not None:
            self.wordings = [
                [[soften(p, soft, how.emotions, how.pairs) for p in packs] for packs in scene]
                for scene, soft in zip(self.wordings, data.soft, strict=True)
            ]
        encoder = load_encoder(configuration.encoder)
        torch.manual_seed(HEAD_SEED)
        self.model = PackedDialogueModel(encoder, dropout=configuration.dropout).to(device)
        torch.manual_seed(seed)
        heads = [p for name, p in self.model.named_parameters() if not name.startswith("encoder.")]
        self.optimisation = configuration.optimisation(
            [
                (self.model.encoder.parameters(), configuration.encoder_learning_rate),
                (heads, configuration.head_learning_rate),
            ],
            steps=sum(len(self.batches(epoch)) for epoch in range(self.epochs)),
        )
        self.development: dict[str, Reading] = {}

    def batches(self, epoch: int) -> list[list[LabelledPack]]:
        """A wording of each scene, in batches of similar length."""
        return epoch_batches(self.wordings, self.configuration.batch_tokens, self.seed, epoch)

    def step(self, batch: list[LabelledPack], progress: float) -> Mapping[str, float]:
        """One update by emotions, pairs and what the settings add."""
        configuration = self.configuration
        tokens, owner, speaker = to_tensors([i.pack for i in batch], self.settings.pad, self.device)
        tokens = hide_tokens(tokens, owner, self.settings, configuration.token_dropout)
        gold = gold_tensors(batch, self.device)
        if configuration.agreement > 0:  # two readings in one forward
            tokens, owner, speaker = (torch.cat([x, x]) for x in (tokens, owner, speaker))
            gold = gold.twice()
        reading = self._read(tokens, owner, speaker)
        losses = recognise_and_cause(reading, gold)
        total = losses.emotion + configuration.pair_weight * losses.pair
        if configuration.agreement > 0:
            first, second = reading.emotion.chunk(2)
            counted = gold.emotion.chunk(2)[0] != UNLABELLED
            total = total + configuration.agreement * disagreement(first, second, counted)
        robust: dict[str, Tensor] = {}
        if configuration.rpcl is not None:
            inputs = tokens, owner, speaker, free_rows(batch, self.device)
            # The weights of RPCL rise within epochs too, so that they do not jump.
            robust = self.robust(configuration.rpcl, progress, inputs, reading.pair, gold)
            for part in robust.values():
                total = total + configuration.pair_weight * part
        parts = {"emotion": losses.emotion, "pair": losses.pair, **robust}
        return self.optimisation.descend(self.model, total, parts)

    def robust(
        self,
        rpcl: RpclSettings,
        epoch: float,
        inputs: tuple[Tensor, Tensor, Tensor, Tensor],
        clean: Tensor,
        gold: Gold,
    ) -> dict[str, Tensor]:
        """What RPCL adds, over the conversations whose pairs are annotated; the others cannot be spoilt.

        The pair loss here is a sum over candidates, that over cached vectors a mean. The parts are brought
        to the same unit, so that a weight means the same in both.

        Args:
            rpcl: settings.
            epoch: epochs since the start.
            inputs: tokens and owner, (B, L), speaker and which rows may be spoilt, (B, R).
            clean: log-odds of the pairs in full, (B, R, R).
            gold: labels of the batch.
        """
        annotated = gold.pair_known.flatten(1).any(1)  # (B,)
        known, true = gold.pair_known[annotated] > 0, gold.pair[annotated] > 0
        valid = known if rpcl.future else known.tril()
        if not valid.any():
            return {}
        other = None
        if rpcl.second_reading:
            tokens, owner, speaker, free = (x[annotated] for x in inputs)
            other = self._read(*spoil(tokens, owner, free, rpcl, self.settings), speaker).pair
        candidates = valid.sum() / known.any(-1).sum()  # per utterance
        parts = robust_parts(rpcl, epoch, clean[annotated], other, true, valid)
        return {name: candidates * part for name, part in parts.items()}

    def evaluate(self, epoch: int) -> Row:
        """Scores of the development conversations."""
        reader = torch_reader(self.model, self.settings, self.device)
        self.development = {
            name: read_labelled(reader, conversations, self.tokenizer, self.settings)
            for name, conversations in self.data.development.items()
        }
        return development_scores(self.development)

    def keep(self, run: RunFolder, selection: str) -> None:
        """Weights, and the readings by which the epoch was chosen."""
        super().keep(run, selection)
        for name, readings in self.development.items():
            readings.save(run.readings(f"{name}-dev"))

    def _read(self, tokens: Tensor, owner: Tensor, speaker: Tensor) -> PackedReading:
        with in_16_bits(self.configuration.bfloat16, self.device.type):
            reading = self.model(tokens, owner, speaker)
        return PackedReading(reading.emotion.float(), reading.pair.float())
