"""The map that completes voices from a narrow line, fitted on CREMA-D's training actors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import read_arrays, write_arrays
from heartsay.experiments.experts.voice import split_clips
from heartsay.media import log_mel, narrow_band, read_audio, resampled
from heartsay.media.conditions import noisy, telephone
from heartsay.progress import Report, silent, track

FILE = "narrow-band-{fold}.npz"
"""Of the map in the cache folder."""

CLIPS = 800
"""Recordings that are drawn; a minute of one core."""

NOISY = 0.6
"""Share of them with noise."""

LOUDNESS = (5.0, 30.0)
"""Least and most dB by which the voice is above it."""

SLOPES = (-2.0, 0.0)
"""Brown to white."""


def fit_narrow_band(cache: Path, fold: int = 0, report: Report = silent) -> NDArray[np.float32]:
    """The map for an expert of the voice, from the cache where it is there.

    Args:
        cache: folder that it is kept in.
        fold: of CREMA-D, whose training actors are heard.
        report: progress callback.

    Raises:
        InputError: CREMA-D is not there or not as published.
        MissingDependencyError: PyAV is not installed.
    """
    path = cache / FILE.format(fold=fold)
    if path.is_file():
        return np.asarray(read_arrays(path)["weights"], np.float32)
    weights = narrow_band.fit(_pairs(fold, report))
    cache.mkdir(parents=True, exist_ok=True)
    write_arrays(path, {"weights": weights})
    return weights


def _pairs(fold: int, report: Report) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Frames of recordings over a telephone and without it, some with noise."""
    clips, random = split_clips(fold)["train"], np.random.default_rng(0)
    drawn = random.choice(len(clips), min(CLIPS, len(clips)), replace=False)
    for number in track(drawn, "Hearing voices over a telephone", report, "clips"):
        samples, rate = read_audio(clips[number].path)
        if random.random() < NOISY:
            samples = noisy(samples, random.uniform(*LOUDNESS), random, random.uniform(*SLOPES))
        yield log_mel(resampled(telephone(samples, rate), rate)), log_mel(resampled(samples, rate))
