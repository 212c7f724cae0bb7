"""Audio files as samples, whole or by spans of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import InputError, MissingDependencyError

if TYPE_CHECKING:
    from soundfile import SoundFile


def read_audio(path: Path) -> tuple[NDArray[np.float32], int]:
    """Decode a WAV, FLAC, Ogg or MP3 file; several channels become their mean.

    Returns:
        Samples from -1 to 1, (N,), and the sample rate in Hz.

    Raises:
        InputError: no such file, or not audio that libsndfile can decode.
        MissingDependencyError: soundfile is not installed.
    """
    with _opened(path) as file:
        samples = file.read(dtype="float32", always_2d=True)
        return samples.mean(1), int(file.samplerate)


def read_spans(
    path: Path, spans: Sequence[tuple[float, float]]
) -> tuple[list[tuple[NDArray[np.float32], int]], float]:
    """Decode parts of an audio file; memory holds the parts alone.

    Args:
        path: as of `read_audio`.
        spans: start and end in seconds; what lies outside the file is cut off.

    Returns:
        Samples and rate of each span, no samples where it lies outside; and how long the file is, in seconds.

    Raises:
        InputError: as `read_audio`.
        MissingDependencyError: as `read_audio`.
    """
    with _opened(path) as file:
        rate, length = int(file.samplerate), int(file.frames)
        parts = []
        for start, end in spans:
            first, last = (min(max(round(moment * rate), 0), length) for moment in (start, end))
            file.seek(first)
            samples = file.read(last - first, dtype="float32", always_2d=True)
            parts.append((samples.mean(1) if len(samples) else np.zeros(0, np.float32), rate))
        return parts, length / rate


@contextmanager
def _opened(path: Path) -> Iterator[SoundFile]:
    """An audio file, errors in opening and in reading turned into sentences."""
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
        with soundfile.SoundFile(path) as file:
            yield file
    except soundfile.LibsndfileError as error:
        raise InputError(
            expected="an audio file (WAV, FLAC, Ogg or MP3)",
            found=f"something that cannot be decoded ({str(error).rpartition(': ')[2].rstrip('.')})",
            where=str(path),
            do="convert the recording to WAV or get the file again",
        ) from error
