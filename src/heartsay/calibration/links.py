"""Which links to show under a false discovery rate: the rule, and the score that it puts a threshold on.

The guarantee of `risk_control` is exact only where the score owes nothing to the conversations that the
rule was calibrated on. The confidence of a pair does not qualify: its curve was fitted on all development
conversations of ECF, its temperature on those of MELD, which hold some of the same talk. So links are
selected by a score of their own: the same kind of curve, over features without a fitted temperature, fitted
on every fourth development conversation, while the rule is calibrated on the other three. The confidence
that stands beside a link stays fitted on all of them.

A quarter is enough for a curve of six numbers, which sees every candidate link; to the rule a conversation
is one observation, and it resolves levels no finer than 1/(K + 1), so it gets the rest. Cross-fitting would
spend no conversation on the score, but thresholds would then be pooled over different scores, each of which
has seen most of the rule's conversations, and the guarantee would hold only approximately.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heartsay.calibration.logistic import LogisticCalibration, fit_logistic_calibration
from heartsay.calibration.risk_control import LinkRule, fit_link_rule
from heartsay.calibration.saved import Saved
from heartsay.metrics.checks import BoolArray, finite, flags, group_numbers, same_length

EVERY = 4
"""One conversation in so many fits the score, the others calibrate the rule."""


@dataclass(frozen=True, slots=True)
class LinkSelection(Saved):
    """A score of links and the rule that says from which score on they are shown.

    Attributes:
        score: features of a link, (N, F), to its score; a probability, but not the confidence that is shown.
        rule: calibrated on scores of conversations that `score` was not fitted on.
    """

    method = "link selection"

    score: LogisticCalibration
    rule: LinkRule

    @property
    def lowest_level(self) -> float | None:
        """The lowest level at which a link was ever shown; None where links are wrong too often for any."""
        return self.rule.levels[0] if self.rule.levels else None

    def show(self, features: npt.ArrayLike, level: float) -> BoolArray:
        """Return which links, (N,), to show, given their features (N, F).

        Raises:
            ValueError: features of another shape, NaN or infinity; a level outside (0, 1), or too low for the
                number of calibration conversations.
        """
        return self.rule.show(self.score.apply(features), level)


def fit_link_selection(
    features: npt.ArrayLike, correct: npt.ArrayLike, conversation: npt.ArrayLike, feature_names: Sequence[str]
) -> LinkSelection:
    """Fit the score on every fourth conversation and calibrate the rule on the others.

    Conversations are counted as they first appear, and the first is one that fits the score: a split that
    is the same for everyone and looks at no label.

    Args:
        features: (N, F) of every candidate link of the development conversations.
        correct: bool (N,), whether the link is gold.
        conversation: id of each link's conversation, (N,).
        feature_names: F names, kept with the score.

    Raises:
        ValueError: shapes or labels that are not as above, or fewer than two conversations.
    """
    x = finite(features, "features", dimensions=2)
    gold = flags(correct, "correct")
    group = group_numbers(conversation)
    same_length(features=x, correct=gold, conversation=group)
    if group.max() < 1:
        raise ValueError("links can be selected with two development conversations or more, not with one")
    for_score = np.asarray(group % EVERY == 0)
    score = fit_logistic_calibration(x[for_score], gold[for_score], feature_names)
    rest = ~for_score
    return LinkSelection(score, fit_link_rule(score.apply(x[rest]), gold[rest], group[rest]))
