"""What a machine recognised of an utterance's words, and whether it can be trusted."""

from __future__ import annotations

from heartsay.analysis import Recognition
from heartsay.conversation import Utterance

DOUBTFUL = 0.5
"""Probability of a word below which it is marked."""

TRUSTED = 0.6
"""Mean probability of an utterance's words below which its reading is left open."""

DIGITS = 4


def recognition(utterance: Utterance) -> Recognition | None:
    """How surely the words were recognised; None where they were not recognised but given."""
    if utterance.words is None:
        return None
    mean = _mean(utterance)
    return Recognition(
        probability=None if mean is None else round(mean, DIGITS),
        doubtful=sum(word.probability < DOUBTFUL for word in utterance.words),
        words=[
            (word.text, round(word.start, 3), round(word.end, 3), round(min(1.0, word.probability), DIGITS))
            for word in utterance.words
        ],
    )


def why_doubtful(utterance: Utterance) -> str | None:
    """Why a reading of these words should not be used without listening; None where it may be."""
    if utterance.words is None or (mean := _mean(utterance)) is None or mean >= TRUSTED:
        return None
    return f"its words were recognised badly: their mean probability is {mean:.0%}, under {TRUSTED:.0%}"


def _mean(utterance: Utterance) -> float | None:
    words = utterance.words or ()
    return min(1.0, sum(word.probability for word in words) / len(words)) if words else None
