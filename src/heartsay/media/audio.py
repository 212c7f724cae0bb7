"""Audio files as samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.media.sound import Sound, open_recording


def read_audio(path: Path) -> tuple[NDArray[np.float32], int]:
    """Decode a whole recording at its own rate; several channels become their mean.

    For clips: what may be long is read through `Sound`, which never holds all of it.

    Returns:
        Samples from -1 to 1, (N,), and the sample rate in Hz.

    Raises:
        InputError: no such file, or not a recording with sound that can be decoded.
        MissingDependencyError: PyAV is not installed.
    """
    rate = open_recording(path).rate
    return np.concatenate([block[0] for block in Sound(path, rate).blocks()]), rate
