"""FER+: 48x48 grey photographs of faces, each with ten people's votes for what it shows.

Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", ICMI 2016, doi:10.1145/2993148.2993165: votes for the images of FER2013 (Goodfellow et al.,
"Challenges in Representation Learning", ICONIP 2013). Licence: MIT for the votes; the images are photographs
from the web, for research, never to be passed on. Home: https://github.com/microsoft/FERPlus.

Files: `ferplus/{train,valid,test}.npz` with `image` (N, 48, 48) uint8, `votes` (N, 10), `vote_names` and
`name` (`fer0000000`). Counts: 28,558, 3,579 and 3,573 images. Some photographs occur in several splits,
cropped or scaled a little differently; `pools` removes them by the likeness of the images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import read_arrays
from heartsay.corpora.refusal import refuse
from heartsay.corpora.registry import data_root
from heartsay.errors import DAMAGE
from heartsay.labels import FER_PLUS

FOLDER = "ferplus"
TO_HAVE = (
    "get FER+ from https://github.com/microsoft/FERPlus and FER2013's images (licence: MIT for the votes, "
    "research use of the images)"
)
"""What to do where a file is not there or not as published."""

EMOTIONS = FER_PLUS.names
"""What the first eight votes are for, under this project's names; two more are for unknown and no face."""

SIDE = 48
"""Pixels along each side of an image."""

LIKENESS = 0.92
"""Correlation of two thumbnails from which they count as one photograph. Looked at by eye, nearly every pair
above 0.95 is the same photograph and about half of those at 0.93; to remove too many costs little."""

THUMBNAIL = 12
HELD_BACK = 3
"""Every how manieth training image the face network does not see, so that features of training faces are like
those of faces that are new to it."""

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Faces:
    """N faces.

    Attributes:
        image: grey values, (N, 48, 48).
        votes: votes for each of `EMOTIONS`, then for unknown and for no face, (N, 10).
        name: such as `fer0000000`, (N,).
    """

    image: Images
    votes: NDArray[np.uint8]
    name: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.name)

    @property
    def emotion(self) -> NDArray[np.int64]:
        """Index in `EMOTIONS` of what got more votes than anything else, -1 where there is none, (N,)."""
        most, ahead = self.votes.argmax(1), self.votes == self.votes.max(1, keepdims=True)
        return np.where((ahead.sum(1) == 1) & (most < len(EMOTIONS)), most, -1)

    def where(self, keep: NDArray[np.bool_]) -> Faces:
        """Those of a mask, (N,)."""
        return Faces(self.image[keep], self.votes[keep], self.name[keep])


@dataclass(frozen=True)
class Pools:
    """Faces for different purposes, no photograph in two of them.

    Attributes:
        network: what a face network is trained on, two thirds of FER+'s training split.
        train: the rest of the training split.
        dev: FER+'s validation split.
        test: FER+'s test split.
        removed: how many images each of them lost because a later one holds the same photograph.
    """

    network: Faces
    train: Faces
    dev: Faces
    test: Faces
    removed: Mapping[str, int]


def read_faces(split: str, root: Path | None = None) -> Faces:
    """Read one split, `train`, `valid` or `test`.

    Raises:
        InputError: no such file, arrays are missing, or they do not fit together.
    """
    path = (root if root is not None else data_root()) / FOLDER / f"{split}.npz"
    if not path.is_file():
        refuse(path, "images and votes", "no such file", TO_HAVE)
    try:
        stored = read_arrays(path)
        faces = Faces(stored["image"], stored["votes"], stored["name"])
    except DAMAGE as error:
        refuse(path, "the arrays image, votes and name", str(error), TO_HAVE)
    shapes = [faces.image.shape, faces.votes.shape, faces.name.shape]
    count = faces.image.shape[0] if faces.image.ndim else 0
    if shapes != [(count, SIDE, SIDE), (count, len(EMOTIONS) + 2), (count,)] or faces.image.dtype != np.uint8:
        found = f"{shapes[0]} of {faces.image.dtype}, {shapes[1]} and {shapes[2]}"
        refuse(path, "image (N, 48, 48) of uint8, votes (N, 10) and name (N,)", found, TO_HAVE)
    return faces


def pools(root: Path | None = None) -> Pools:
    """All faces by purpose. Of a photograph that is in two pools, the later pool keeps it.

    Raises:
        InputError: as `read_faces`.
    """
    train, dev, test = (read_faces(split, root) for split in ("train", "valid", "test"))
    held_back = np.arange(len(train)) % HELD_BACK == 0
    kept = {"test": test}
    removed = {"test": 0}
    for name, faces in (
        ("dev", dev),
        ("train", train.where(held_back)),
        ("network", train.where(~held_back)),
    ):
        twice = near_duplicates(faces.image, np.concatenate([other.image for other in kept.values()]))
        kept[name], removed[name] = faces.where(~twice), int(twice.sum())
    return Pools(kept["network"], kept["train"], kept["dev"], kept["test"], removed)


def near_duplicates(images: Images, others: Images) -> NDArray[np.bool_]:
    """Which images show the same photograph as one of the others, as it is or mirrored.

    Compares thumbnails of 12x12 pixels, free of brightness and contrast, by correlation; see `LIKENESS`.

    Args:
        images: (N, 48, 48).
        others: (M, 48, 48).

    Returns:
        One truth value per image, (N,).
    """
    known = _thumbnails(others)
    found = np.zeros(len(images), bool)
    for start in range(0, len(images), 512):
        block = images[start : start + 512]
        for version in (block, block[:, :, ::-1]):
            found[start : start + 512] |= (_thumbnails(version) @ known.T).max(1, initial=-1) >= LIKENESS
    return found


def _thumbnails(images: Images) -> NDArray[np.float32]:
    """Means over squares of 4x4 pixels, of mean 0 and norm 1, (N, 144)."""
    step = SIDE // THUMBNAIL
    squares = images.reshape(-1, THUMBNAIL, step, THUMBNAIL, step).astype(np.float32)
    small: NDArray[np.float32] = squares.mean((2, 4)).reshape(len(images), -1)
    small -= small.mean(1, keepdims=True)
    # An image of one grey has nothing to compare; it stays 0 and is like no other.
    small /= np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-3)
    return small
