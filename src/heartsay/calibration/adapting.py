"""Refitting a calibration to a few labelled conversations of somebody's own, shrunk towards what it was.

The mixture of views stays as it is: refitted on a dozen conversations it is ruined. What is fitted is one
temperature and a log-weight of each class, by the likeliest value under priors that stand at the shipped ones
(maximum a posteriori). Most classes are about as common elsewhere as at home, but some do not exist there at
all, so the prior of the log-weights has heavy tails: Student's t, which hardly holds back a class that is
never chosen. Its likelihood counts every utterance once, although those of a conversation resemble each
other; the strengths below were chosen with that.

Prediction sets and abstention rest on what conversations say that the fit has not seen: each is scored by a
fit to the others. K conversations alone promise a coverage of K/(K+1) at most, and judge a mark for
abstention badly, so they are joined by `EXPECTED` conversations' worth of what the adapted confidence itself
expects: an utterance whose classes have the probabilities p scores 1 - p of each with probability p. With
that the sets are an estimate and no guarantee.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heartsay.calibration.bundle import TINY, EmotionCalibration, filled
from heartsay.calibration.conformal import ConformalSets, tabulate
from heartsay.calibration.decision import fit_decision
from heartsay.calibration.removal_mixture import RemovalMixture
from heartsay.calibration.selective import AbstentionRule, candidate_thresholds
from heartsay.calibration.softmax import softmax
from heartsay.calibration.temperature import HIGHEST, LOWEST
from heartsay.metrics.checks import FloatArray, IntArray, finite, group_numbers, same_length

TEMPERATURE_STRENGTH = 10.0
"""Precision of the normal prior of the log temperature, in utterances' worth of likelihood."""

CLASS_STRENGTH = 3.0
"""Precision of the prior of each class's log-weight about its middle."""

DEGREES = 2.0
"""Degrees of freedom of that prior; few give it heavy tails."""

EXPECTED = 10
"""Conversations' worth of what the adapted confidence expects, beside the labelled ones."""

FOLDS = 10
"""Parts of the conversations that are scored by a fit to the others."""

FEWEST_ACCEPTED = 0.05
"""Share of the utterances that must be accepted, so that an error rate can be told."""

GRID, REACH, SECTIONS = 13, 1.5, 14
"""Log temperatures that are tried, how far to either side, and golden sections between the best one's
neighbours."""

STEPS = 40
"""Most Newton steps for the log-weights of one temperature."""


class Labelled(NamedTuple):
    """What was read of labelled utterances.

    Attributes:
        logits: by the name of the view, (N, C).
        shares: how annotators chose among the classes, (N, C); every row sums to 1.
        conversation: id of each row's conversation, (N,).
    """

    logits: Mapping[str, FloatArray]
    shares: FloatArray
    conversation: IntArray

    def rows(self, chosen: npt.NDArray[np.bool_]) -> Labelled:
        """Some of them, bool (N,)."""
        logits = {view: z[chosen] for view, z in self.logits.items()}
        return Labelled(logits, self.shares[chosen], self.conversation[chosen])


def labelled(
    logits: Mapping[str, npt.ArrayLike], shares: npt.ArrayLike, conversation: npt.ArrayLike
) -> Labelled:
    """Check and take in what was read; a row of NaN logits reads as under the full evidence.

    Raises:
        ValueError: shapes that do not fit, shares that are negative or do not sum to 1, or no rows.
    """
    targets = finite(shares, "shares", dimensions=2)
    group = group_numbers(conversation)
    views = filled(logits)
    same_length(shares=targets, conversation=group, **{f"logits of {v}": z for v, z in views.items()})
    if (targets < 0.0).any() or not np.allclose(targets.sum(axis=1), 1.0):
        raise ValueError("shares must not be negative and must sum to 1 in every row")
    return Labelled(views, targets, group)


def adapt_emotions(emotion: EmotionCalibration, given: Labelled) -> EmotionCalibration:
    """The same calibration with temperature, prior, decision, sets and abstention refitted.

    The threshold of felt utterances is left out: few conversations do not tell a precision. So is the shift
    of a feeling's log-odds, whose work the refitted prior does.

    Args:
        emotion: what ships.
        given: of two conversations or more, read under the views of its mixture.

    Raises:
        ValueError: fewer conversations, or a view is missing.
    """
    probabilities = held_out(emotion, given)
    decision = None if emotion.decision is None else fit_decision(probabilities)
    fitted = replace(fit_weights(emotion, given), decision=decision, felt_threshold=None, felt_shift=None)
    sets = _sets(probabilities, given)
    return replace(fitted, sets=sets, abstention=_abstention(fitted, probabilities, given))


def folds(conversation: IntArray) -> IntArray:
    """Fold of each row, (N,): conversations are dealt out in their order, which looks at no label."""
    return np.asarray(conversation % min(FOLDS, int(conversation.max()) + 1))


