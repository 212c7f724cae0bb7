"""Training the packed-dialogue model: resumable, the same numbers whether or not it was killed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from heartsay.evidence import (
    Pack,
    RawReading,
    Reader,
    TokenSettings,
    batches_by_tokens,
    label_packs,
    read_labelled,
)
from heartsay.evidence.labels import LabelledPack
from heartsay.evidence.reading import UNLABELLED
from heartsay.models.encoders import load_encoder
from heartsay.models.packed_dialogue import PackedDialogueModel, Reading
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.objectives.agreement import disagreement
from heartsay.objectives.recognise_and_cause import Gold, recognise_and_cause
from heartsay.objectives.rpcl import RpclSettings, robust_parts
from heartsay.training.batches import epoch_batches, gold_tensors, hide_tokens, to_tensors
from heartsay.training.configuration import Configuration
from heartsay.training.diverged import DivergedError
from heartsay.training.examples import TrainingData
from heartsay.training.run_folder import RunFolder, begin
from heartsay.training.scores import development_scores
from heartsay.training.spoilt_packs import free_rows, spoil

READING_TOKENS = 8192
"""Padded tokens in a batch that is read without gradients."""

HEAD_SEED = 0
"""Heads start alike under every seed, so that the weights of several runs may be averaged."""

Report = Callable[[dict[str, Any]], None]
"""Called with what a step or an epoch gave; the command line draws progress from it."""


def torch_reader(model: PackedDialogueModel, settings: TokenSettings, device: torch.device) -> Reader:
    """Read packs with a torch model, dropout off, in batches of similar length."""

    def read(packs: Sequence[Pack]) -> list[RawReading]:
        model.eval()
        raw: dict[int, RawReading] = {}
        with torch.inference_mode():
            for group in batches_by_tokens(packs, READING_TOKENS):
                reading = model(*to_tensors([packs[k] for k in group], settings.pad, device))
                emotion, pair = reading.emotion.float().cpu().numpy(), reading.pair.float().cpu().numpy()
                for row, k in enumerate(group):
                    rows = len(packs[k].speaker)
                    raw[k] = RawReading(emotion[row, :rows], pair[row, :rows, :rows])
        return [raw[k] for k in range(len(packs))]

    return read


def train(
    configuration: Configuration,
    seed: int,
    data: TrainingData,
    folder: Path,
    *,
    device: str = "cpu",
    save_every: float = 120.0,
    report: Report = lambda _: None,
) -> RunFolder:
    """Train one run, or go on with it where it was killed.

    The order of batches depends on seed and epoch alone, and the state that is saved holds weights,
    optimiser and random generator, so a resumed run gives the same numbers.

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
    run = begin(folder, configuration, seed)
    if run.is_finished():
        return run
    return _Trainer(configuration, seed, data, run, torch.device(device), save_every, report).go()


