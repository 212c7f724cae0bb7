"""Recordings made on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

av = pytest.importorskip("av", reason="the extra media is not installed")

CODECS = {
    ".wav": "pcm_s16le",
    ".ogg": "flac",
    ".flac": "flac",
    ".mkv": "flac",
    ".mov": "pcm_s16le",
    ".m4a": "aac",
    ".mp4": "aac",
    ".mp3": "mp3",
    ".webm": "libopus",
}
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def record(
    path: Path,
    samples: NDArray[np.floating],
    rate: int = 16_000,
    *,
    codec: str | None = None,
    pictures: Sequence[NDArray[np.uint8]] = (),
    pictures_per_second: int = 10,
    silent: bool = False,
) -> Path:
    """Write samples (N,) or (C, N), and pictures (H, W, 3) if given; `silent` leaves the sound track out."""
    rows = np.atleast_2d(samples)
    layout = LAYOUTS[len(rows)]
    with av.open(str(path), "w") as container:
        film = None
        if len(pictures):
            film = container.add_stream("mpeg4", rate=pictures_per_second)
            film.height, film.width = pictures[0].shape[:2]
            film.pix_fmt = "yuv420p"
        if not silent:
            track = container.add_stream(codec or CODECS[path.suffix], rate=rate, layout=layout)
            for start in range(0, rows.shape[1], rate):
                part = (rows[:, start : start + rate].clip(-1, 1) * 32767).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(part.T.reshape(1, -1), format="s16", layout=layout)
                frame.sample_rate, frame.pts = rate, start
                container.mux(track.encode(frame))
            container.mux(track.encode(None))
        if film is not None:
            for picture in pictures:
                container.mux(film.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(film.encode(None))
    return path


def tone(
    seconds: float, frequency: float = 440.0, rate: int = 16_000, level: float = 0.3
) -> NDArray[np.float64]:
    """One tone, (N,)."""
    return level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def click(seconds: float, at: float, rate: int) -> NDArray[np.float64]:
    """Silence with 10 ms of a tone in it, (N,)."""
    samples = np.zeros(round(seconds * rate))
    first = round(at * rate)
    samples[first : first + rate // 100] = tone(0.01, 1000, rate, 0.7)[: rate // 100]
    return samples
