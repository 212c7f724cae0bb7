"""DDAMFN as its authors publish it: a network that takes their weights from a file of yours and reads faces.

Zhang et al., "A Dual-Direction Attention Mixed Feature Network for Facial Expression Recognition",
Electronics 2023, doi:10.3390/electronics12173595; repository simon20010923/DDAMFN, whose weights are in files
called `affecnet7_epoch19_acc0.671.pth` and alike. Sizes, order of operations and names of tensors are of the
second edition there, DDAMFN++. `ddamfn` has our own variant, of other sizes and names, for training.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from heartsay.errors import DAMAGE, InputError, ModelError, first_line
from heartsay.labels import LabelSpace
from heartsay.models.face_network import FaceReading
from heartsay.models.layers.dual_direction import (
    MAP_SIDE,
    WIDTH,
    Activated,
    DualDirectionHead,
    MixedBlock,
    Normalised,
    Stage,
)

SIDE = 112
"""Pixels along each side of a face."""

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""Of red, green and blue from 0 to 1, as the published code standardises faces: ImageNet's."""

TOGETHER = 32
"""Faces that are read in one pass."""

Order = Literal["affectnet", "raf-db"]
"""The corpus that weights were trained on, whose classes the network's outputs are."""

ORDERS: Mapping[Order, tuple[str, ...]] = {
    "affectnet": ("Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Angry", "Contempt"),
    # RAF-DB's own labels begin with surprise, but the authors' scripts for it name its classes in this order,
    # and others who tested the published weights found it to be the right one.
    "raf-db": ("Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Angry"),
}
"""Classes in the order of outputs, under the names of the published code; contempt may be left out."""

EMOTIONS: Mapping[str, str] = {
    "Neutral": "neutral",
    "Happy": "joy",
    "Sad": "sadness",
    "Surprise": "surprise",
    "Fear": "fear",
    "Disgust": "disgust",
    "Angry": "anger",
    "Contempt": "contempt",
}
"""What Heartsay calls the published classes."""

UNREADABLE: tuple[type[Exception], ...] = (*DAMAGE, pickle.UnpicklingError, SafetensorError)
"""What torch and safetensors raise of a file that they cannot read, or will not."""

HEAD = re.compile(r"cat_head(\d+)\.")
"""How names of tensors of an attention head begin."""


class PublishedDdamfn(nn.Module):
    """The network; its parts are called what the published files call them.

    Args:
        classes: how many emotions.
        heads: how many attention heads.
    """

    def __init__(self, classes: int = 7, heads: int = 2) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Activated(3, 64, 3, stride=2),  # (N, 64, 56, 56)
            Activated(64, 64, 3, groups=64),
            MixedBlock(64, 64, {3: 64, 5: 32, 7: 32}, stride=2),  # (N, 64, 28, 28)
            Stage(9, 64, {3: 96, 5: 32}),
            MixedBlock(64, 128, {3: 128, 5: 64, 7: 64}, stride=2),  # (N, 128, 14, 14)
            Stage(16, 128, {3: 192, 5: 64}),
            MixedBlock(128, 256, {3: 256, 5: 256, 7: 256, 9: 256}, stride=2),  # (N, 256, 7, 7)
            Stage(6, 256, {3: 172, 5: 170, 7: 170}),
            Activated(256, WIDTH),
        )
        self.heads = heads
        for head in range(heads):
            self.add_module(f"cat_head{head}", nn.ModuleDict({"CoordAtt": DualDirectionHead()}))
        self.Linear = Normalised(WIDTH, WIDTH, MAP_SIDE, groups=WIDTH)
        self.fc = nn.Linear(WIDTH, classes)
        self.bn = nn.BatchNorm1d(classes)  # in the files, and passed by

    def forward(self, faces: Tensor) -> FaceReading:
        """Logits (N, classes), features (N, 512), and the weights of each head, (N, 512, 7, 7).

        Args:
            faces: standardised red, green and blue, float (N, 3, 112, 112).
        """
        trunk = self.features(faces)
        maps = [self.get_submodule(f"cat_head{head}.CoordAtt")(trunk) for head in range(self.heads)]
        features = self.Linear(trunk * torch.stack(maps).amax(0)).flatten(1)
        return FaceReading(self.fc(features), features, tuple(maps))


@dataclass(frozen=True, slots=True)
class PublishedFaces:
    """A network that was loaded, and the emotions of its classes."""

    network: PublishedDdamfn
    emotions: LabelSpace


class FacesRead(NamedTuple):
    """What is read of N faces: probabilities (N, C) of emotions, and features (N, 512)."""

    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]
    emotions: LabelSpace


class TrackReading(NamedTuple):
    """What is read of one face over time: means, (C,) and (512,), and what most pictures show."""

    probabilities: NDArray[np.float32]
    feature: NDArray[np.float32]
    label: str


