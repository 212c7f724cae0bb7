"""All that turns one model's scores into confidences, kept together because it was fitted together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from undertone.calibration.conformal import ConformalSets
from undertone.calibration.links import LinkSelection
from undertone.calibration.logistic import LogisticCalibration
from undertone.calibration.selective import AbstentionRule
from undertone.calibration.softmax import softmax
from undertone.calibration.temperature import Temperature
from undertone.metrics.checks import BoolArray, FloatArray

PAIR_FEATURES = ("pair_log_odds", "non_neutral_log_odds", "is_self", "is_previous", "is_future")
"""What a pair's confidence depends on, in the order that `pair_features` gives."""

SMALLEST = 1e-6
"""Probabilities are kept this far from 0 and 1 before their log-odds are taken."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted calibrators of one model.

    Attributes:
        emotion: emotion logits to probabilities.
        sets: prediction sets over emotions.
        abstention: when not to answer.
        pairs: `pair_features` to the probability that a pair holds.
        pair_threshold: past and self pairs of at least this confidence are shown.
        future_threshold: the same for pairs whose cause comes later.
        links: which links to show under a false discovery rate; None where nobody has fitted it.
    """

    emotion: Temperature
    sets: ConformalSets
    abstention: AbstentionRule
    pairs: LogisticCalibration
    pair_threshold: float
    future_threshold: float
    links: LinkSelection | None = None

    def pair_confidence(
        self, log_odds: npt.ArrayLike, neutral: npt.ArrayLike, distance: npt.ArrayLike
    ) -> FloatArray:
        """Probability that each pair holds, (P,); arguments as in `pair_features`."""
        return self.pairs.apply(pair_features(log_odds, neutral, distance))

    def show_links(
        self, log_odds: npt.ArrayLike, logits: npt.ArrayLike, distance: npt.ArrayLike, level: float
    ) -> BoolArray:
        """Which pairs, (P,), to show so that the expected share of wrong ones is at most the level.

        Pairs whose cause comes later are not shown: they are too few on development data to have been seen.

        Args:
            log_odds: the pair head's score, (P,).
            logits: emotion logits of the utterance with the emotion, (P, 7), uncalibrated.
            distance: index of the utterance with the emotion minus that of the cause, (P,).
            level: the false discovery rate, in (0, 1).

        Raises:
            ValueError: there is no selection of links, or it cannot support the level.
        """
        if self.links is None:
            raise ValueError("this calibration holds no rule for showing links under a false discovery rate")
        return self.links.show(link_features(log_odds, logits, distance), level) & (np.asarray(distance) >= 0)

    def to_dict(self) -> dict[str, Any]:
        """Return a mapping that JSON can hold and `from_dict` reads back."""
        return {
            "emotion": self.emotion.to_dict(),
            "sets": self.sets.to_dict(),
            "abstention": self.abstention.to_dict(),
            "pairs": self.pairs.to_dict(),
            "pair_threshold": self.pair_threshold,
            "future_threshold": self.future_threshold,
            **({} if self.links is None else {"links": self.links.to_dict()}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` gave.

        Raises:
            ValueError: a part is missing or is not what it claims to be.
        """
        missing = [name for name in cls.__slots__ if name not in data and name != "links"]
        if missing:
            raise ValueError(f"a calibration needs {', '.join(missing)}")
        return cls(
            emotion=Temperature.from_dict(data["emotion"]),
            sets=ConformalSets.from_dict(data["sets"]),
            abstention=AbstentionRule.from_dict(data["abstention"]),
            pairs=LogisticCalibration.from_dict(data["pairs"]),
            pair_threshold=float(data["pair_threshold"]),
            future_threshold=float(data["future_threshold"]),
            links=LinkSelection.from_dict(data["links"]) if "links" in data else None,
        )


def pair_features(log_odds: npt.ArrayLike, neutral: npt.ArrayLike, distance: npt.ArrayLike) -> FloatArray:
    """What a pair's confidence depends on, (P, 5).

    Args:
        log_odds: the pair head's score, (P,).
        neutral: calibrated probability that the utterance with the emotion is neutral, (P,): a neutral
            utterance has no cause.
        distance: index of the utterance with the emotion minus that of the cause, (P,).
    """
    kept = np.clip(np.asarray(neutral, dtype=np.float64), SMALLEST, 1 - SMALLEST)
    apart = np.asarray(distance)
    return np.stack(
        [
            np.asarray(log_odds, dtype=np.float64),
            np.log1p(-kept) - np.log(kept),
            (apart == 0).astype(np.float64),
            (apart == 1).astype(np.float64),
            (apart < 0).astype(np.float64),
        ],
        axis=-1,
    )


def link_features(log_odds: npt.ArrayLike, logits: npt.ArrayLike, distance: npt.ArrayLike) -> FloatArray:
    """What a link's score depends on, (P, 5): as `pair_features`, but owing nothing to a fitted temperature.

    Args:
        log_odds: the pair head's score, (P,).
        logits: emotion logits of the utterance with the emotion, (P, 7), neutral first.
        distance: index of the utterance with the emotion minus that of the cause, (P,).
    """
    return pair_features(log_odds, softmax(np.asarray(logits, dtype=np.float64))[:, 0], distance)
