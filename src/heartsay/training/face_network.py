"""Train the face network on FER+'s votes, and keep the features of every face.

It sees two thirds of FER+'s training split alone. Each epoch has a random stream of its own, so a run that
was killed goes on from its last whole epoch with the same result.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from heartsay.atomic import atomic_path, write_text
from heartsay.corpora.ferplus import EMOTIONS, Faces, Pools
from heartsay.models.face_network import FaceNetwork, embed_faces, load_face_network, scaled

SHIFT = 3
"""Pixels by which a training image is shifted at most."""


@dataclass(frozen=True)
class FaceTraining:
    """Settings of a training run.

    Attributes:
        epochs: passes over the faces.
        batch: faces per step.
        rate: highest learning rate, reached after a tenth of the steps; then it falls to 0 as a cosine does.
        decay: weight decay.
        seed: of weights, order, shifts and mirroring.
    """

    epochs: int = 14
    batch: int = 128
    rate: float = 3e-3
    decay: float = 1e-3
    seed: int = 1


@dataclass(frozen=True)
class FaceFeatures:
    """Features of a pool's faces.

    Attributes:
        name: which face each row is, (N,).
        embedding: (N, 96).
        emotion: logits of FER+'s eight emotions, (N, 8).
    """

    name: NDArray[np.str_]
    embedding: NDArray[np.float32]
    emotion: NDArray[np.float32]


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


def train_face_network(faces: Faces, folder: Path, settings: FaceTraining | None = None) -> FaceNetwork:
    """Train, or load what was trained before with the same settings.

    Args:
        faces: what to train on.
        folder: receives `face-network.safetensors`, `face-network.jsonl` with a line per epoch, and, while
            training, `face-network-state.pt`.
        settings: the defaults if not given.

    Returns:
        The network after the last epoch; no epoch is chosen, so no further data are needed.
    """
    settings = settings or FaceTraining()
    weights, state, log = (folder / f"face-network{end}" for end in (".safetensors", "-state.pt", ".jsonl"))
    asked = json.dumps(asdict(settings) | {"faces": len(faces)})
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    same = lines[:1] == [asked]
    if same and weights.is_file():
        return load_face_network(weights)
    usable, shares = targets(faces)
    images = scaled(torch.from_numpy(faces.image[usable]))  # (N, 1, 48, 48)
    wanted = torch.from_numpy(shares[usable])  # (N, 8)
    torch.manual_seed(settings.seed)
    network = FaceNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), settings.rate, weight_decay=settings.decay)
    first = 0
    if same and state.is_file():
        saved = torch.load(state, weights_only=True)
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        first = saved["epochs"]
    folder.mkdir(parents=True, exist_ok=True)
    lines = lines[: 1 + first] if first else [asked]
    for epoch in range(first, settings.epochs):
        loss = _epoch(network, optimizer, images, wanted, settings, epoch)
        lines.append(json.dumps({"epoch": epoch + 1, "loss": round(loss, 4)}))
        with atomic_path(state) as temporary:
            now = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "epochs": epoch + 1}
            torch.save(now, temporary)
        write_text(log, "\n".join(lines) + "\n")
    with atomic_path(weights) as temporary:
        save_file({name: x.contiguous() for name, x in network.state_dict().items()}, temporary)
    state.unlink(missing_ok=True)
    return network.eval()


def face_features(network: FaceNetwork, pools: Pools, cache: Path) -> dict[str, FaceFeatures]:
    """Features of the faces of `train`, `dev` and `test`, computed or from the cache, an npz file.

    The cache is used only where it names exactly these faces.
    """
    wanted = {"train": pools.train, "dev": pools.dev, "test": pools.test}
    if cache.is_file():
        with np.load(cache, allow_pickle=False) as stored:
            known = {
                split: FaceFeatures(*(stored[f"{split}_{part}"] for part in ("name", "embedding", "emotion")))
                for split in wanted
            }
        if all(np.array_equal(known[split].name, faces.name) for split, faces in wanted.items()):
            return known
    features = {}
    for split, faces in wanted.items():
        logits, embedding = embed_faces(network, faces.image)
        features[split] = FaceFeatures(faces.name, embedding, logits)
    with atomic_path(cache) as temporary, temporary.open("wb") as file:
        arrays = {f"{split}_{part}": x for split, f in features.items() for part, x in vars(f).items()}
        np.savez(file, **arrays)
    return features


def _epoch(
    network: FaceNetwork,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    wanted: Tensor,
    settings: FaceTraining,
    epoch: int,
) -> float:
    """One pass; the mean loss."""
    torch.manual_seed(settings.seed * 1000 + epoch)
    network.train()
    batches = torch.randperm(len(images)).split(settings.batch)
    total = 0.0
    for step, chosen in enumerate(batches):
        progress = (epoch + step / len(batches)) / settings.epochs
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * _share_of_rate(progress)
        logits = network(_varied(images[chosen])).emotion  # (N, 8)
        loss = torch.nn.functional.cross_entropy(logits, wanted[chosen])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(chosen)
    return total / len(images)


def _share_of_rate(progress: float) -> float:
    """Share of the highest learning rate after a share of the training."""
    return progress / 0.1 if progress < 0.1 else 0.5 * (1 + math.cos(math.pi * (progress - 0.1) / 0.9))


def _varied(images: Tensor) -> Tensor:
    """Images shifted together by a few pixels, each mirrored or not, (N, 1, 48, 48)."""
    side = images.shape[-1]
    mirrored = (torch.rand(len(images)) < 0.5)[:, None, None, None]
    padded = torch.nn.functional.pad(images, (SHIFT,) * 4, mode="replicate")
    down, right = torch.randint(2 * SHIFT + 1, (2,)).tolist()
    shifted = padded[:, :, down : down + side, right : right + side]
    return torch.where(mirrored, shifted.flip(-1), shifted)
