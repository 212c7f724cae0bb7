"""What the confidence of a pair of utterances depends on, sign by sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from heartsay.calibration.softmax import softmax
from heartsay.metrics.checks import FloatArray

PAIR_FEATURES = ("pair_log_odds", "is_self", "is_previous", "is_second", "log_distance")
"""The signs that confidence of pairs is fitted to, and the score of links. That the emotion may be neutral is
none: the pair head has seen it, and cross-validated over development conversations it adds nothing."""

SMALLEST = 1e-6
"""Probabilities are kept this far from 0 and 1 before their log-odds are taken."""

_SIGNS: dict[str, Callable[[FloatArray, FloatArray, FloatArray], FloatArray]] = {
    "pair_log_odds": lambda log_odds, neutral, distance: log_odds,
    "non_neutral_log_odds": lambda log_odds, neutral, distance: np.log1p(-neutral) - np.log(neutral),
    "is_self": lambda log_odds, neutral, distance: np.asarray(distance == 0, np.float64),
    "is_previous": lambda log_odds, neutral, distance: np.asarray(distance == 1, np.float64),
    "is_second": lambda log_odds, neutral, distance: np.asarray(distance == 2, np.float64),
    "is_future": lambda log_odds, neutral, distance: np.asarray(distance < 0, np.float64),
    "log_distance": lambda log_odds, neutral, distance: np.log1p(np.maximum(distance, 0.0)),
}
"""Every sign by its name, also those that calibrations were fitted to before."""


def check_pair_features(names: Sequence[str]) -> None:
    """Raise a ValueError that lists the names which are no sign's."""
    if unknown := [name for name in names if name not in _SIGNS]:
        raise ValueError(f"a pair has no sign {', '.join(unknown)}, only {', '.join(_SIGNS)}")


def pair_features(
    log_odds: npt.ArrayLike,
    neutral: npt.ArrayLike,
    distance: npt.ArrayLike,
    names: Sequence[str] = PAIR_FEATURES,
) -> FloatArray:
    """What a pair's confidence depends on, (P, F).

    Args:
        log_odds: the pair head's score, (P,).
        neutral: calibrated probability that the utterance with the emotion is neutral, (P,).
        distance: index of the utterance with the emotion minus that of the cause, (P,).
        names: of the F signs, in order.

    Raises:
        ValueError: a name that is no sign's.
    """
    check_pair_features(names)
    kept = np.clip(np.asarray(neutral, dtype=np.float64), SMALLEST, 1 - SMALLEST)
    score, apart = np.asarray(log_odds, dtype=np.float64), np.asarray(distance, dtype=np.float64)
    return np.stack([_SIGNS[name](score, kept, apart) for name in names], axis=-1)


def link_features(
    log_odds: npt.ArrayLike,
    logits: npt.ArrayLike,
    distance: npt.ArrayLike,
    neutral: int,
    names: Sequence[str] = PAIR_FEATURES,
) -> FloatArray:
    """What a link's score depends on, (P, F): as `pair_features`, but owing nothing to a fitted temperature.

    Args:
        log_odds: the pair head's score, (P,).
        logits: emotion logits of the utterance with the emotion, (P, C).
        distance: index of the utterance with the emotion minus that of the cause, (P,).
        neutral: index of the neutral label.
        names: of the F signs, in order.

    Raises:
        ValueError: a name that is no sign's.
    """
    share = softmax(np.asarray(logits, dtype=np.float64))[:, neutral]
    return pair_features(log_odds, share, distance, names)