def held_out(emotion: EmotionCalibration, given: Labelled) -> FloatArray:
    """Distributions (N, C) of each conversation by a fit to conversations of the other folds.

    Raises:
        ValueError: fewer than two conversations.
    """
    if given.conversation.max() < 1:
        raise ValueError("two labelled conversations are needed at least, to score one by the other")
    found, fold = np.zeros(given.shares.shape), folds(given.conversation)
    for k in range(int(fold.max()) + 1):
        out = fold == k
        found[out] = fit_weights(emotion, given.rows(~out)).apply(given.rows(out).logits)
    return found


def fit_weights(emotion: EmotionCalibration, given: Labelled) -> EmotionCalibration:
    """The calibration with the likeliest temperature and prior; sets and abstention are left as they were.

    One's own labels take the place of the caution with which talk of unknown labels is read (`sureness`).
    """
    classes = given.shares.shape[1]
    middle = np.zeros(classes) if emotion.prior is None else np.array(emotion.prior)
    weights, mixture = middle.copy(), emotion.mixture
    shipped = math.log(mixture.temperature)

    def loss(at: float) -> float:
        """Negative log posterior at a log temperature with the best weights, which are kept."""
        nonlocal weights
        mixed = replace(mixture, temperature=math.exp(at)).apply(given.logits)
        weights, value = _best_weights(np.log(np.maximum(mixed, TINY)), given.shares, middle, weights)
        return value + 0.5 * TEMPERATURE_STRENGTH * (at - shipped) ** 2

    bounds = math.log(LOWEST), math.log(HIGHEST)
    grid = np.clip(shipped + np.linspace(-REACH, REACH, GRID), *bounds)
    best = int(np.argmin([loss(at) for at in grid]))
    low, high = grid[max(0, best - 1)], grid[min(GRID - 1, best + 1)]
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    for _ in range(SECTIONS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) <= loss(right):
            high = right
        else:
            low = left
    at = float((low + high) / 2.0)
    loss(at)
    fitted: RemovalMixture = replace(mixture, temperature=math.exp(at))
    prior = tuple((weights - weights.mean()).tolist())
    return replace(emotion, mixture=fitted, prior=prior, sureness=None)


def _best_weights(
    log_mixed: FloatArray, shares: FloatArray, middle: FloatArray, start: FloatArray
) -> tuple[FloatArray, float]:
    """Log-weights (C,) of the highest posterior, and its negative log; by Newton steps that are halved.

    The prior is not concave in its tails; there its curvature is replaced by that of the normal one that
    touches it from above, so that every step goes down.
    """
    counts = shares.sum(axis=0)

    def value(weights: FloatArray) -> float:
        scores = log_mixed + weights
        top = scores.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(scores - top).sum(axis=1))
        apart = CLASS_STRENGTH * (weights - middle) ** 2 / DEGREES
        prior = 0.5 * (DEGREES + 1.0) * float(np.log1p(apart).sum())
        return float(total.sum() - (shares * scores).sum()) + prior

    weights, now = start, value(start)
    for _ in range(STEPS):
        p = softmax(log_mixed + weights)
        apart = weights - middle
        pull = (DEGREES + 1.0) * CLASS_STRENGTH / (DEGREES + CLASS_STRENGTH * apart**2)
        slope = p.sum(axis=0) - counts + pull * apart
        step = np.linalg.solve(np.diag(p.sum(axis=0) + pull) - p.T @ p, slope)
        share = 1.0
        while share > 1e-6:
            new = value(weights - share * step)
            if new <= now:
                break
            share /= 2.0
        else:
            break
        weights, gain, now = weights - share * step, now - new, new
        if gain < 1e-9:
            break
    return weights, now


def _sets(probabilities: FloatArray, given: Labelled) -> ConformalSets:
    """Sets over the scores of true labels of unseen conversations, and those that are expected."""
    sizes = np.bincount(given.conversation)[given.conversation][:, None]
    count = int(given.conversation.max()) + 1
    mass = (given.shares + probabilities * (EXPECTED / count)) / sizes
    return tabulate(1.0 - probabilities.ravel(), mass.ravel(), count, EXPECTED)


def _abstention(fitted: EmotionCalibration, probabilities: FloatArray, given: Labelled) -> AbstentionRule:
    """The lowest mark above which readings are wrong at the rate asked for at most, by the best estimate.

    No certainty is asked for, as it is of the shipped mark: few conversations would leave everything open.
    """
    count = int(given.conversation.max()) + 1
    rows, chosen = np.arange(len(probabilities)), fitted.decide(probabilities)
    sure = probabilities[rows, chosen]
    wrong = 1.0 - given.shares[rows, chosen]
    wrong = (count * wrong + EXPECTED * (1.0 - sure)) / (count + EXPECTED)
    risk = fitted.abstention.risk
    best = AbstentionRule(1.0, risk, 0.0)
    for threshold in candidate_thresholds(sure):
        accepted = sure > threshold
        if accepted.mean() >= FEWEST_ACCEPTED and wrong[accepted].mean() <= risk:
            best = AbstentionRule(float(threshold), risk, float(accepted.mean()))
    return best
