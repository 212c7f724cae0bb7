"""Which of the faces that are seen in an utterance speaks: the one whose mouth moves with the voice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from heartsay.media.face_tracks import Seen
from heartsay.media.signals import Face, Voice

FOUND = 2
"""Pictures in which a face has to be found, so that what looks like one for a moment is none."""

MOVES = 0.03
"""Motion of a mouth with the voice from which it is said to move; it is 0.1 in a talking face that was filmed
(the test sequence Carphone) and 0.00 in a portrait that is shifted."""

LEAD = 0.7
"""Share of the largest motion that the next may have before it cannot be told which of two faces speaks."""

QUIET = 30.0
"""dB below the loudest part of an utterance at which nobody is heard."""

AROUND = 0.15
"""Seconds about a picture in which the voice counts as beside it."""


@dataclass
class Candidate:
    """One face in one utterance.

    Attributes:
        seconds: of the pictures that show it move.
        motions: of its mouth in these, as `Seen.motion`.
        faces: cut out, by the fifth of the utterance.
        found: pictures in which it was found.
    """

    seconds: list[float] = field(default_factory=list)
    motions: list[float] = field(default_factory=list)
    faces: dict[int, Face] = field(default_factory=dict)
    found: int = 0

    def add(self, seconds: float, part: int, seen: Seen) -> None:
        """Take in another picture of it."""
        if seen.motion is not None:
            self.seconds.append(seconds)
            self.motions.append(seen.motion)
        if seen.face is not None:
            self.found += 1
            self.faces.setdefault(part, seen.face)

    def speaks(self, voice: Voice | None, start: float) -> float:
        """How much its mouth moves with a voice from `start` on; motion in silence counts against it."""
        if not self.motions:
            return 0.0
        heard = loudness(voice, np.array(self.seconds) - start)
        return float(np.mean(np.array(self.motions) * (2 * heard - 1)))


def choose(candidates: Sequence[Candidate], voice: Voice | None, start: float) -> tuple[list[Candidate], str]:
    """The face that speaks, and what is to be said of that: why there is none, or what is doubtful.

    Where shots change or a face is lost for a moment, it is one candidate after the other; rivals are those
    that are seen at the same time.

    Args:
        candidates: faces of an utterance.
        voice: of it.
        start: of the voice, in seconds.

    Returns:
        The candidates that are the face, the surest first; none where it cannot be told.
    """
    lasting = [candidate for candidate in candidates if candidate.found >= FOUND]
    if not lasting:
        once = any(candidate.found for candidate in candidates)
        return [], "a face was found in one picture alone" if once else "no face was found"
    at_once = max(Counter(moment for c in lasting for moment in c.seconds).values(), default=1)
    scores = {id(c): c.speaks(voice, start) for c in lasting}
    moving = sorted((c for c in lasting if scores[id(c)] >= MOVES), key=lambda c: -scores[id(c)])
    if not moving:
        whose = "the face that was found does not move" if at_once == 1 else f"none of {at_once} faces moves"
        return [], f"{whose} its mouth with the voice"
    chosen = [
        one
        for one in moving
        if not any(
            scores[id(other)] > LEAD * scores[id(one)] and set(other.seconds) & set(one.seconds)
            for other in moving
            if other is not one
        )
    ]
    if not chosen:
        return [], f"{at_once} faces were found, and it cannot be told which of them speaks"
    return chosen, "" if at_once == 1 else f"one of {at_once} faces, chosen by its mouth"


def loudness(voice: Voice | None, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """How loud a voice is at some moments, from 0 to 1 where it is loudest, on a scale of dB.

    Args:
        voice: None counts as loud all along.
        seconds: from its start.
    """
    if voice is None or not len(voice.samples):
        return np.ones(len(seconds))
    power = np.concatenate([[0.0], np.cumsum(voice.samples.astype(np.float64) ** 2)])
    first, last = (
        np.round((seconds + side) * voice.rate).astype(np.int64).clip(0, len(voice.samples))
        for side in (-AROUND, AROUND)
    )
    levels = 10 * np.log10((power[last] - power[first]) / np.maximum(last - first, 1) + 1e-10)
    return np.asarray((1 + (levels - levels.max()) / QUIET).clip(0, 1))
