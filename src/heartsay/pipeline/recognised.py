"""What a machine recognised of an utterance's words, and whether it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heartsay.analysis import Recognition
from heartsay.conversation import Utterance

DOUBTFUL = 0.5
"""Probability of a word below which it is marked."""

TRUSTED = 0.6
"""Mean probability of an utterance's words below which its reading is left open."""

FLATTER = 1.2
"""By how much a distribution is flattened for each unit that the mean probability of the words lacks to 1.

Fitted to likelihood on 568 lines of MELD's development talk as tiny.en heard them from espeak-ng's voices in
noise (`benchmarks/recognised.py`); 1.1 to 1.4 where a tenth of the conversations was left out.
"""

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


def flattened(probabilities: NDArray[np.float64], utterances: Sequence[Utterance]) -> NDArray[np.float64]:
    """Distributions, (T, C), less sure the less surely the words were recognised; others stay as they are.

    Each is raised to 1 / (1 + `FLATTER` * (1 - mean probability of its words)), so that the order of emotions
    stays and words that are certain change nothing.
    """
    means = [None if u.words is None else _mean(u) for u in utterances]
    lacking = np.array([0.0 if mean is None else 1 - mean for mean in means])
    if not lacking.any():
        return probabilities
    powers = probabilities ** (1 / (1 + FLATTER * lacking))[:, None]
    return np.where(lacking[:, None] > 0, powers / powers.sum(1, keepdims=True), probabilities)


def why_doubtful(utterance: Utterance) -> str | None:
    """Why a reading of these words should not be used without listening; None where it may be."""
    if utterance.words is None or (mean := _mean(utterance)) is None or mean >= TRUSTED:
        return None
    return f"its words were recognised badly: their mean probability is {mean:.0%}, under {TRUSTED:.0%}"


def _mean(utterance: Utterance) -> float | None:
    words = utterance.words or ()
    return min(1.0, sum(word.probability for word in words) / len(words)) if words else None
