"""Calls recorded with each speaker on a channel of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from heartsay.recordings.voice_activity import WINDOW, Stretch

Floats = NDArray[np.float32]

APART = 10.0
"""dB by which one channel is louder than the other where only its speaker is heard."""

ALMOST_ALWAYS = 0.9
"""Share of the time with speech in which one channel is louder by so much, in a call."""

HEARD = 0.03
"""Least share of that time that is the softer speaker's."""


class Levels:
    """Levels of two channels, gathered while a recording is read."""

    def __init__(self) -> None:
        self._rest = np.zeros((2, 0), np.float32)
        self._found: list[NDArray[np.float32]] = []

    def watch(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        """Hand on the mean of the channels of each block, (2, N) to (N,)."""
        for block in blocks:
            samples = np.concatenate([self._rest, block], 1)
            steps = samples.shape[1] // WINDOW
            parts = samples[:, : steps * WINDOW].reshape(2, steps, WINDOW)
            self._found.append(
                10 * np.log10((parts.astype(np.float64) ** 2).mean(2) + 1e-10).astype(np.float32)
            )
            self._rest = samples[:, steps * WINDOW :]
            yield block.mean(0)

    def sides(self) -> Floats:
        """By how many dB the first channel is louder in each step, (K,)."""
        levels = np.concatenate(self._found, 1) if self._found else np.zeros((2, 0), np.float32)
        return np.asarray(levels[0] - levels[1])


def is_call(sides: Floats, speech: NDArray[np.bool_]) -> bool:
    """Whether each channel has a speaker of its own.

    Args:
        sides: as of `Levels`, (K,).
        speech: whether somebody speaks, (K,).
    """
    length = min(len(sides), len(speech))
    heard = sides[:length][speech[:length]]
    if not len(heard):
        return False
    first, second = float((heard >= APART).mean()), float((heard <= -APART).mean())
    return first + second >= ALMOST_ALWAYS and min(first, second) >= HEARD


def channel_of(sides: Floats, span: Stretch, step: float) -> int:
    """On which channel somebody speaks in a span, 0 or 1: the one that is louder for most of what is heard.

    Args:
        sides: as of `Levels`, (K,).
        span: from when to when.
        step: seconds of a step.
    """
    first = round(span.start / step)
    here = sides[first : max(first + 1, round(span.end / step))]
    clear = here[np.abs(here) >= APART / 2]
    return int(np.median(clear if len(clear) else here) < 0) if len(here) else 0


def by_channel(sides: Floats, speech: Iterable[Stretch], step: float) -> list[tuple[Stretch, int]]:
    """Stretches of speech cut where the other channel takes over for good, with their channel, 0 or 1.

    Args:
        sides: as of `Levels`, (K,).
        speech: stretches in order.
        step: seconds of a step.
    """
    found: list[tuple[Stretch, int]] = []
    for stretch in speech:
        first, last = (
            round(stretch.start / step),
            max(round(stretch.start / step) + 1, round(stretch.end / step)),
        )
        here = sides[first:last]
        if not len(here):
            continue
        # A median over half a second, so that an echo or a cough does not cut.
        wide = max(1, round(0.5 / step)) | 1
        padded = np.pad(here, wide // 2, mode="edge")
        smooth = np.median(np.lib.stride_tricks.sliding_window_view(padded, wide), 1)
        # Where neither is louder, as around the words, the step before it decides, or the first one after.
        decided = np.flatnonzero(np.abs(smooth) >= APART / 2)
        if not len(decided):
            decided = np.arange(len(smooth))
        before = np.searchsorted(decided, np.arange(len(smooth)), side="right") - 1
        channel = (smooth[decided[np.maximum(before, 0)]] < 0).astype(int)
        borders = [0, *(np.flatnonzero(np.diff(channel)) + 1).tolist(), len(channel)]
        start = stretch.start
        for a, b in pairwise(borders):
            end = stretch.end if b == len(channel) else (first + b) * step
            found.append((Stretch(start, end), int(channel[a])))
            start = end
    return found
