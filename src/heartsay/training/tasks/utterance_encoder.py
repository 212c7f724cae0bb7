"""A text encoder fine-tuned on single utterances: words alone, no context, one emotion each.

The encoder then gives text features to backbones that read conversations. Whatever those are tested on, this
training must not have seen: it takes MELD's training split, less every utterance that is in a development
or test split of MELD or ECF. As MELD's development dialogues are part of what is cross-validated, no epoch
is chosen on them: the number of epochs is fixed in advance.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from heartsay.atomic import files_into
from heartsay.corpora import drop_held_out, load
from heartsay.errors import InputError
from heartsay.labels import EMOTIONS
from heartsay.models.encoders import encoder_source, load_encoder
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.progress import Report, silent
from heartsay.training.batches import shuffled_batches
from heartsay.training.configuration import EncoderSettings
from heartsay.training.devices import in_16_bits
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.text_features import (
    mean_states,
    padded,
    texts_fingerprint,
    utterance_tokens,
)
from heartsay.training.trainer import SAVE_EVERY, Task, train


class FineTuning(EncoderSettings):
    """Settings of the fine-tuning; none was tuned on held-out data."""

    kind: ClassVar[str] = "utterance encoder"
    fused: ClassVar[bool] = False

    epochs: int = 3
    encoder_learning_rate: float = 1e-4
    head_learning_rate: float = 1e-3
    dropout: float = 0.1
    bfloat16: bool = True


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

    def fingerprint(self) -> str:
        """What tells two sets of labelled utterances apart: a hash over ids, words and labels."""
        labels = f"{self.classes} {self.emotion}"
        return hashlib.sha256(f"{texts_fingerprint(self.texts)} {labels}".encode()).hexdigest()


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
    seed: int = 0,
    device: str = "cpu",
    save_every: float = SAVE_EVERY,
    report: Report = silent,
) -> Path:
    """Fine-tune an encoder, or go on where it was killed; what is finished is left as it is.

    Args:
        data: utterances with their emotions.
        settings: how to train.
        folder: becomes a Hugging Face folder of the encoder, and that of its run.
        seed: of order, dropout and the linear layer.
        device: torch device.
        save_every: seconds between saved states.
        report: progress callback.

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
    facts = {"utterances": len(data.texts), "fingerprint": data.fingerprint()}
    run = begin_or_continue(folder, settings, seed, facts)
    if not run.is_finished():
        report({"message": f"Fine-tuning {settings.encoder} on {len(data.texts):,} utterances"})
        task = UtteranceTask(data, settings, seed, torch.device(device))
        train(task, run, save_every=save_every, report=report)
    return folder


class UtteranceTask(Task[list[int]]):
    """Emotions of single utterances; a batch is their numbers."""

    def __init__(
        self, data: LabelledUtterances, settings: FineTuning, seed: int, device: torch.device
    ) -> None:
        self.settings, self.seed, self.device = settings, seed, device
        self.epochs = settings.epochs
        tokenizer, self.token_settings = encoder_tokenizer(settings.encoder)
        self.tokens = utterance_tokens(data.texts, tokenizer, self.token_settings)
        self.emotion = torch.tensor(data.emotion)
        encoder = load_encoder(settings.encoder)
        torch.manual_seed(seed)
        self.model: UtteranceClassifier = UtteranceClassifier(encoder, data.classes, settings.dropout).to(
            device
        )
        self.optimisation = settings.optimisation(
            [
                (encoder.parameters(), settings.encoder_learning_rate),
                (self.model.head.parameters(), settings.head_learning_rate),
            ],
            steps=sum(len(self.batches(epoch)) for epoch in range(self.epochs)),
        )

    def batches(self, epoch: int) -> Sequence[list[int]]:
        """Utterances of similar length together."""
        random = np.random.default_rng([self.seed, epoch])
        return shuffled_batches([len(t) for t in self.tokens], self.settings.batch_tokens, random)

    def step(self, batch: list[int], progress: float) -> Mapping[str, float]:
        """One update by cross-entropy."""
        tokens, real = padded([self.tokens[k] for k in batch], self.token_settings.pad, self.device)
        with in_16_bits(self.settings.bfloat16, self.device.type):
            logits = self.model(tokens, real)  # (B, C)
        loss = nn.functional.cross_entropy(logits.float(), self.emotion[batch].to(self.device))
        return self.optimisation.descend(self.model, loss, {"emotion": loss})

    def finish(self, run: RunFolder, chosen: Mapping[str, int], report: Report) -> None:
        """Weights, configuration and tokenizer, so that the folder can be named as an encoder."""
        from transformers import AutoTokenizer

        source = encoder_source(self.settings.encoder)
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=Path(source).is_dir())
        with files_into(run.path) as beside:
            tokenizer.save_pretrained(str(beside))
            self.model.encoder.save_pretrained(str(beside))
