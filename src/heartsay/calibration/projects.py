"""Calibration against several annotation projects, of which none is known to be the user's.

Two projects that label the same talk agree on half of it or less, so what is calibrated to one project's
labels promises nothing about another's. The project that the model was trained on is called home here. What
is fitted to the others may cost home a stated loss of confidence and no more:

- the slope of `Sureness`, by which confidence is softened in conversations of which the model is surer than
  usual: the one under which the worst of the other projects has the smallest calibration error, among those
  that leave home's mean confidence within a budget;
- prediction sets that keep their promise in every group at once: over home's neutral utterances, over home's
  others (projects differ most in how much they call neutral), and over each other project. That is the
  minimum over groups of what hierarchical conformal prediction tabulates for each
  (`calibration.conformal`), the worst case of group-conditional coverage (Barber, Candès, Ramdas and
  Tibshirani 2021, "The limits of distribution-free conditional predictive inference").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from heartsay.calibration.conformal import LAC, ConformalSets, fit_conformal
from heartsay.calibration.removal_mixture import RemovalMixture
from heartsay.calibration.saved import Saved
from heartsay.calibration.sureness import Sureness
from heartsay.metrics.calibration_error import expected_calibration_error
from heartsay.metrics.checks import BoolArray, FloatArray, IntArray

HOME_BUDGET = 0.02
"""By how much home's mean confidence may fall for the sake of the others. Its calibration error cannot rise
by more, as long as labels and bins stay the same."""

SLOPES = tuple(round(0.02 * step, 2) for step in range(41))
"""Slopes that are tried. At the last one, talk that is a spread surer than usual is read at more than twice
the temperature."""


@dataclass(frozen=True, slots=True)
class ProjectData(Saved):
    """What a project gave to a calibration.

    Attributes:
        corpus: name of the corpus.
        split: of it.
        conversations: that were read.
        utterances: that have a label among the model's emotions.
        role: `home` for the project whose labels the model was trained on, `own` for one's own talk to which
            it was adapted, `other` for any other.

    Raises:
        ValueError: another role.
    """

    corpus: str
    split: str
    conversations: int
    utterances: int
    role: str

    def __post_init__(self) -> None:
        if self.role not in ("home", "own", "other"):
            raise ValueError(f"the role of a project is home, own or other, not {self.role!r}")


class ProjectLabels(NamedTuple):
    """Labelled utterances of one project, as a model read them.

    Attributes:
        logits: by the name of the view, (N, C), without NaN.
        gold: class index, (N,).
        conversation: id of each row's conversation, (N,).
        excess: of that conversation, by `Sureness.excess` of all its utterances, (N,).
    """

    logits: Mapping[str, FloatArray]
    gold: IntArray
    conversation: IntArray
    excess: FloatArray

    def probabilities(self, mixture: RemovalMixture, sureness: Sureness) -> FloatArray:
        """Distributions, (N, C), softened by the slope that the sureness has."""
        return mixture.apply(softened(self.logits, sureness.softening(self.excess)))


def softened(logits: Mapping[str, FloatArray], softening: FloatArray) -> dict[str, FloatArray]:
    """Logits (N, C) by view, each row divided by its softening (N,)."""
    return {view: values / softening[:, None] for view, values in logits.items()}


def fit_slope(
    mixture: RemovalMixture,
    sureness: Sureness,
    decide: Callable[[FloatArray], IntArray],
    home: Sequence[ProjectLabels],
    others: Sequence[ProjectLabels],
) -> Sureness:
    """Find the slope that serves the worst of the other projects best, within home's budget.

    Args:
        mixture: fitted to home.
        sureness: fitted to home's conversations; its slope is not looked at.
        decide: the label (N,) of each distribution (N, C), whose probability is the confidence.
        home: labels of the project that the model was trained on, in one part or more.
        others: one for each other project; none leave the slope at 0.

    Returns:
        The sureness with the slope.
    """

    def judge(slope: float) -> tuple[float, float]:
        """Mean confidence at home, and the calibration error of the worst of the others."""
        rated = sureness.with_slope(slope)
        hits = [_confidence(part, mixture, rated, decide) for part in (*home, *others)]
        sure = np.concatenate([confidence for confidence, _ in hits[: len(home)]])
        return float(sure.mean()), max(expected_calibration_error(*found) for found in hits[len(home) :])

    if not others:
        return sureness.with_slope(0.0)
    tried = {slope: judge(slope) for slope in SLOPES}
    lowest = tried[0.0][0] - HOME_BUDGET
    return sureness.with_slope(min((s for s in SLOPES if tried[s][0] >= lowest), key=lambda s: tried[s][1]))


def _confidence(
    part: ProjectLabels, mixture: RemovalMixture, sureness: Sureness, decide: Callable[[FloatArray], IntArray]
) -> tuple[FloatArray, BoolArray]:
    probabilities = part.probabilities(mixture, sureness)
    label = decide(probabilities)
    return probabilities[np.arange(len(label)), label], label == part.gold


def fit_sets(
    mixture: RemovalMixture,
    sureness: Sureness,
    neutral: int,
    home: Sequence[ProjectLabels],
    others: Sequence[ProjectLabels],
) -> ConformalSets:
    """Prediction sets that keep their promise over home's neutral and other utterances and in each project.

    Without other projects they are those of the first of home's parts, all utterances together.

    Args:
        mixture: of the views.
        sureness: with its slope.
        neutral: class index of what is no emotion.
        home: as for `fit_slope`.
        others: as for `fit_slope`.
    """
    tables = []
    for part in home:
        scores = part.probabilities(mixture, sureness)
        if not others:
            return fit_conformal(scores, part.gold, part.conversation)
        for group in (part.gold == neutral, part.gold != neutral):
            tables.append(fit_conformal(scores[group], part.gold[group], part.conversation[group]))
    tables += [fit_conformal(p.probabilities(mixture, sureness), p.gold, p.conversation) for p in others]
    return strictest(tables)


def strictest(tables: Sequence[ConformalSets]) -> ConformalSets:
    """The table of which each share of mass is the smallest of the tables': its sets hold what theirs hold.

    It promises as much as the one of fewest conversations can.
    """
    scores = np.unique(np.concatenate([table.scores for table in tables]))
    mass = np.min([np.r_[0.0, t.mass][np.searchsorted(t.scores, scores, "right")] for t in tables], axis=0)
    fewest = min(table.conversations for table in tables)
    rises = np.diff(mass, prepend=0.0) > 0.0
    return ConformalSets(LAC, fewest, tuple(scores[rises].tolist()), tuple(mass[rises].tolist()))
