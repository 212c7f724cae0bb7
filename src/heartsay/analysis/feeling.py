"""Whether there is a feeling at all, as a distribution tells it, and what is worth listening to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from heartsay.analysis.document import Analysis, Emotion, Feeling, UtteranceAnalysis

EVEN: Final = 0.5
"""Probability of a feeling from which it is found where a calibration has no mark of its own."""

NEUTRAL: Final = "neutral"
"""The label that is no feeling."""


def feeling_in(
    distribution: Mapping[str, float], mark: float = EVEN, digits: int = 6, calibrated: float | None = None
) -> Feeling | None:
    """What a calibrated distribution says of whether there is a feeling, and of which one.

    Args:
        distribution: probability of each emotion.
        mark: probability of a feeling from which it is found.
        digits: that are kept.
        calibrated: the probability of a feeling, where it was calibrated by itself; else it is what neutral
            leaves.

    Returns:
        None where there is no distribution, or none with a neutral label and another.
    """
    others = {name: p for name, p in distribution.items() if name != NEUTRAL}
    if not others or NEUTRAL not in distribution:
        return None
    left = 1.0 - distribution[NEUTRAL] if calibrated is None else calibrated
    probability, total = round(left, digits), sum(others.values())
    if probability <= 0.0 or total <= 0.0:
        return Feeling(probability=0.0, likeliest=None, confidence=None, found=False)
    likeliest = max(others, key=others.__getitem__)
    return Feeling(
        probability=probability,
        likeliest=likeliest,
        confidence=round(min(1.0, others[likeliest] / total), digits),
        found=probability >= mark,
    )


def feeling_of(emotion: Emotion) -> Feeling | None:
    """What an emotion says of whether there is a feeling; where it does not, what its distribution says."""
    return emotion.feeling or feeling_in(emotion.distribution)


def passages(analysis: Analysis) -> list[tuple[UtteranceAnalysis, Feeling]]:
    """The utterances by how likely a feeling is, likeliest first: what is worth listening to.

    An utterance that was not read, or that has no chance of a feeling, is left out.
    """
    told = [(u, feeling_of(u.emotion)) for u in analysis.utterances]
    known = [(u, feeling) for u, feeling in told if feeling is not None and feeling.likeliest is not None]
    return sorted(known, key=lambda pair: -pair[1].probability)
