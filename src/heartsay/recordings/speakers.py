"""Who speaks when: windows of voice grouped by likeness, and turns cut where the group changes."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from heartsay.recordings.clustering import centres, cluster, in_order
from heartsay.recordings.encoder import SpeakerEncoder
from heartsay.recordings.voice_activity import Stretch

RATE = 16_000
WINDOW, HOP = 1.2, 0.4
"""Seconds of a window, and from one to the next within a stretch."""

SHORTEST = 0.3
"""Seconds of voice below which nothing is said about whose it is."""


@dataclass
class Windows:
    """Windows of voice, gathered while a recording is read.

    Attributes:
        encoder: what turns them into vectors.
        span: which stretch each is of.
        start: seconds.
        end: seconds.
    """

    encoder: SpeakerEncoder
    span: list[int] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    end: list[float] = field(default_factory=list)
    _numbers: array[float] = field(default_factory=lambda: array("f"))

    def add(self, span: int, stretch: Stretch, samples: NDArray[np.float32]) -> None:
        """Take in the voice of a stretch, (N,) at 16 kHz; what is too short is left out."""
        seconds = len(samples) / RATE
        if seconds < SHORTEST:
            return
        count = max(1, 1 + int((seconds - WINDOW) / HOP + 0.5))
        last = max(0.0, seconds - WINDOW)
        starts = np.linspace(0, last, count)
        length = round(min(WINDOW, seconds) * RATE)
        voices = [samples[round(s * RATE) :][:length] for s in starts.tolist()]
        self._numbers.frombytes(self.encoder.vectors(voices).astype(np.float32).tobytes())
        self.span += [span] * count
        self.start += [stretch.start + s for s in starts.tolist()]
        self.end += [stretch.start + s + length / RATE for s in starts.tolist()]

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Of all windows, (N, D), without another copy; nothing can be added as long as somebody has them."""
        numbers = np.frombuffer(self._numbers, np.float32)
        return numbers.reshape(len(self.span), -1) if self.span else np.zeros((0, 0), np.float32)

    def middles(self) -> NDArray[np.float64]:
        """When each window is half over, in seconds, (N,)."""
        return np.asarray((np.array(self.start) + np.array(self.end)) / 2)


@dataclass(frozen=True)
class Turn:
    """A part of a stretch with one speaker.

    Attributes:
        span: which stretch it is of.
        stretch: from when to when.
        speaker: number, from 0 in the order of appearance; -1 where it was too short to tell.
        confidence: probability that the speaker is the right one, as it held where the number of speakers
            was known; None where it was not told, or all is taken for one person.
    """

    span: int
    stretch: Stretch
    speaker: int
    confidence: float | None


def turns(
    windows: Windows, spans: Sequence[Stretch], number: int | None = None, *, cut: bool = True
) -> list[Turn]:
    """The turns of a recording, in order; a stretch that was too short to tell goes to the speaker before it.

    Args:
        windows: of all stretches.
        spans: the stretches, in order.
        number: of speakers, if known.
        cut: whether a stretch may have several turns; otherwise most of it decides.
    """
    if not windows.span:
        return [Turn(k, stretch, 0, None) for k, stretch in enumerate(spans)]
    vectors = windows.vectors
    speaker = cluster(vectors, windows.middles(), windows.encoder.threshold, number)
    if speaker.max() == 0:  # that nobody else speaks was not tried against anybody
        return [Turn(k, stretch, 0, None) for k, stretch in enumerate(spans)]
    confidence = windows.encoder.confidence(lead(vectors, speaker))
    rows: dict[int, list[int]] = {}
    for row, span in enumerate(windows.span):
        rows.setdefault(span, []).append(row)
    found: list[Turn] = []
    for k, stretch in enumerate(spans):
        mine = rows.get(k)
        if mine is None:
            found.append(Turn(k, stretch, found[-1].speaker if found else -1, None))
            continue
        labels = speaker[mine]
        if not cut:
            labels = np.full(len(labels), np.bincount(labels, weights=confidence[mine]).argmax())
        found += _turns_of(k, stretch, mine, labels, windows, speaker, confidence)
    first = next((turn.speaker for turn in found if turn.speaker >= 0), 0)
    found = [t if t.speaker >= 0 else Turn(t.span, t.stretch, first, None) for t in found]
    order = in_order(np.array([turn.speaker for turn in found]))
    return [Turn(t.span, t.stretch, int(s), t.confidence) for t, s in zip(found, order, strict=True)]


def _turns_of(
    span: int,
    stretch: Stretch,
    rows: Sequence[int],
    labels: NDArray[np.int64],
    windows: Windows,
    speaker: NDArray[np.int64],
    confidence: NDArray[np.float64],
) -> list[Turn]:
    """Cut half-way between the middles of two windows of different speakers."""
    found = []
    first, start = 0, stretch.start
    for k in range(1, len(rows) + 1):
        if k < len(rows) and labels[k] == labels[first]:
            continue
        end = stretch.end
        if k < len(rows):
            middles = [(windows.start[rows[j]] + windows.end[rows[j]]) / 2 for j in (k - 1, k)]
            end = sum(middles) / 2
        own = [
            c if speaker[r] == labels[first] else 1 - c
            for r, c in zip(rows[first:k], confidence[list(rows[first:k])], strict=True)
        ]
        found.append(Turn(span, Stretch(start, end), int(labels[first]), float(np.mean(own))))
        first, start = k, end
    return found


def lead(vectors: NDArray[np.float32], speaker: NDArray[np.int64]) -> NDArray[np.float64]:
    """By how much each vector is nearer to its own speaker than to the next, (N,); of two or more."""
    likeness = (vectors @ centres(vectors, speaker).T.astype(vectors.dtype)).astype(np.float64)
    own = likeness[np.arange(len(speaker)), speaker]
    likeness[np.arange(len(speaker)), speaker] = -np.inf
    return np.asarray(own - likeness.max(1))