def load_published_ddamfn(path: Path, order: Order = "affectnet") -> PublishedFaces:
    """Load published weights; how many heads and classes there are is read from them.

    Args:
        path: a file in safetensors' format if it is called so, else in torch's: a state_dict, or a checkpoint
            that holds one as `model_state_dict` or `state_dict`.
        order: the corpus that the weights were trained on.

    Raises:
        ModelError: there is no such file, it holds more than tensors, or they are not those of this network.
    """
    tensors = _tensors(path)
    found = tensors.get("fc.weight")
    classes = len(found) if found is not None and found.ndim else 7
    heads = len({match[1] for name in tensors if (match := HEAD.match(name))}) or 2
    with torch.device("meta"):  # shapes alone: whatever a file claims costs no memory before it is checked
        network = PublishedDdamfn(classes, heads)
    expected = network.state_dict()
    if faults := _faults(tensors, expected):
        raise ModelError(f"{path} holds no published DDAMFN weights: {faults}.")
    emotions = _emotions(path, classes, order)
    kept = {name: tensors[name].to(like.dtype, copy=True) for name, like in expected.items()}
    network.load_state_dict(kept, assign=True)
    return PublishedFaces(network.eval().requires_grad_(False), emotions)


@torch.inference_mode()
def read_faces(loaded: PublishedFaces, faces: NDArray[np.uint8]) -> FacesRead:
    """Probabilities and features of faces, each read once and not mirrored, as the published code tests.

    Args:
        loaded: network and emotions.
        faces: red, green and blue, (N, 112, 112, 3), eyes, nose and mouth where the weights expect them.

    Raises:
        InputError: they are of another form, or there are none.
    """
    if faces.dtype != np.uint8 or faces.shape[1:] != (SIDE, SIDE, 3) or not len(faces):
        raise InputError(
            expected=f"faces of 8 bits, (number, {SIDE}, {SIDE}, 3)",
            found=f"{faces.dtype} {faces.shape}",
            where="faces",
            do="cut out each face, scale it to that size and keep its colours",
        )
    shade, spread = (torch.tensor(numbers)[:, None, None] for numbers in (MEAN, DEVIATION))
    readings = [
        loaded.network((part.permute(0, 3, 1, 2).float() / 255 - shade) / spread)
        for part in torch.from_numpy(np.ascontiguousarray(faces)).split(TOGETHER)
    ]
    probabilities = torch.cat([reading.emotion for reading in readings]).softmax(1)
    features = torch.cat([reading.embedding for reading in readings])
    return FacesRead(probabilities.numpy(), features.numpy(), loaded.emotions)


def track_reading(faces: FacesRead) -> TrackReading:
    """One face's pictures in one: mean probabilities and features, and the emotion that most of them show.

    Of emotions that equally many pictures show, the one of the higher mean probability.

    Raises:
        InputError: there is no picture of it.
    """
    if not len(faces.probabilities):
        raise InputError(expected="a face", found="none", where="track", do="leave out tracks without faces")
    means = faces.probabilities.mean(0)
    shown = np.bincount(faces.probabilities.argmax(1), minlength=len(faces.emotions))
    label = max(range(len(faces.emotions)), key=lambda emotion: (shown[emotion], means[emotion]))
    return TrackReading(means, faces.features.mean(0), faces.emotions.names[label])


def _emotions(path: Path, classes: int, order: Order) -> LabelSpace:
    """The emotions of a network's outputs, of which there may be one too few for contempt."""
    published = ORDERS[order]
    allowed = sorted({7, len(published)})
    if classes not in allowed:
        known = " or ".join(map(str, allowed))
        raise ModelError(f"{path} tells {classes} classes apart; weights of {order} have {known}.")
    return LabelSpace(tuple(EMOTIONS[name] for name in published[:classes]), neutral=0)


def _tensors(path: Path) -> dict[str, Tensor]:
    """What a file holds by name, without the prefix of a network that was spread over devices."""
    found = _content(path)
    for key in ("model_state_dict", "state_dict"):
        if isinstance(found, dict) and isinstance(found.get(key), dict):
            found = found[key]
            break
    if not isinstance(found, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in found.items()
    ):
        raise ModelError(f"{path} holds no tensors by name; save the network's state_dict() there.")
    spread = all(name.startswith("module.") for name in found)
    return {name.removeprefix("module.") if spread else name: value for name, value in found.items()}


def _content(path: Path) -> Any:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, weights_only=True, map_location="cpu")
    except UNREADABLE as error:
        if "GLOBAL" in str(error) or "TorchScript" in str(error):  # torch has no kind of error for it
            raise ModelError(
                f"{path} holds more than tensors, such as a whole model, and reading it could run any code; "
                "where it was made, save the weights alone by torch.save(model.state_dict(), 'weights.pth')."
            ) from error
        reason = first_line(error) if isinstance(error, OSError) else "it is another kind of file, or damaged"
        raise ModelError(f"{path} cannot be read as weights: {reason}.") from error


def _faults(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """What keeps tensors from being those expected; empty where nothing does."""
    shapes = {
        name: (tuple(tensors[name].shape), tuple(like.shape))
        for name, like in expected.items()
        if name in tensors
    }
    kinds = {
        "missing": [name for name in expected if name not in tensors],
        "unexpected": [name for name in tensors if name not in expected],
        "of another shape": [f"{name} {own} for {its}" for name, (own, its) in shapes.items() if own != its],
    }
    return "; ".join(f"{kind}: {_first(names)}" for kind, names in kinds.items() if names)


def _first(names: Sequence[str], count: int = 3) -> str:
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more
