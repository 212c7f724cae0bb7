"""Films of a portrait in the public domain whose mouth opens as loud as a voice is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

data = pytest.importorskip("skimage.data", reason="scikit-image, which brings the portrait, is not installed")

RATE, PER_SECOND = 16_000, 10
SIZE = (360, 640)


def portrait() -> NDArray[np.uint8]:
    """Eileen Collins's portrait by NASA, (180, 160, 3): head and shoulders."""
    return np.asarray(data.astronaut()[20:200, 140:300])


def opened(face: NDArray[np.uint8], by: float) -> NDArray[np.uint8]:
    """The portrait with its chin lower and a dark mouth, `by` from 0 to 1."""
    drop = round(9 * by)
    if not drop:
        return face
    changed = face.copy()
    changed[122 + drop : 150, 62:106] = face[122 : 150 - drop, 62:106]
    changed[122 : 122 + drop, 68:100] = 35
    return changed


def scene(*faces: tuple[NDArray[np.uint8], int, int]) -> NDArray[np.uint8]:
    """A picture with faces at their left and top."""
    picture = np.full((*SIZE, 3), 110, np.uint8)
    picture[::8, :, :] = 90
    for face, x, y in faces:
        height, width = face.shape[:2]
        picture[y : y + height, x : x + width] = face
    return picture


def voice(seconds: float, seed: int = 0) -> NDArray[np.float64]:
    """A tone in syllables with pauses between them, (N,)."""
    random = np.random.default_rng(seed)
    moments = np.arange(round(seconds * RATE)) / RATE
    borders = np.arange(0, seconds + 0.2, 0.2)
    syllables = np.interp(moments, borders, random.random(len(borders)))
    return np.asarray(0.5 * syllables**2 * np.sin(2 * np.pi * 220 * moments))


def openings(samples: NDArray[np.floating]) -> NDArray[np.float64]:
    """How wide a mouth is in each picture of a film with this sound, 0 to 1."""
    step = RATE // PER_SECOND
    parts = samples[: len(samples) // step * step].reshape(-1, step)
    levels = np.sqrt((parts**2).mean(1))
    return np.asarray((levels / max(levels.max(), 1e-9)).clip(0, 1))
