"""Networks that read faces, trained on FER+'s votes: the small one that gives features, and the expert.

The small one sees two thirds of FER+'s training split alone, so that features of the rest are like those of
new faces; the expert sees all of it. Neither sees a photograph that is in the development or test split.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from heartsay.corpora.ferplus import EMOTIONS, Faces
from heartsay.metrics import accuracy
from heartsay.models.ddamfn import APART, DdamfnFaces, apart_loss
from heartsay.models.face_expert import FaceExpert
from heartsay.models.face_network import FaceNetwork, embed_faces, load_face_network, scaled
from heartsay.objectives import objective
from heartsay.progress import Report, Row, silent
from heartsay.training.devices import in_16_bits
from heartsay.training.optimisation import (
    NotNegative,
    Optimisation,
    OptimisationSettings,
    Positive,
    Share,
)
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.saving import save_weights
from heartsay.training.trainer import SAVE_EVERY, Task, train

_NETWORKS: Mapping[str, Callable[[], FaceNetwork | FaceExpert | DdamfnFaces]] = {
    "features": FaceNetwork,
    "expert": FaceExpert,
    "ddamfn": DdamfnFaces,
}

SHIFT = 3
"""Pixels by which a training image is shifted at most."""


class FaceTraining(OptimisationSettings):
    """Settings of a training run; the learning rate falls as a cosine does."""

    kind: ClassVar[str] = "face network"
    fused: ClassVar[bool] = False

    name: str = Field(default="face", description="What the run is called.")
    network: Literal["features", "expert", "ddamfn"] = Field(
        default="features", description="The small network that gives features, the expert, or DDAMFN."
    )
    epochs: int = Field(default=14, ge=1)
    batch_size: int = Field(default=128, ge=1)
    learning_rate: Positive = 3e-3
    weight_decay: NotNegative = 1e-3
    warmup: Share = 0.1
    turn: NotNegative = Field(default=0.0, description="Degrees by which a face is turned at most.")
    zoom: Share = Field(default=0.0, description="Share by which a face is larger or smaller at most.")
    hidden: Share = Field(default=0.0, description="Largest share of a side of the square that is hidden.")
    bfloat16: bool = Field(
        default=False, description="Convolve in 16 bits while training where the processor knows how."
    )


def targets(faces: Faces) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """What the network is asked for: shares of votes, single votes left out as noise (Barsoum et al., 2016).

    Returns:
        Which faces have more votes for an emotion than for unknown or no face, (N,), and the shares of all
        faces, (N, 8).
    """
    known, other = faces.votes[:, : len(EMOTIONS)], faces.votes[:, len(EMOTIONS) :]
    votes = np.where(known > 1, known, 0).astype(np.float32)
    usable = (known.max(1) > 1) & (known.max(1) > other.max(1))
    return usable, votes / np.maximum(votes.sum(1, keepdims=True), 1)


def train_face(
    faces: Mapping[str, Faces],
    folder: Path,
    settings: FaceTraining,
    *,
    seed: int = 1,
    save_every: float = SAVE_EVERY,
    report: Report = silent,
) -> RunFolder:
    """Train, go on where it was killed, or leave what is finished.

    The network after the last epoch is the result: no epoch is chosen, so that development faces are fresh
    for calibration. Their scores, where there are any, are written down after each epoch for the eye alone.

    Args:
        faces: what to train on as `train`, and `dev` if it is to be scored.
        folder: folder of the run.
        settings: of the run.
        seed: of weights, order and augmentation.
        save_every: seconds between saved states.
        report: progress callback.

    Raises:
        InputError: the folder holds another run.
        DivergedError: the loss is not finite.
    """
    training = faces["train"]
    digest = hashlib.sha256(training.image.tobytes() + training.votes.tobytes()).hexdigest()[:16]
    run = begin_or_continue(folder, settings, seed, {"faces": len(training), "fingerprint": digest})
    if not run.is_finished():
        report({"message": f"Training the {settings.kind} on {len(training):,} faces"})
        task = FaceTask(training, settings, seed, faces.get("dev"))
        train(task, run, save_every=save_every, report=report)
    return run


def train_face_network(
    faces: Faces,
    folder: Path,
    settings: FaceTraining | None = None,
    *,
    seed: int = 1,
    save_every: float = SAVE_EVERY,
    report: Report = silent,
) -> FaceNetwork:
    """Train, go on where it was killed, or load what is finished.

    Args:
        faces: what to train on.
        folder: folder of the run.
        settings: the defaults if not given.
        seed: of weights, order, shifts and mirroring.
        save_every: seconds between saved states.
        report: progress callback.

    Returns:
        The network after the last epoch; no epoch is chosen, so no further data are needed.

    Raises:
        InputError: the folder holds another run.
        DivergedError: the loss is not finite.
    """
    settings = settings or FaceTraining()
    run = train_face({"train": faces}, folder, settings, seed=seed, save_every=save_every, report=report)
    return load_face_network(run.weights)


class FaceTask(Task[Tensor]):
    """Shares of votes from grey faces; a batch is their numbers, (N,)."""

    model: FaceNetwork | FaceExpert | DdamfnFaces

    def __init__(
        self, faces: Faces, settings: FaceTraining, seed: int, development: Faces | None = None
    ) -> None:
        self.development = development
        self.settings, self.seed, self.epochs = settings, seed, settings.epochs
        usable, shares = targets(faces)
        self.images = scaled(torch.from_numpy(faces.image[usable]))  # (N, 1, 48, 48)
        self.wanted = torch.from_numpy(shares[usable])  # (N, 8)
        self.batches_per_epoch = -(-len(self.images) // settings.batch_size)
        torch.manual_seed(seed)
        self.model = _NETWORKS[settings.network]()
        groups = [(self.model.parameters(), settings.learning_rate)]
        optimizer = settings.optimisation(groups, steps=1).optimizer
        self.optimisation = Optimisation(optimizer, self._rate, settings.gradient_norm)

    def batches(self, epoch: int) -> Sequence[Tensor]:
        """All faces in random order; from here each epoch has a random stream of its own."""
        torch.manual_seed(self.seed * 1000 + epoch)
        order = torch.randperm(len(self.images))
        return torch.split(order, self.settings.batch_size)

    def step(self, batch: Tensor, progress: float) -> Mapping[str, float]:
        """One update by cross-entropy; the mean over an epoch's steps counts every face alike."""
        images = _varied(self.images[batch], self.settings)
        with in_16_bits(self.settings.bfloat16):
            reading = self.model(images)  # logits (N, 8)
        emotion = torch.nn.functional.cross_entropy(reading.emotion.float(), self.wanted[batch])
        losses = {"emotion": emotion}
        if reading.maps:
            losses["apart"] = APART * apart_loss([each.float() for each in reading.maps])
        parts = self.optimisation.descend(self.model, torch.stack(list(losses.values())).sum(), losses)
        share = len(batch) * self.batches_per_epoch / len(self.images)
        return {name: part * share for name, part in parts.items()}

    def evaluate(self, epoch: int) -> Row:
        """Accuracy on development faces with a majority, in percent, where there are such faces."""
        if self.development is None:
            return {}
        logits, _ = embed_faces(self.model, self.development.image)
        if not np.isfinite(logits).all():
            raise objective.DivergedError
        gold = self.development.emotion
        known = gold >= 0
        right = accuracy(gold[known], logits[known].argmax(1), len(EMOTIONS))
        return {"accuracy": 100 * right}

    def finish(self, run: RunFolder, chosen: Mapping[str, int], report: Report) -> None:
        """The weights after the last epoch."""
        save_weights(self.model.state_dict(), run.weights)

    def _rate(self, step: int) -> float:
        """A rise from 0 over the warm-up, then half a cosine to 0."""
        epoch, within = divmod(step, self.batches_per_epoch)
        progress = (epoch + within / self.batches_per_epoch) / self.epochs
        warmup = self.settings.warmup
        if progress < warmup:
            return progress / warmup
        return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def _varied(images: Tensor, settings: FaceTraining) -> Tensor:
    """Images shifted together by a few pixels, each mirrored or not, (N, 1, 48, 48).

    Where the settings say so, each is turned and zoomed by itself and loses a square to the mean grey.
    """
    side = images.shape[-1]
    mirrored = (torch.rand(len(images)) < 0.5)[:, None, None, None]
    padded = torch.nn.functional.pad(images, (SHIFT,) * 4, mode="replicate")
    down, right = torch.randint(2 * SHIFT + 1, (2,)).tolist()
    shifted = padded[:, :, down : down + side, right : right + side]
    chosen = torch.where(mirrored, shifted.flip(-1), shifted)
    if settings.turn or settings.zoom:
        chosen = _turned(chosen, math.radians(settings.turn), settings.zoom)
    return _without_a_square(chosen, settings.hidden) if settings.hidden else chosen


def _turned(images: Tensor, turn: float, zoom: float) -> Tensor:
    """Each image turned by up to an angle and scaled by up to a share, both at random."""
    angle, factor = ((2 * torch.rand(len(images)) - 1) * most for most in (turn, zoom))
    cosine, sine = angle.cos() * (1 + factor), angle.sin() * (1 + factor)
    zero = torch.zeros_like(angle)
    matrix = torch.stack([cosine, -sine, zero, sine, cosine, zero], 1).view(-1, 2, 3)
    grid = torch.nn.functional.affine_grid(matrix, list(images.shape), align_corners=False)
    return torch.nn.functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _without_a_square(images: Tensor, share: float) -> Tensor:
    """Each image without a square of up to a share of its side, at random, which becomes mean grey."""
    side = images.shape[-1]
    length = (torch.rand(len(images)) * share * side).round()
    inside = []
    for _ in range(2):
        start = (torch.rand(len(images)) * (side - length + 1)).floor()
        place = torch.arange(side)
        inside.append((place >= start[:, None]) & (place < (start + length)[:, None]))  # (N, side)
    square = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return images.masked_fill(square, 0.0)