class _Trainer:
    """The state of a run in progress."""

    def __init__(
        self,
        configuration: Configuration,
        seed: int,
        data: TrainingData,
        run: RunFolder,
        device: torch.device,
        save_every: float,
        report: Report,
    ) -> None:
        self.configuration, self.seed, self.run, self.device = configuration, seed, run, device
        self.data, self.save_every, self.report = data, save_every, report
        self.tokenizer, self.settings = encoder_tokenizer(configuration.encoder)
        self.wordings = [
            [label_packs(c, self.tokenizer, self.settings) for c in scene] for scene in data.scenes
        ]
        encoder = load_encoder(configuration.encoder)
        torch.manual_seed(HEAD_SEED)
        self.model = PackedDialogueModel(encoder, dropout=configuration.dropout).to(device)
        torch.manual_seed(seed)
        heads = [p for name, p in self.model.named_parameters() if not name.startswith("encoder.")]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": list(self.model.encoder.parameters()), "lr": configuration.encoder_learning_rate},
                {"params": heads, "lr": configuration.head_learning_rate},
            ],
            weight_decay=configuration.weight_decay,
            fused=True,
        )
        self.steps = sum(len(self._batches(epoch)) for epoch in range(configuration.epochs))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)
        self.epoch = self.step_in_epoch = 0
        self.loss_sums: dict[str, float] = {}
        if run.state.exists():
            self._load_state()

    def go(self) -> RunFolder:
        while self.epoch < self.configuration.epochs:
            self._train_epoch()
            self._end_epoch()
        self.run.state.unlink()
        return self.run

    def _batches(self, epoch: int) -> list[list[LabelledPack]]:
        return epoch_batches(self.wordings, self.configuration.batch_tokens, self.seed, epoch)

    def _rate(self, step: int) -> float:
        """Linear warm-up, then linear decay to 0."""
        rise = max(1, round(self.configuration.warmup * self.steps))
        return min((step + 1) / rise, max(0.0, (self.steps - step) / max(1, self.steps - rise)))

    def _train_epoch(self) -> None:
        batches = self._batches(self.epoch)
        saved = time.monotonic()
        for index in range(self.step_in_epoch, len(batches)):
            # The weights of RPCL rise within epochs too, so that they do not jump.
            for name, loss in self._step(batches[index], self.epoch + index / len(batches)).items():
                self.loss_sums[name] = self.loss_sums.get(name, 0.0) + loss
            self.step_in_epoch = index + 1
            self.report({"epoch": self.epoch + 1, "step": index + 1, "steps": len(batches)})
            if time.monotonic() - saved > self.save_every:
                self._save_state()
                saved = time.monotonic()

    def _step(self, items: list[LabelledPack], epoch: float) -> dict[str, float]:
        """One step, `epoch` epochs after the start; returns the parts of the loss."""
        self.model.train()
        tokens, owner, speaker = to_tensors([i.pack for i in items], self.settings.pad, self.device)
        tokens = hide_tokens(tokens, owner, self.settings, self.configuration.token_dropout)
        gold = gold_tensors(items, self.device)
        if self.configuration.agreement > 0:  # two readings in one forward
            tokens, owner, speaker = (torch.cat([x, x]) for x in (tokens, owner, speaker))
            gold = gold.twice()
        reading = self._read(tokens, owner, speaker)
        losses = recognise_and_cause(reading, gold)
        total = losses.emotion + self.configuration.pair_weight * losses.pair
        if self.configuration.agreement > 0:
            first, second = reading.emotion.chunk(2)
            counted = gold.emotion.chunk(2)[0] != UNLABELLED
            total = total + self.configuration.agreement * disagreement(first, second, counted)
        robust: dict[str, Tensor] = {}
        if self.configuration.rpcl is not None:
            inputs = tokens, owner, speaker, free_rows(items, self.device)
            robust = self._robust(self.configuration.rpcl, epoch, inputs, reading.pair, gold)
            for part in robust.values():
                total = total + self.configuration.pair_weight * part
        if not torch.isfinite(total):
            raise DivergedError(
                f"the loss is {total.item()} in epoch {self.epoch + 1}, step {self.step_in_epoch + 1}; "
                "lower the learning rates or lengthen the warm-up. The state that was saved last, if any, "
                f"is kept in {self.run.path}."
            )
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.configuration.gradient_norm)
        self.optimizer.step()
        self.schedule.step()
        parts = {"emotion": losses.emotion, "pair": losses.pair, **robust}
        return {name: part.item() for name, part in parts.items()}

    def _read(self, tokens: Tensor, owner: Tensor, speaker: Tensor) -> Reading:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.configuration.bfloat16):
            reading = self.model(tokens, owner, speaker)
        return Reading(reading.emotion.float(), reading.pair.float())

    def _robust(
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

    def _end_epoch(self) -> None:
        reader = torch_reader(self.model, self.settings, self.device)
        readings = {
            name: read_labelled(reader, conversations, self.tokenizer, self.settings)
            for name, conversations in self.data.development.items()
        }
        row = {
            "epoch": self.epoch + 1,
            **{f"{name}_loss": total / self.step_in_epoch for name, total in self.loss_sums.items()},
            **development_scores(readings),
        }
        history = [r for r in self.run.history() if r["epoch"] <= self.epoch]
        if row["selection"] > max((r["selection"] for r in history), default=float("-inf")):
            _save_weights(self.model, self.run.weights)
            for name, reading in readings.items():
                reading.save(self.run.predictions(name))
        self.run.write_history([*history, row])
        self.epoch, self.step_in_epoch, self.loss_sums = self.epoch + 1, 0, {}
        self._save_state()
        self.report(row)

    def _save_state(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": torch.get_rng_state(),
            "random_device": torch.cuda.get_rng_state() if self.device.type == "cuda" else None,
            "epoch": self.epoch,
            "step_in_epoch": self.step_in_epoch,
            "loss_sums": self.loss_sums,
        }
        beside = self.run.state.with_suffix(".partial")
        torch.save(state, beside)
        beside.replace(self.run.state)

    def _load_state(self) -> None:
        state = torch.load(self.run.state, weights_only=True, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"].cpu())
        if state["random_device"] is not None:
            torch.cuda.set_rng_state(state["random_device"].cpu())
        self.epoch, self.step_in_epoch = state["epoch"], state["step_in_epoch"]
        self.loss_sums = state["loss_sums"]


def _save_weights(model: PackedDialogueModel, path: Path) -> None:
    from safetensors.torch import save_file

    beside = path.with_suffix(".partial")
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, str(beside))
    beside.replace(path)
