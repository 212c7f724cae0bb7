"""The face network, trained on FER+'s votes; it sees two thirds of FER+'s training split alone."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartsay.corpora.ferplus import EMOTIONS, Faces
from heartsay.models.face_network import FaceNetwork, load_face_network, scaled
from heartsay.progress import Report, silent
from heartsay.training.optimisation import Optimisation, OptimisationSettings
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.saving import save_weights
from heartsay.training.trainer import SAVE_EVERY, Task, train

SHIFT = 3
"""Pixels by which a training image is shifted at most."""


class FaceTraining(OptimisationSettings):
    """Settings of a training run; the learning rate falls as a cosine does."""

    kind: ClassVar[str] = "face network"
    fused: ClassVar[bool] = False

    epochs: int = 14
    batch_size: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    warmup: float = 0.1


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
    digest = hashlib.sha256(faces.image.tobytes() + faces.votes.tobytes()).hexdigest()[:16]
    run = begin_or_continue(folder, settings, seed, {"faces": len(faces), "fingerprint": digest})
    if not run.is_finished():
        report({"message": f"Training the face network on {len(faces):,} faces"})
        train(FaceTask(faces, settings, seed), run, save_every=save_every, report=report)
    return load_face_network(run.weights)


class FaceTask(Task[Tensor]):
    """Shares of votes from grey faces; a batch is their numbers, (N,)."""

    def __init__(self, faces: Faces, settings: FaceTraining, seed: int) -> None:
        self.settings, self.seed, self.epochs = settings, seed, settings.epochs
        usable, shares = targets(faces)
        self.images = scaled(torch.from_numpy(faces.image[usable]))  # (N, 1, 48, 48)
        self.wanted = torch.from_numpy(shares[usable])  # (N, 8)
        self.batches_per_epoch = -(-len(self.images) // settings.batch_size)
        torch.manual_seed(seed)
        self.model = FaceNetwork()
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
        logits = self.model(_varied(self.images[batch])).emotion  # (N, 8)
        loss = torch.nn.functional.cross_entropy(logits, self.wanted[batch])
        parts = self.optimisation.descend(self.model, loss, {"emotion": loss})
        share = len(batch) * self.batches_per_epoch / len(self.images)
        return {name: part * share for name, part in parts.items()}

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


def _varied(images: Tensor) -> Tensor:
    """Images shifted together by a few pixels, each mirrored or not, (N, 1, 48, 48)."""
    side = images.shape[-1]
    mirrored = (torch.rand(len(images)) < 0.5)[:, None, None, None]
    padded = torch.nn.functional.pad(images, (SHIFT,) * 4, mode="replicate")
    down, right = torch.randint(2 * SHIFT + 1, (2,)).tolist()
    shifted = padded[:, :, down : down + side, right : right + side]
    return torch.where(mirrored, shifted.flip(-1), shifted)
