"""Audio files as samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import InputError, MissingDependencyError


def read_audio(path: Path) -> tuple[NDArray[np.float32], int]:
    """Decode a WAV, FLAC, Ogg or MP3 file; several channels become their mean.

    Returns:
        Samples from -1 to 1, (N,), and the sample rate in Hz.

    Raises:
        InputError: no such file, or not audio that libsndfile can decode.
        MissingDependencyError: soundfile is not installed.
    """
    try:
        import soundfile
    except ImportError as error:
        raise MissingDependencyError("reading audio", "media") from error
    if not path.is_file():
        raise InputError(
            expected="an audio file",
            found="no such file",
            where=str(path),
            do="check the path of the recording",
        )
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise InputError(
            expected="an audio file (WAV, FLAC, Ogg or MP3)",
            found=f"something that cannot be decoded ({str(error).rpartition(': ')[2].rstrip('.')})",
            where=str(path),
            do="convert the recording to WAV or get the file again",
        ) from error
    return samples.mean(1), int(rate)
