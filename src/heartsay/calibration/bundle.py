"""All that turns one model's scores into confidences, kept together because it was fitted together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from heartsay.calibration.conformal import ConformalSets
from heartsay.calibration.links import LinkSelection
from heartsay.calibration.logistic import LogisticCalibration
from heartsay.calibration.removal_mixture import RemovalMixture
from heartsay.calibration.selective import AbstentionRule
from heartsay.calibration.softmax import softmax
from heartsay.calibration.temperature import Temperature
from heartsay.metrics.checks import BoolArray, FloatArray

PAIR_FEATURES = ("pair_log_odds", "non_neutral_log_odds", "is_self", "is_previous", "is_future")
"""What a pair's confidence depends on, in the order that `pair_features` gives."""

SMALLEST = 1e-6
"""Probabilities are kept this far from 0 and 1 before their log-odds are taken."""


RemovalView = Literal["full", "own", "other"]
REMOVAL_VIEWS: tuple[RemovalView, ...] = ("full", "own", "other")
"""The readings that a packed-dialogue model's mixture is of: with all context, without the speaker's own
other turns, and without the other speakers' turns."""

OPTIONAL = ("links", "removals")
"""Parts of a calibration that an older one does not have."""


@dataclass(frozen=True, slots=True)
class RemovalCalibration:
    """What takes the place of temperature, sets and abstention where the model is also read without context.

    Attributes:
        mixture: of `REMOVAL_VIEWS`.
        sets: prediction sets over its probabilities.
        abstention: when not to answer by them.

    Raises:
        ValueError: a mixture of other views.
    """

    mixture: RemovalMixture
    sets: ConformalSets
    abstention: AbstentionRule

    def __post_init__(self) -> None:
        if self.mixture.views != REMOVAL_VIEWS:
            raise ValueError(
                f"a mixture of {', '.join(REMOVAL_VIEWS)} is needed, not of {', '.join(self.mixture.views)}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return a mapping that JSON can hold and `from_dict` reads back."""
        return {
            "mixture": self.mixture.to_dict(),
            "sets": self.sets.to_dict(),
            "abstention": self.abstention.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` gave.

        Raises:
            ValueError: a part is missing or is not what it claims to be.
        """
        _require(data, cls.__slots__, "a calibration of removals")
        return cls(
            mixture=RemovalMixture.from_dict(data["mixture"]),
            sets=ConformalSets.from_dict(data["sets"]),
            abstention=AbstentionRule.from_dict(data["abstention"]),
        )


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
        removals: what serves in place of `emotion`, `sets` and `abstention` where the readings without own
            and without other context are there too; None where nobody has fitted it.
    """

    emotion: Temperature
    sets: ConformalSets
    abstention: AbstentionRule
    pairs: LogisticCalibration
    pair_threshold: float
    future_threshold: float
    links: LinkSelection | None = None
    removals: RemovalCalibration | None = None

    def emotion_probabilities(
        self, logits: npt.ArrayLike, removed: Mapping[str, npt.ArrayLike] | None = None
    ) -> FloatArray:
        """Calibrated distributions (N, 7).

        Args:
            logits: under the full evidence, (N, 7).
            removed: the same without own context and without other context, by the names of `REMOVAL_VIEWS`;
                None where they were not read, or not to be used.
        """
        if removed is None or self.removals is None:
            return self.emotion.apply(logits)
        return self.removals.mixture.apply({REMOVAL_VIEWS[0]: logits, **removed})

    def rules(self, removed: bool) -> tuple[ConformalSets, AbstentionRule]:
        """Sets and abstention that go with `emotion_probabilities`, with removals read or not."""
        fitted = self.removals if removed and self.removals is not None else self
        return fitted.sets, fitted.abstention

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
            **({} if self.removals is None else {"removals": self.removals.to_dict()}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` gave.

        Raises:
            ValueError: a part is missing or is not what it claims to be.
        """
        _require(data, [name for name in cls.__slots__ if name not in OPTIONAL], "a calibration")
        return cls(
            emotion=Temperature.from_dict(data["emotion"]),
            sets=ConformalSets.from_dict(data["sets"]),
            abstention=AbstentionRule.from_dict(data["abstention"]),
            pairs=LogisticCalibration.from_dict(data["pairs"]),
            pair_threshold=float(data["pair_threshold"]),
            future_threshold=float(data["future_threshold"]),
            links=LinkSelection.from_dict(data["links"]) if "links" in data else None,
            removals=RemovalCalibration.from_dict(data["removals"]) if "removals" in data else None,
        )


def _require(data: Mapping[str, Any], names: Iterable[str], what: str) -> None:
    """Raise a ValueError that lists the names which a saved calibration lacks."""
    if missing := [name for name in names if name not in data]:
        raise ValueError(f"{what} needs {', '.join(missing)}")


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
