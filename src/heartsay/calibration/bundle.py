"""All that turns one model's scores into confidences, kept together because it was fitted together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from heartsay.calibration.conformal import ConformalSets
from heartsay.calibration.decision import decide
from heartsay.calibration.feeling import shifted
from heartsay.calibration.links import LinkSelection
from heartsay.calibration.logistic import LogisticCalibration
from heartsay.calibration.pair_features import check_pair_features, link_features, pair_features
from heartsay.calibration.projects import ProjectData, softened
from heartsay.calibration.removal_mixture import RemovalMixture
from heartsay.calibration.saved import Saved, require
from heartsay.calibration.selective import AbstentionRule
from heartsay.calibration.softmax import softmax
from heartsay.calibration.sureness import Sureness
from heartsay.calibration.temperature import Temperature
from heartsay.metrics.checks import BoolArray, FloatArray, IntArray

TINY = 1e-300
"""Probabilities are kept this far from 0 before their logarithm is taken."""

FORMAT = 2
"""Version of the saved form."""

FULL = "full"
"""Name of the view that takes nothing away."""


@dataclass(frozen=True, slots=True)
class EmotionCalibration(Saved):
    """What turns logits into confidences where one set of modalities was read under one set of views.

    Attributes:
        modalities: that the model was given.
        mixture: of the views that it was read under; of the full evidence alone it is temperature scaling.
        sets: prediction sets over its probabilities.
        abstention: when not to answer by them.
        decision: log-weights of the classes, (C,), by which the label is decided; None decides for the most
            probable class.
        felt_threshold: probability of any feeling, that is of not being neutral, from which utterances are
            found to be felt at a stated precision; None where nobody has fitted it.
        prior: log-weight of each class, as it is commoner or rarer in one's own talk than in the talk that
            the mixture was fitted on; None for equal ones.
        sureness: by which confidence is softened where a conversation is surer than usual; None for nowhere.
        felt_shift: added to the log-odds that there is a feeling, one less the probability of neutral; None
            adds nothing.

    Raises:
        ValueError: a log-weight that is not finite.
    """

    modalities: tuple[str, ...]
    mixture: RemovalMixture
    sets: ConformalSets
    abstention: AbstentionRule
    decision: tuple[float, ...] | None = None
    felt_threshold: float | None = None
    prior: tuple[float, ...] | None = None
    sureness: Sureness | None = None
    felt_shift: float | None = None

    def __post_init__(self) -> None:
        for weights in (self.decision, self.prior, None if self.felt_shift is None else [self.felt_shift]):
            if weights is not None and not np.isfinite(weights).all():
                raise ValueError(f"log-weights of classes must be finite, not {weights}")

    def apply(
        self, logits: Mapping[str, npt.ArrayLike], conversation: npt.ArrayLike | None = None
    ) -> FloatArray:
        """Calibrated distributions (N, C) from logits (N, C) by the name of the view.

        A row of NaN is one where a view had nothing to hide; it reads as under the full evidence.

        Args:
            logits: of all that was read of the conversations.
            conversation: id of each row's conversation, (N,); needed only where there is a `sureness`.

        Raises:
            ValueError: a view is missing, shapes differ, or nobody says which conversation a row is of.
        """
        return self.weigh(self.mixture.apply(self.soften(logits, conversation)))

    def soften(
        self, logits: Mapping[str, npt.ArrayLike], conversation: npt.ArrayLike | None = None
    ) -> dict[str, FloatArray]:
        """Logits without rows of NaN, divided by what the sureness of each row's conversation asks for.

        Raises:
            ValueError: as `apply`.
        """
        whole = filled(logits)
        if self.sureness is None:
            return whole
        if conversation is None:
            raise ValueError("confidence depends on the conversation: say which one each row is of")
        return softened(whole, self.sureness.softening(self.sureness.excess(whole[FULL], conversation)))

    def weigh(self, probabilities: FloatArray) -> FloatArray:
        """Distributions (N, C) with every class weighed by the prior.

        Raises:
            ValueError: a prior of other classes.
        """
        if self.prior is None:
            return probabilities
        if len(self.prior) != probabilities.shape[1]:
            raise ValueError(f"a prior of {len(self.prior)} classes for {probabilities.shape[1]}")
        return softmax(np.log(np.maximum(probabilities, TINY)) + np.array(self.prior))

    def feeling(self, probabilities: npt.ArrayLike, neutral: int) -> FloatArray:
        """The probability, (N,), that there is a feeling at all, of each distribution, (N, C)."""
        return shifted(1.0 - np.asarray(probabilities, np.float64)[:, neutral], self.felt_shift)

    def decide(self, probabilities: npt.ArrayLike) -> IntArray:
        """The label, (N,), of each distribution, (N, C): the class with the most weighted probability.

        Raises:
            ValueError: not as many classes as log-weights.
        """
        rows = np.asarray(probabilities, np.float64)
        return decide(rows, np.zeros(rows.shape[1]) if self.decision is None else np.asarray(self.decision))

    def prediction_sets(self, probabilities: npt.ArrayLike, coverage: float) -> BoolArray:
        """Which classes belong to each prediction set, (N, C): those of `sets`, and always the label.

        Raises:
            ValueError: as `ConformalSets.sets` and `decide`.
        """
        members = self.sets.sets(probabilities, coverage)
        members[np.arange(len(members)), self.decide(probabilities)] = True
        return members


@dataclass(frozen=True, slots=True)
class Calibration(Saved):
    """Fitted calibrators of one model.

    Attributes:
        emotions: one for each set of modalities and views that was fitted.
        pairs: `pair_features` to the probability that a pair holds; None for a model without pairs.
        pair_threshold: pairs of at least this confidence are shown, unless their cause comes later.
        links: which links to show under a false discovery rate; None where nobody has fitted it.
        projects: whose labels the confidence of emotions was fitted to; None where that was not noted.

    Raises:
        ValueError: pairs or links were fitted to signs that are unknown here.
    """

    emotions: tuple[EmotionCalibration, ...]
    pairs: LogisticCalibration | None = None
    pair_threshold: float = 1.0
    links: LinkSelection | None = None
    projects: tuple[ProjectData, ...] | None = None

    def __post_init__(self) -> None:
        for curve in (self.pairs, self.links.score if self.links else None):
            if curve is not None:
                check_pair_features(curve.feature_names)

    def for_reading(self, modalities: Iterable[str], views: Iterable[str] = (FULL,)) -> EmotionCalibration:
        """What was fitted for these modalities and views, or else for the largest part of them.

        Raises:
            ValueError: nothing was fitted for any part of them.
        """
        read, under = set(modalities), {FULL, *views}
        within = [
            e for e in self.emotions if read.issuperset(e.modalities) and under.issuperset(e.mixture.views)
        ]
        if not within:
            raise ValueError(f"this calibration was not fitted for {', '.join(sorted(read)) or 'nothing'}")
        return max(within, key=lambda e: (len(e.modalities), len(e.mixture.views)))

    def for_modality(self, name: str) -> EmotionCalibration | None:
        """What was fitted for one modality alone, if anything was."""
        return next(
            (e for e in self.emotions if e.modalities == (name,) and e.mixture.views == (FULL,)), None
        )

    def pair_confidence(
        self, log_odds: npt.ArrayLike, neutral: npt.ArrayLike, distance: npt.ArrayLike
    ) -> FloatArray:
        """Probability that each pair holds, (P,); arguments as in `pair_features`.

        Raises:
            ValueError: this calibration is of a model without pairs.
        """
        if self.pairs is None:
            raise ValueError("this calibration holds no confidence of pairs")
        return self.pairs.apply(pair_features(log_odds, neutral, distance, self.pairs.feature_names))

    def show_links(
        self,
        log_odds: npt.ArrayLike,
        logits: npt.ArrayLike,
        distance: npt.ArrayLike,
        level: float,
        neutral: int,
    ) -> BoolArray:
        """Which pairs, (P,), to show so that the expected share of wrong ones is at most the level.

        Pairs whose cause comes later are not shown.

        Args:
            log_odds: the pair head's score, (P,).
            logits: emotion logits of the utterance with the emotion, (P, C), uncalibrated.
            distance: index of the utterance with the emotion minus that of the cause, (P,).
            level: the false discovery rate, in (0, 1).
            neutral: index of the neutral label.

        Raises:
            ValueError: there is no selection of links, or it cannot support the level.
        """
        if self.links is None:
            raise ValueError("this calibration holds no rule for showing links under a false discovery rate")
        names = self.links.score.feature_names
        features = link_features(log_odds, logits, distance, neutral, names)
        return self.links.show(features, level) & (np.asarray(distance) >= 0)

    def to_dict(self) -> dict[str, Any]:
        """The same as of any calibrator, and the version of the form."""
        return {"format": FORMAT, **Saved.to_dict(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` gave, of this format or of the one before.

        Raises:
            ValueError: a part is missing or is not what it claims to be.
        """
        if not isinstance(data, Mapping):
            raise ValueError(f"expected a saved calibration, a mapping, found {type(data).__name__}")
        if data.get("format", 1) == 1:
            data = _from_format_1(data)
        if data["format"] != FORMAT:
            raise ValueError(f"a calibration of format {data['format']!r}, this version reads {FORMAT}")
        return super(cls, cls).from_dict(data)


