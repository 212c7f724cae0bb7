"""Fine-tuning a text encoder on single utterances: words alone, no context, one emotion each.

The encoder then gives text features to backbones that read conversations. Whatever those are tested on, this
training must not have seen: it takes MELD's training split, less every utterance that is in a development
or test split of MELD or ECF. As MELD's development dialogues are part of what is cross-validated, no epoch
is chosen on them: the number of epochs is fixed in advance.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from heartsay.atomic import write_text
from heartsay.corpora import drop_held_out, load
from heartsay.errors import HeartsayError, InputError
from heartsay.labels import EMOTIONS
from heartsay.models.encoders import encoder_source, load_encoder
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.training.run_folder import environment
from heartsay.training.text_features import (
    batches_by_length,
    mean_states,
    padded,
    texts_fingerprint,
    utterance_tokens,
)

LENGTH_NOISE = 0.1
"""Lengths are blurred by up to this share before bucketing, so that batches differ between epochs."""

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class FineTuning:
    """Settings of the fine-tuning; none was tuned on held-out data.

    Args:
        encoder: ``minilm``, a folder, or a hub id.
        epochs: passes over the utterances, fixed in advance.
        batch_tokens: padded tokens in a batch.
        encoder_learning_rate: of the encoder.
        head_learning_rate: of the linear layer above it.
        weight_decay: of both.
        warmup: share of the steps over which the learning rates rise; then they fall to 0.
        dropout: before the linear layer.
        gradient_norm: gradients are scaled down to this norm.
        bfloat16: whether matrices are multiplied in 16 bits; weights stay in 32.
        seed: of order, dropout and the linear layer.
    """

    encoder: str = "minilm"
    epochs: int = 3
    batch_tokens: int = 2048
    encoder_learning_rate: float = 1e-4
    head_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.1
    dropout: float = 0.1
    gradient_norm: float = 1.0
    bfloat16: bool = True
    seed: int = 0


@dataclass(frozen=True)
class LabelledUtterances:
    """What is trained on.

    Args:
        texts: words by utterance id.
        emotion: class index of each, in the same order.
        classes: how many classes there are.
    """

    texts: dict[str, str]
    emotion: tuple[int, ...]
    classes: int


class DivergedError(HeartsayError):
    """Training produced a loss that is not a number."""


class UtteranceClassifier(nn.Module):
    """A text encoder whose states are averaged over an utterance, and a linear layer above."""

    def __init__(self, encoder: Any, classes: int, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, classes)

    def forward(self, tokens: Tensor, real: Tensor) -> Tensor:
        """Emotion logits (B, C) of token ids (B, L), of which `real` (B, L) are no padding."""
        logits: Tensor = self.head(self.dropout(mean_states(self.encoder, tokens, real)))
        return logits


def meld_training_utterances(root: Path | None = None) -> LabelledUtterances:
    """MELD's training utterances that are in no development or test split of MELD or ECF.

    Raises:
        InputError: a corpus file is absent or not what it claims.
    """
    kept = [u for c in drop_held_out(load("meld", "train", root), root=root) for u in c.utterances]
    emotion = tuple(EMOTIONS.index(u.emotion) for u in kept if u.emotion is not None)
    return LabelledUtterances({u.id: u.text or "" for u in kept}, emotion, len(EMOTIONS))


def fine_tune(
    data: LabelledUtterances,
    settings: FineTuning,
    folder: Path,
    *,
    device: str = "cpu",
    save_every: float = 120.0,
    report: Report = lambda _: None,
) -> Path:
    """Fine-tune an encoder, or go on where it was killed; what is finished is left as it is.

    Args:
        data: utterances with their emotions.
        settings: how to train.
        folder: becomes a Hugging Face folder of the encoder, with ``training.json`` beside it.
        device: torch device.
        save_every: seconds between saved states.
        report: called after each step.

    Returns:
        The folder.

    Raises:
        InputError: the folder holds an encoder trained otherwise, or texts and labels do not match.
        DivergedError: the loss is not finite.
    """
    if len(data.texts) != len(data.emotion):
        raise InputError(
            expected=f"{len(data.texts)} emotions, one per utterance",
            found=str(len(data.emotion)),
            where="utterances to train on",
            do="give each utterance its emotion",
        )
    folder.mkdir(parents=True, exist_ok=True)
    asked = {"settings": asdict(settings), "texts": texts_fingerprint(data.texts)}
    story = folder / "training.json"
    if story.is_file():
        before = json.loads(story.read_text("utf-8"))
        if {name: before.get(name) for name in asked} != asked:
            raise InputError(
                expected="an empty folder, or one with this very training",
                found="an encoder with other settings or utterances",
                where=str(folder),
                do="choose another folder, or remove that one",
            )
        if before["finished"]:
            return folder
    facts = {**asked, "utterances": len(data.texts), "environment": environment()}
    write_text(story, json.dumps({**facts, "finished": False}, indent=1))
    trainer = _Trainer(data, settings, folder / "state.pt", torch.device(device), save_every, report)
    losses = trainer.go()
    _save_encoder(trainer.model.encoder, settings.encoder, folder)
    write_text(story, json.dumps({**facts, "losses": losses, "finished": True}, indent=1))
    trainer.state.unlink(missing_ok=True)
    return folder


class _Trainer:
    """A training in progress; order and dropout depend on the seed alone, killed or not."""

    def __init__(
        self,
        data: LabelledUtterances,
        settings: FineTuning,
        state: Path,
        device: torch.device,
        save_every: float,
        report: Report,
    ) -> None:
        self.settings, self.state, self.device = settings, state, device
        self.save_every, self.report = save_every, report
        tokenizer, self.token_settings = encoder_tokenizer(settings.encoder)
        self.tokens = utterance_tokens(data.texts, tokenizer, self.token_settings)
        self.emotion = torch.tensor(data.emotion)
        encoder = load_encoder(settings.encoder)
        torch.manual_seed(settings.seed)
        self.model = UtteranceClassifier(encoder, data.classes, settings.dropout).to(device)
        self.optimizer = torch.optim.AdamW(
            [
                {"params": list(encoder.parameters()), "lr": settings.encoder_learning_rate},
                {"params": list(self.model.head.parameters()), "lr": settings.head_learning_rate},
            ],
            weight_decay=settings.weight_decay,
        )
        steps = [len(self._batches(epoch)) for epoch in range(settings.epochs)]
        rise = max(1, round(settings.warmup * sum(steps)))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer,
            lambda step: min((step + 1) / rise, max(0.0, (sum(steps) - step) / max(1, sum(steps) - rise))),
        )
        self.epoch = self.step = 0
        self.losses: list[float] = []
        self.loss_sum = 0.0
        if state.exists():
            self._load_state()

    def go(self) -> list[float]:
        """Train to the end; mean loss of each epoch."""
        saved = time.monotonic()
        for epoch in range(self.epoch, self.settings.epochs):
            batches = self._batches(epoch)
            for index in range(self.step, len(batches)):
                self.loss_sum += self._update(batches[index])
                self.epoch, self.step = epoch, index + 1
                mean = self.loss_sum / self.step
                self.report({"epoch": epoch + 1, "step": self.step, "steps": len(batches), "loss": mean})
                if time.monotonic() - saved > self.save_every:
                    self._save_state()
                    saved = time.monotonic()
            self.losses.append(self.loss_sum / len(batches))
            self.epoch, self.step, self.loss_sum = epoch + 1, 0, 0.0
        return self.losses

    def _batches(self, epoch: int) -> list[list[int]]:
        random = np.random.default_rng([self.settings.seed, epoch])
        lengths = np.array([len(t) for t in self.tokens])
        order = np.argsort(lengths * (1 + LENGTH_NOISE * random.random(len(lengths))), kind="stable")
        batches = batches_by_length(order, lengths.tolist(), self.settings.batch_tokens)
        return [batches[k] for k in random.permutation(len(batches))]

    def _update(self, batch: list[int]) -> float:
        self.model.train()
        tokens, real = padded([self.tokens[k] for k in batch], self.token_settings.pad, self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bfloat16):
            logits = self.model(tokens, real)  # (B, C)
        loss = nn.functional.cross_entropy(logits.float(), self.emotion[batch].to(self.device))
        if not torch.isfinite(loss):
            raise DivergedError(
                f"the loss is {loss.item()} in epoch {self.epoch + 1}; lower the learning rates."
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.gradient_norm)
        self.optimizer.step()
        self.schedule.step()
        return loss.item()

    def _save_state(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": torch.get_rng_state(),
            "random_device": torch.cuda.get_rng_state() if self.device.type == "cuda" else None,
            "place": [self.epoch, self.step],
            "losses": self.losses,
            "loss_sum": self.loss_sum,
        }
        beside = self.state.with_suffix(".partial")
        torch.save(state, beside)
        beside.replace(self.state)

    def _load_state(self) -> None:
        state = torch.load(self.state, weights_only=True, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"].cpu())
        if state["random_device"] is not None:
            torch.cuda.set_rng_state(state["random_device"].cpu())
        self.epoch, self.step = state["place"]
        self.losses, self.loss_sum = list(state["losses"]), state["loss_sum"]


def _save_encoder(encoder: Any, source: str, folder: Path) -> None:
    """Weights, configuration and tokenizer, so that the folder can be named as an encoder."""
    from transformers import AutoTokenizer

    AutoTokenizer.from_pretrained(
        encoder_source(source), local_files_only=Path(encoder_source(source)).is_dir()
    ).save_pretrained(str(folder))
    encoder.save_pretrained(str(folder))
