"""The voice network, trained on what listeners of CREMA-D's recordings voted for and what was acted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from heartsay.calibration.softmax import softmax
from heartsay.corpora.crema_d import EMOTIONS, Clip
from heartsay.evidence.evidence import IntArray
from heartsay.metrics import accuracy, expected_calibration_error, top_label
from heartsay.models.voice_network import CHANNELS, VoiceNetwork
from heartsay.objectives import objective
from heartsay.progress import Report, Row, silent
from heartsay.training.devices import in_16_bits
from heartsay.training.feature_batches import epoch_order
from heartsay.training.optimisation import Decay, NotNegative, OptimisationSettings, Positive, Share
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.saving import save_weights
from heartsay.training.trainer import SAVE_EVERY, Task, train
from heartsay.training.voice_augmentation import VoiceAugmentation, varied

READ_TOGETHER = 64
"""Utterances in a batch that is read."""

Parts = dict[str, tuple[Sequence[str], list[NDArray[Any]]]]
"""Names and arrays by split."""


class VoiceTraining(OptimisationSettings):
    """Settings of a run of the voice network."""

    kind: ClassVar[str] = "voice network"
    decay: ClassVar[Decay] = "cosine"

    name: str = Field(default="voice", description="What the run is called.")
    epochs: int = Field(default=26, ge=1)
    batch_size: int = Field(default=32, ge=1, description="Utterances in a batch.")
    learning_rate: Positive = 2e-3
    weight_decay: NotNegative = 0.02
    warmup: Share = 0.05
    gradient_norm: Positive | None = 2.0
    channels: tuple[int, int, int] = CHANNELS
    dropout: Share = 0.4
    acted_weight: NotNegative = Field(
        default=1.0, description="Weight of the acted emotion beside what listeners voted for."
    )
    augmentation: VoiceAugmentation = VoiceAugmentation()
    bfloat16: bool = Field(
        default=True,
        description="Convolve in 16 bits while training where the processor knows how, which is twice as "
        "fast; weights stay in 32.",
    )


@dataclass(frozen=True)
class Voices:
    """N utterances with what was heard and acted in them.

    Attributes:
        name: of each.
        frames: log-mel frames in dB of each, (T, 64).
        heard: shares of the listeners' votes, (N, 6).
        acted: index of the acted emotion, (N,).
    """

    name: tuple[str, ...]
    frames: tuple[NDArray[np.float16], ...]
    heard: NDArray[np.float32]
    acted: IntArray

    @classmethod
    def of(cls, clips: Sequence[Clip], frames: Mapping[str, NDArray[np.float16]]) -> Voices:
        """Clips of CREMA-D with their frames by id."""
        votes = np.array([clip.votes for clip in clips], np.float32)
        return cls(
            tuple(clip.id for clip in clips),
            tuple(frames[clip.id] for clip in clips),
            votes / votes.sum(1, keepdims=True),
            np.array([EMOTIONS.index(clip.acted) for clip in clips], np.int64),
        )

    def __len__(self) -> int:
        return len(self.name)


def train_voice_network(
    voices: Mapping[str, Voices],
    folder: Path,
    settings: VoiceTraining | None = None,
    *,
    seed: int = 1,
    facts: Mapping[str, int] | None = None,
    save_every: float = SAVE_EVERY,
    report: Report = silent,
) -> RunFolder:
    """Train, or go on where it was killed; what is finished is left as it is.

    The network after the last epoch is the result: no epoch is chosen, so that the development split is
    fresh for calibration. Its scores are written down after each epoch for the eye alone.

    Args:
        voices: of `train` and `dev`, no speaker in both.
        folder: folder of the run.
        settings: the defaults if not given.
        seed: of weights, order, dropout and augmentation.
        facts: what else to write down of the data, such as the fold.
        save_every: seconds between saved states.
        report: progress callback.

    Raises:
        InputError: the folder holds another run.
        DivergedError: the loss is not finite.
    """
    settings = settings or VoiceTraining()
    sizes = {split: len(part) for split, part in voices.items()}
    parts: Parts = {split: (v.name, [*v.frames, v.heard, v.acted]) for split, v in voices.items()}
    data = {**(facts or {}), **sizes, "fingerprint": fingerprint(parts)}
    run = begin_or_continue(folder, settings, seed, data)
    if run.is_finished():
        return run
    report({"message": f"Training the voice network on {len(voices['train']):,} utterances"})
    return train(VoiceTask(voices, settings, seed), run, save_every=save_every, report=report)


def fingerprint(parts: Parts) -> str:
    """Hash of everything that is learnt from and evaluated on: names and arrays by split."""
    digest = hashlib.sha256()
    for split in sorted(parts):
        names, arrays = parts[split]
        digest.update("\n".join((split, *names)).encode())
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


class VoiceTask(Task[IntArray]):
    """Shares of votes, and the acted emotion, from frames; a batch is the numbers of its utterances."""

    model: VoiceNetwork

    def __init__(self, voices: Mapping[str, Voices], settings: VoiceTraining, seed: int) -> None:
        self.training, self.development = voices["train"], voices["dev"]
        self.settings, self.seed, self.epochs = settings, seed, settings.epochs
        self.heard = torch.from_numpy(self.training.heard)
        self.acted = torch.from_numpy(self.training.acted)
        torch.manual_seed(seed)
        self.model = VoiceNetwork(settings.channels, settings.dropout)
        self.optimisation = settings.optimisation(
            [(self.model.parameters(), settings.learning_rate)], steps=self.epochs * len(self.batches(0))
        )

    def batches(self, epoch: int) -> Sequence[IntArray]:
        """Utterances of similar length together; from here each epoch has a random stream of its own."""
        torch.manual_seed(self.seed * 1000 + epoch)
        lengths = [len(frames) for frames in self.training.frames]
        return epoch_order(lengths, self.settings.batch_size, self.seed, epoch)

    def step(self, batch: IntArray, progress: float) -> Mapping[str, float]:
        """One update by two cross-entropies."""
        frames, real = padded([self.training.frames[k] for k in batch.tolist()])
        frames, real = varied(frames, real, self.settings.augmentation)
        with in_16_bits(self.settings.bfloat16):
            reading = self.model(frames, real)
        heard = nn.functional.cross_entropy(reading.heard.float(), self.heard[batch])
        acted = nn.functional.cross_entropy(reading.acted.float(), self.acted[batch])
        total = heard + self.settings.acted_weight * acted
        return self.optimisation.descend(self.model, total, {"heard": heard, "acted": acted})

    def evaluate(self, epoch: int) -> Row:
        """Scores of the development split in percent."""
        heard, acted = read_voices(self.model, self.development.frames)
        if not (np.isfinite(heard).all() and np.isfinite(acted).all()):
            raise objective.DivergedError
        return development_scores(heard, acted, self.development)

    def finish(self, run: RunFolder, chosen: Mapping[str, int], report: Report) -> None:
        """The weights after the last epoch."""
        save_weights(self.model.state_dict(), run.weights)


def development_scores(
    heard: NDArray[np.float64], acted: NDArray[np.float64], voices: Voices
) -> dict[str, float]:
    """Scores of logits, (N, 6) each, in percent; `heard_` is against the votes where one emotion leads."""
    votes = voices.heard
    clear = (votes == votes.max(1, keepdims=True)).sum(1) == 1
    gold, classes = votes.argmax(1), len(EMOTIONS)
    acted_confidence, right = top_label(softmax(acted), voices.acted)
    scores = {
        "acted_accuracy": accuracy(voices.acted, acted.argmax(1), classes),
        "acted_ece": expected_calibration_error(acted_confidence, right),
    }
    if clear.any():
        heard_confidence, right = top_label(softmax(heard[clear]), gold[clear])
        scores["heard_accuracy"] = accuracy(gold[clear], heard[clear].argmax(1), classes)
        scores["heard_ece"] = expected_calibration_error(heard_confidence, right)
    return {name: 100 * score for name, score in scores.items()}


def read_voices(
    network: VoiceNetwork, frames: Sequence[NDArray[Any]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logits of what is heard and of what is acted, (N, 6) each, in the order of `frames`."""
    network.eval()
    heard, acted = (np.empty((len(frames), len(EMOTIONS))) for _ in range(2))
    with torch.inference_mode():
        for batch in by_length(frames):
            reading = network(*padded([frames[k] for k in batch]))
            heard[batch], acted[batch] = reading.heard.numpy(), reading.acted.numpy()
    return heard, acted


def by_length(frames: Sequence[NDArray[Any]]) -> Iterator[list[int]]:
    """Numbers of the frames in batches of `READ_TOGETHER`, those of similar length together."""
    order = np.argsort([len(rows) for rows in frames], kind="stable").tolist()
    for start in range(0, len(order), READ_TOGETHER):
        yield order[start : start + READ_TOGETHER]


def padded(frames: Sequence[NDArray[Any]]) -> tuple[Tensor, Tensor]:
    """Frames as one float tensor, (N, T, 64), and which of them are no padding, (N, T)."""
    lengths = torch.tensor([len(rows) for rows in frames])
    together = torch.zeros(len(frames), int(lengths.max()), frames[0].shape[1])
    for row, part in zip(together, frames, strict=True):
        row[: len(part)] = torch.from_numpy(np.asarray(part, np.float32))
    return together, torch.arange(together.shape[1]) < lengths[:, None]