def filled(logits: Mapping[str, npt.ArrayLike]) -> dict[str, FloatArray]:
    """Logits (N, C) by view, those of the full evidence where a view had nothing to hide (rows of NaN)."""
    whole = np.asarray(logits[FULL], np.float64)
    return {
        view: np.where(np.isnan(values), whole, values)
        for view, values in ((view, np.asarray(z, np.float64)) for view, z in logits.items())
    }


def temperature_mixture(temperature: Temperature) -> RemovalMixture:
    """Temperature scaling as the mixture of the full reading alone."""
    return RemovalMixture((FULL,), (1.0,), temperature.value)


def _from_format_1(data: Mapping[str, Any]) -> dict[str, Any]:
    """A calibration as it was saved before any but words were read, in the present form."""
    parts = ("emotion", "sets", "abstention", "pairs", "pair_threshold")
    require(data, parts, "a calibration")
    alone = temperature_mixture(Temperature.from_dict(data["emotion"])).to_dict()
    emotions = [{"mixture": alone, "sets": data["sets"], "abstention": data["abstention"]}]
    if "removals" in data:
        require(data["removals"], ("mixture", "sets", "abstention"), "a calibration of removals")
        mixture = dict(data["removals"]["mixture"])
        names = {"own": "own_context", "other": "other_context"}
        mixture["views"] = [names.get(view, view) for view in mixture.get("views", ())]
        emotions.append({**data["removals"], "mixture": mixture})
    return {
        "format": FORMAT,
        "emotions": [{"modalities": ["text"], **fitted} for fitted in emotions],
        "links": data.get("links"),
        **{name: data[name] for name in ("pairs", "pair_threshold")},
    }
