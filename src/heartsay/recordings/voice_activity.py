"""Where in a recording somebody speaks, by Silero's model of voice activity (snakers4/silero-vad, MIT).

The model gives a probability for every 32 ms and carries its state along, so that a recording is read block
by block. `stretches` makes of them what counts as an utterance where no transcript says.

Over a telephone the model hears hardly any voice: it misses what lies above the line's band. There it listens
a second and a third time: at a tenth of the level, and with a faint mirror image of the band above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay.media.narrow_band import HIGHEST_OF_LINE
from heartsay.recordings.packaged import silero_file
from heartsay.runtime.graph import Graph

Floats = NDArray[np.float32]

WINDOW, BEFORE = 512, 64
"""Samples of a step, and of what lies before it that the model sees too."""

STEP = WINDOW / 16_000
"""Seconds from one probability to the next."""

SPEECH, SILENCE = 0.5, 0.35
"""Probabilities from which speech begins, and below which it ends."""

SHORTEST, PAUSE, MARGIN, LONGEST = 0.25, 0.5, 0.1, 15.0
"""Seconds: of the shortest speech that counts, of the pause that ends it, that are added around it, and after
which a stretch is cut where speech is least likely."""


NARROW = 1e-6
"""Share of the power above `HIGHEST_OF_LINE` below which a recording is taken to come over such a line."""

FORGOTTEN = 0.03
"""Share of the power so far that is forgotten with each block: what follows a jingle is judged anew."""

FAINT = 0.1
"""Level of what is listened to over a telephone, and of the mirror image, to the recording's own."""

BOLDER = 0.576
"""Exponent of the probabilities over a telephone, which takes 0.3 to `SPEECH`. Chosen with `FAINT` on talk
composed of CREMA-D's development actors: of their speech 67% was missed as it was, 4% is now."""


class Stretch(NamedTuple):
    """Speech from one time to another, in seconds."""

    start: float
    end: float


def speech_probabilities(blocks: Iterable[Floats]) -> Iterator[Floats]:
    """Probability that somebody speaks, for every `STEP` of a recording.

    Args:
        blocks: one channel at 16 kHz from the start, (N,) each.

    Yields:
        (K,) for each block; the last step is filled with silence.

    Raises:
        MissingDependencyError: the extra `media` is not installed.
        ModelError: the model is not the one that is known.
    """
    graph = _graph()
    plain, soft, mirrored = _Ear(graph), _Ear(graph, FAINT), _Ear(graph, 1.0, FAINT)
    above = whole = 0.0
    narrow = False
    for block in chain(blocks, [None]):  # after the last, what is left over
        if block is not None:
            high, power = _power(block)
            above, whole = above * (1 - FORGOTTEN) + high, whole * (1 - FORGOTTEN) + power
            narrow = above < NARROW * whole
        found = plain.hear(block)
        # All three have to be in step, even where two of them are not asked.
        others = [ear.hear(block) if narrow else ear.skip(block) for ear in (soft, mirrored)]
        if narrow:
            found = np.maximum(found, np.maximum(*others) ** BOLDER)
        if len(found):
            yield found


class _Ear:
    """The model along a recording, with what it carries from block to block.

    Args:
        graph: the model.
        level: what samples are multiplied by.
        image: how much of the spectrum's mirror image is added, in which 0 and 8,000 Hz change places.
    """

    def __init__(self, graph: Graph, level: float = 1.0, image: float = 0.0) -> None:
        self._graph, self._level, self._image = graph, np.float32(level), np.float32(image)
        self._state = {name: np.zeros((1, 1, 128), np.float32) for name in ("h", "c")}
        self._rest = np.zeros(BEFORE, np.float32)  # what the next step sees before it, then what is left over

    def hear(self, block: Floats | None) -> Floats:
        """Probabilities of the steps that a block completes; after the last block, None, of what is left."""
        samples = self._steps(block)
        if len(samples) == BEFORE:
            return np.zeros(0, np.float32)
        steps = np.lib.stride_tricks.sliding_window_view(samples, BEFORE + WINDOW)[::WINDOW] * self._level
        if self._image:  # steps begin at even samples, so that the image has the same phase in all of them
            steps = steps + self._image * steps * _ALTERNATING
        found = self._graph.run({"input": np.ascontiguousarray(steps), **self._state})
        self._state = {"h": found["hn"], "c": found["cn"]}
        return found["speech_probs"].reshape(-1)

    def skip(self, block: Floats | None) -> Floats:
        """Pass a block over; nothing is known of it."""
        return np.zeros((len(self._steps(block)) - BEFORE) // WINDOW, np.float32)

    def _steps(self, block: Floats | None) -> Floats:
        """The samples of whole steps and `BEFORE` of what lies before them; the rest is kept."""
        if block is None:
            left = len(self._rest) - BEFORE
            block = np.zeros(WINDOW - left if left else 0, np.float32)
        samples = np.concatenate([self._rest, block])
        end = (len(samples) - BEFORE) // WINDOW * WINDOW
        self._rest = samples[end:]
        return samples[: BEFORE + end]


_ALTERNATING = np.where(np.arange(BEFORE + WINDOW) % 2, -1, 1).astype(np.float32)


def _power(block: Floats) -> tuple[float, float]:
    """Power above the band of a telephone line, and all of it."""
    if not len(block):
        return 0.0, 0.0
    power = np.abs(np.fft.rfft(block * np.hanning(len(block)))) ** 2
    return float(power[round(HIGHEST_OF_LINE * len(block) / 16_000) :].sum()), float(power.sum())


def stretches(probabilities: Floats, seconds: float) -> list[Stretch]:
    """Stretches of speech, in order and apart.

    Args:
        probabilities: of every `STEP`, (K,).
        seconds: length of the recording.
    """
    found: list[tuple[int, int]] = []
    for first, last in _runs(probabilities):
        if found and (first - found[-1][1]) * STEP < PAUSE:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    lasting = [run for run in found if (run[1] - run[0]) * STEP >= SHORTEST]
    cut = [part for run in lasting for part in _parts(*run, probabilities)]
    margins = [MARGIN] * (len(cut) + 1)
    for k, ((_, last), (first, _)) in enumerate(pairwise(cut), 1):
        margins[k] = min(MARGIN, (first - last) * STEP / 2)
    return [
        Stretch(max(0.0, first * STEP - margins[k]), min(seconds, last * STEP + margins[k + 1]))
        for k, (first, last) in enumerate(cut)
        if first * STEP < seconds
    ]


@cache
def _graph() -> Graph:
    return Graph(silero_file(), ("input", "h", "c"), ("speech_probs", "hn", "cn"))


def _runs(probabilities: Floats) -> Iterator[tuple[int, int]]:
    """First step and the one after the last of each run that begins at `SPEECH` and ends below `SILENCE`."""
    start: int | None = None
    for k, probability in enumerate(probabilities.tolist()):
        if start is None and probability >= SPEECH:
            start = k
        elif start is not None and probability < SILENCE:
            yield start, k
            start = None
    if start is not None:
        yield start, len(probabilities)


def _parts(first: int, last: int, probabilities: Floats) -> Iterator[tuple[int, int]]:
    """A run in parts of at most `LONGEST`, cut in the second half of what is too long."""
    most = round(LONGEST / STEP)
    while last - first > most:
        half = first + most // 2
        cut = half + int(probabilities[half : first + most].argmin())
        yield first, cut
        first = cut
    yield first, last
