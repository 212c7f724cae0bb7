"""Where in a recording somebody speaks, by Silero's model of voice activity (snakers4/silero-vad, MIT).

The model gives a probability for every 32 ms and carries its state along, so that a recording is read block
by block. `stretches` makes of them what counts as an utterance where no transcript says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    state = {name: np.zeros((1, 1, 128), np.float32) for name in ("h", "c")}
    rest = np.zeros(BEFORE, np.float32)  # what the next step sees before it, then what is left over

    def read(samples: Floats) -> Floats:
        steps = np.lib.stride_tricks.sliding_window_view(samples, BEFORE + WINDOW)[::WINDOW]
        found = graph.run({"input": np.ascontiguousarray(steps), **state})
        state.update(h=found["hn"], c=found["cn"])
        return found["speech_probs"].reshape(-1)

    for block in blocks:
        samples = np.concatenate([rest, block])
        steps = (len(samples) - BEFORE) // WINDOW
        rest = samples[steps * WINDOW :]
        if steps:
            yield read(samples[: BEFORE + steps * WINDOW])
    if len(rest) > BEFORE:
        yield read(np.pad(rest, (0, BEFORE + WINDOW - len(rest))))


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
