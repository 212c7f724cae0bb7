"""When to abstain: the confidence below which a reading should not be used without a look at the recording.

The threshold is the lowest at which the error rate among accepted utterances is, with stated certainty, at
most the risk asked for. Certainty has to reckon with conversations: errors come in clusters, so a thousand
utterances of a hundred conversations say less than a thousand alone. Following Korn and Graubard 1998,
"Confidence Intervals for Proportions with Small Expected Number of Positive Counts Estimated from Survey
Data", the number of accepted utterances is divided by how much their clustering inflates the variance, and
an exact binomial test is made of what is left. Thresholds are tested from a strict one down to the first
that fails, which needs no correction for testing many (Angelopoulos et al. 2021, "Learn then Test",
fixed-sequence testing).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heartsay.calibration.saved import Saved
from heartsay.metrics.checks import (
    BoolArray,
    FloatArray,
    confidence_and_hits,
    group_numbers,
    same_length,
    unit_interval,
)

STEPS = 100
"""Candidate thresholds: those that accept 1%, 2%, ... of the utterances."""

FIRST_SHARE = 0.1
"""Share accepted by the first threshold tested; below it there is too little to test."""


@dataclass(frozen=True, slots=True)
class AbstentionRule(Saved):
    """Accept what is surer than the threshold, abstain from the rest.

    Attributes:
        threshold: in [0, 1]; 1 abstains from everything, because no threshold could be trusted.
        risk: error rate among accepted utterances that was asked for, in (0, 1).
        accepted_share: share of the utterances accepted on the data it was fitted on.

    Raises:
        ValueError: a number out of range.
    """

    method = "abstention"

    threshold: float
    risk: float
    accepted_share: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.threshold <= 1.0 and 0.0 < self.risk < 1.0 and 0.0 <= self.accepted_share <= 1.0):
            raise ValueError(
                "an abstention rule needs threshold and accepted share in [0, 1] and risk between 0 and 1,"
                f" not {self.threshold}, {self.accepted_share} and {self.risk}"
            )

    def accept(self, confidence: npt.ArrayLike) -> BoolArray:
        """Say which of the confidences (N,) are sure enough: bool (N,).

        Raises:
            ValueError: confidence outside [0, 1].
        """
        return unit_interval(confidence, "confidence") > self.threshold


def fit_abstention(
    confidence: npt.ArrayLike,
    correct: npt.ArrayLike,
    conversation: npt.ArrayLike,
    risk: float = 0.3,
    delta: float = 0.1,
) -> AbstentionRule:
    """Find the lowest threshold whose accepted utterances are wrong at most at rate `risk`.

    Args:
        confidence: (N,) in [0, 1], of conversations that the model was not trained on.
        correct: bool (N,).
        conversation: id of each utterance's conversation (N,).
        risk: highest error rate among accepted utterances, in (0, 1).
        delta: chance, over draws of the conversations, that the rate is higher after all, in (0, 1).

    Raises:
        ValueError: confidence outside [0, 1], other lengths, or risk or delta out of range.
    """
    conf, right = confidence_and_hits(confidence, correct)
    wrong, group = ~right, group_numbers(conversation)
    same_length(confidence=conf, conversation=group)
    for name, value in (("risk", risk), ("delta", delta)):
        if not 0.0 < value < 1.0:
            raise ValueError(f"{name} must lie between 0 and 1, both excluded, not {value:g}")

    best = AbstentionRule(1.0, risk, 0.0)
    for threshold in candidate_thresholds(conf):
        accepted = conf > threshold
        if accepted.mean() < FIRST_SHARE:
            continue
        if _chance_of_so_few_errors(group, accepted, wrong, risk) > delta:
            break
        best = AbstentionRule(float(threshold), risk, float(accepted.mean()))
    return best


def candidate_thresholds(confidence: FloatArray) -> FloatArray:
    """Thresholds from strict to lenient, the last accepting everything."""
    falling = np.unique(np.quantile(confidence, np.arange(STEPS) / STEPS))[::-1]
    return np.r_[falling, 0.0] if falling[-1] > 0.0 else falling


def _chance_of_so_few_errors(
    group: npt.NDArray[np.int64], accepted: BoolArray, wrong: BoolArray, risk: float
) -> float:
    """P value of the observed errors among the accepted, were their true rate `risk`."""
    conversations = int(group.max()) + 1
    answered = np.bincount(group, weights=accepted, minlength=conversations)
    errors = np.bincount(group, weights=accepted & wrong, minlength=conversations)
    total, rate = answered.sum(), errors.sum() / answered.sum()
    touched = int((answered > 0).sum())
    if conversations < 2:
        return 1.0
    if errors.sum() == 0:
        # Without errors their clustering cannot be seen; assume the worst, one opinion per conversation.
        effective = float(touched)
    elif rate == 1.0:
        return 1.0
    else:
        spread = ((errors - rate * answered) ** 2).sum() * conversations / (conversations - 1) / total**2
        inflation = spread / (rate * (1.0 - rate) / total)
        effective = float(total) / max(inflation, 1.0)
    trials = math.floor(effective)
    return _binomial_below(math.ceil(rate * trials - 1e-9), trials, risk)


def _binomial_below(successes: int, trials: int, probability: float) -> float:
    """P(X <= successes) for X binomial."""
    k = np.arange(successes + 1)
    log_choose = np.array(
        [math.lgamma(trials + 1) - math.lgamma(i + 1) - math.lgamma(trials - i + 1) for i in k]
    )
    terms = log_choose + k * math.log(probability) + (trials - k) * math.log1p(-probability)
    return float(min(1.0, np.exp(terms).sum()))
