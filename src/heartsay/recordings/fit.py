"""Whether the times of a transcript are those of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation
from heartsay.recordings.voice_activity import SPEECH, STEP

Floats = NDArray[np.float64]

FITTING = 0.2
"""Correlation between when somebody speaks and when the transcript says so, from which it may fit."""

BETTER, MOST_MOVED = 0.25, 600.0
"""By how much correlation grows where a move is worth naming, and seconds of the largest that is tried."""

EVERYWHERE = 0.05
"""Share of silence, or of speech, below which there is nothing to compare."""


def doubts(conversation: Conversation, probabilities: NDArray[np.float32], seconds: float) -> list[str]:
    """Sentences about a transcript whose times do not fit; none where they do.

    Args:
        conversation: of the transcript.
        probabilities: that somebody speaks, for every `STEP`.
        seconds: length of the recording.
    """
    spans = [(u.start, u.end) for u in conversation.utterances if u.start is not None and u.end is not None]
    if not spans:
        return ["the transcript has no times, so that nothing of the recording can be put beside its words"]
    found = []
    without = len(conversation) - len(spans)
    if without:
        found.append(f"{without} of {len(conversation)} utterances of the transcript have no times")
    past = sum(start >= seconds for start, _ in spans)
    if past:
        found.append(
            f"{past} of {len(conversation)} utterances of the transcript start after the end of the recording"
            f" ({seconds:.1f} s)"
        )
    said, heard = _said(spans, len(probabilities)), (probabilities >= SPEECH).astype(np.float64)
    if min(said.mean(), 1 - said.mean(), heard.mean(), 1 - heard.mean()) < EVERYWHERE:
        if heard.mean() < EVERYWHERE < said.mean():
            found.append(
                "hardly any speech is heard where the transcript has words: it may be of another recording"
            )
        return found
    here, (moved, there) = _correlation(said, heard), _best_move(said, heard)
    if there >= FITTING + BETTER and there - here >= BETTER:
        direction = "later" if moved > 0 else "earlier"
        found.append(
            f"the transcript does not fit as it is: it would fit the speech much better"
            f" {abs(moved):.1f} s {direction}; shift its times"
        )
    elif here < FITTING:
        found.append(
            "the transcript's times do not fit the speech that is heard: it may be of another recording"
        )
    return found


def _said(spans: list[tuple[float, float]], length: int) -> Floats:
    said = np.zeros(length)
    for start, end in spans:
        said[max(0, round(start / STEP)) : max(0, round(end / STEP))] = 1
    return said


def _correlation(said: Floats, heard: Floats) -> float:
    return float(np.corrcoef(said, heard)[0, 1])


def _best_move(said: Floats, heard: Floats) -> tuple[float, float]:
    """Seconds by which the transcript fits best, positive for later, and the correlation there."""
    a, b = said - said.mean(), heard - heard.mean()
    size = 2 * len(a)
    products = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)), size)
    most = min(len(a) - 1, round(MOST_MOVED / STEP))
    moves = np.arange(-most, most + 1)
    # Sums over what overlaps; where that is a part alone, likeness by chance is large, so the whole divides.
    found = products[moves] / np.sqrt((a**2).sum() * (b**2).sum())
    best = int(found.argmax())
    return float(moves[best] * STEP), float(found[best])
