"""The map that completes voices from a narrow line, fitted on CREMA-D's training actors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from heartsay.experiments.experts.voice import split_clips
from heartsay.media import log_mel, narrow_band, read_audio, resampled
from heartsay.media.conditions import noisy, telephone
from heartsay.progress import Report, silent, track

CLIPS = 800
"""Recordings that are drawn; a minute of one core."""

NOISY = 0.6
"""Share of them with noise."""

LOUDNESS = (5.0, 30.0)
"""Least and most dB by which the voice is above it."""

SLOPES = (-2.0, 0.0)
"""Brown to white."""


def fit_narrow_band(fold: int = 0, report: Report = silent) -> NDArray[np.float32]:
    """The map for an expert of the voice.

    Args:
        fold: of CREMA-D, whose training actors are heard.
        report: progress callback.

    Raises:
        InputError: CREMA-D is not there or not as published.
        MissingDependencyError: PyAV is not installed.
    """
    return narrow_band.fit(_pairs(fold, report))


def _pairs(fold: int, report: Report) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Frames of recordings over a telephone and without it, some with noise."""
    clips, random = split_clips(fold)["train"], np.random.default_rng(0)
    drawn = random.choice(len(clips), min(CLIPS, len(clips)), replace=False)
    for number in track(drawn, "Hearing voices over a telephone", report, "clips"):
        samples, rate = read_audio(clips[number].path)
        if random.random() < NOISY:
            samples = noisy(samples, random.uniform(*LOUDNESS), random, random.uniform(*SLOPES))
        yield log_mel(resampled(telephone(samples, rate), rate)), log_mel(resampled(samples, rate))
