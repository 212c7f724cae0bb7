"""Voices that came over a narrow line, completed: bandwidth extension for a network's input.

A network that learnt from whole voices takes the silence beside a telephone's band for something that was
said so. The missing mel bands of a frame are a linear map of those that are there, of this frame and its
neighbours, and of what the whole utterance is like, fitted by least squares to the same recordings with and
without the line. To extend a band by what it holds is old (Jax and Vary 2003, "On artificial bandwidth
extension of telephone speech"); doing so in mel bands and linearly is this project's own choice.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from heartsay.media.log_mel import MEL_BANDS
from heartsay.media.voice_functionals import mel_centres

Frames = NDArray[np.float32]
Floats = NDArray[np.float64]
Bands = NDArray[np.bool_]

_CENTRE = mel_centres(MEL_BANDS)
CARRIED: Bands = (_CENTRE > 320) & (_CENTRE < 3400)
"""Bands that every telephone line carries."""

ABOVE: Bands = _CENTRE >= 3400
BELOW: Bands = _CENTRE <= 320
PAST_HALF: Bands = _CENTRE > 3900
"""What 8,000 samples a second do not carry."""

HIGHEST_OF_LINE = 4_800
"""Hz above which a narrow line leaves nothing: half of 8,000 samples a second, and what resampling filters
mirror just above it."""

_BEYOND: Bands = _CENTRE > HIGHEST_OF_LINE
_DEEP: Bands = _CENTRE < 200

EMPTY_ABOVE = -58.0
"""dB from the loudest band that is carried to the loudest beyond, below which nothing came from there. Of 800
recordings of CREMA-D's training actors and 6 utterances of a synthesiser the dullest had -54; of 60 of
development actors over a telephone or at 8,000 samples a second the brightest had -62."""

NOTHING = -99.0
"""dB that are next to nothing: what is softer everywhere beyond is not there, however soft the rest is."""

LOUD = 97
"""Percentile over an utterance's frames that stands for how loud a band gets; a click is in fewer of them."""

EMPTY_BELOW = -18.0
"""The same towards bands under 200 Hz, once nothing came from above: of 800 recordings over a telephone 97 in
100 lie under it, of whole ones 10."""

RANGE = 80.0
"""Cells further than so many dB below the loudest carried one count as lying so far below it."""

SOFT = 10
"""Percentile over an utterance's frames that stands for what is there when nobody speaks."""

RIDGE = 10.0
"""Added to the diagonal of the normal equations."""

_CARRIED = int(CARRIED.sum())
INPUTS = 5 * _CARRIED + 1
OUTPUTS = int((ABOVE | BELOW).sum())


def lacking(frames: NDArray[np.floating]) -> Bands:
    """Bands that the line an utterance came over did not carry, (64,); none where it came whole.

    A telephone line lacks both ends, a recording of 8,000 samples a second the upper one. A hum or a whistle
    without any noise around it looks the same.

    Args:
        frames: as `heartsay.media.log_mel` gives them, in dB, (T, 64).
    """
    level = np.percentile(frames, LOUD, axis=0)
    loudest, beyond = level[CARRIED].max(), level[_BEYOND].max()
    if beyond >= max(loudest + EMPTY_ABOVE, NOTHING):
        return np.zeros(MEL_BANDS, np.bool_)
    return ABOVE | BELOW if level[_DEEP].max() - loudest < EMPTY_BELOW else PAST_HALF


def named(missing: Bands) -> str:
    """Missing bands in words."""
    return "above 3,400 Hz and below 300 Hz" if missing[BELOW].any() else "above 4,000 Hz"


def completed(frames: Frames, weights: NDArray[np.float32], missing: Bands) -> Frames:
    """Frames with what is missing put back, (T, 64); the other bands are as they were.

    Args:
        frames: in dB, (T, 64).
        weights: as `fit` gives them.
        missing: as `lacking` gives them, (64,).
    """
    moving, still, loudest = _described(frames)
    parts = np.split(weights.astype(np.float64), [_CARRIED * (k + 1) for k in range(len(moving))])
    *by_frame, by_utterance = parts
    # Part by part: one large product would wake a thread per core for less than a millisecond.
    beside = sum((each @ part for each, part in zip(moving, by_frame, strict=True)), still @ by_utterance)
    whole = np.array(frames, np.float32)
    whole[:, ABOVE | BELOW] = beside + loudest
    return np.where(missing, whole, frames)


def fit(pairs: Iterable[tuple[NDArray[np.floating], NDArray[np.floating]]]) -> NDArray[np.float32]:
    """The map from what is carried to what is not, (INPUTS, OUTPUTS).

    Args:
        pairs: frames of an utterance over the line and without it, (T, 64) each.
    """
    squares, products = np.zeros((INPUTS, INPUTS)), np.zeros((INPUTS, OUTPUTS))
    for narrow, wide in pairs:
        moving, still, loudest = _described(narrow)
        rows = np.concatenate([*moving, np.broadcast_to(still, (len(narrow), len(still)))], axis=1)
        wanted = np.maximum(np.asarray(wide[:, ABOVE | BELOW], np.float64) - loudest, -RANGE)
        squares += rows.T @ rows
        products += rows.T @ wanted
    found = np.linalg.solve(squares + RIDGE * np.eye(INPUTS), products)
    return np.asarray(found, np.float32)


def _described(frames: NDArray[np.floating]) -> tuple[list[Floats], Floats, float]:
    """What the map is given: of each frame, of the whole utterance, and the loudest carried cell in dB.

    Returns:
        The carried bands of each frame, of the one before and of the one after, (T, C) each; their mean and
        their soft level over the utterance, and 1, (2 C + 1,); the level that all but the 1 are relative to.
    """
    carried = np.asarray(frames[:, CARRIED], np.float64)
    loudest = float(carried.max())
    carried = np.maximum(carried - loudest, -RANGE)
    place = np.arange(len(carried))
    before, after = carried[np.maximum(place - 1, 0)], carried[np.minimum(place + 1, len(carried) - 1)]
    still = np.concatenate([carried.mean(0), np.percentile(carried, SOFT, axis=0), [1.0]])
    return [carried, before, after], still, loudest
