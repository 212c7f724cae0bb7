"""How probable it is that two modalities of one utterance say different things, from what each reads as.

A logistic curve on signs of two calibrated distributions, fitted for a pair of modalities on utterances of
which people said, modality by modality, what they show. The signs are symmetric in both, but for the share
that one of them gives to what the other cannot name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heartsay.calibration.logistic import LogisticCalibration, fit_logistic_calibration
from heartsay.calibration.saved import Saved
from heartsay.metrics.checks import BoolArray, FloatArray, flags, probability_rows, same_length

SIGNS = ("disagreement", "divergence", "less_sure", "surer", "labels_differ", "cannot_be_named")
"""Columns of `conflict_signs`."""

TINY = 1e-6

FLAG = 0.5
"""Probability from which a conflict is flagged: more likely than not."""


@dataclass(frozen=True, slots=True)
class PairConflict(Saved):
    """The fitted curve of one pair of modalities.

    Attributes:
        modalities: the two, in the order that readings are given in.
        curve: from `conflict_signs` to a probability.
        fitted_on: what it was fitted on, in words.
        utterances: how many it was fitted on.
        conflicts: in how many of them people named different emotions.
        readers: hashes of the models whose readings it was fitted on, in the order of `modalities`.
    """

    modalities: tuple[str, ...]
    curve: LogisticCalibration
    fitted_on: str
    utterances: int
    conflicts: int
    readers: tuple[str, ...]

    def probability(self, first: npt.ArrayLike, second: npt.ArrayLike, shared: npt.ArrayLike) -> FloatArray:
        """Probability that each utterance is a conflict, (N,); arguments as of `conflict_signs`."""
        return self.curve.apply(conflict_signs(first, second, shared))


@dataclass(frozen=True, slots=True)
class ConflictCalibration(Saved):
    """The curves of every pair of modalities that people labelled."""

    pairs: tuple[PairConflict, ...]

    def of(self, first: str, second: str) -> PairConflict | None:
        """The curve of two modalities, in this order."""
        return next((pair for pair in self.pairs if pair.modalities == (first, second)), None)


def fit_conflict(
    modalities: tuple[str, str],
    signs: FloatArray,
    conflict: npt.ArrayLike,
    fitted_on: str,
    readers: Sequence[str],
) -> PairConflict:
    """Fit the curve of two modalities.

    Args:
        modalities: the two.
        signs: as `conflict_signs` gives them, (N, 6).
        conflict: whether people named different emotions from the two, bool (N,).
        fitted_on: what the utterances are, in words.
        readers: hashes of the models that gave the readings.

    Raises:
        ValueError: shapes or labels that do not fit.
    """
    apart = flags(conflict, "conflict")
    curve = fit_logistic_calibration(signs, apart, SIGNS, ridge=1.0)
    return PairConflict(modalities, curve, fitted_on, len(apart), int(apart.sum()), tuple(readers))


def conflict_signs(first: npt.ArrayLike, second: npt.ArrayLike, shared: npt.ArrayLike) -> FloatArray:
    """Signs that two readings of an utterance are of different emotions, (N, 6), by the names of `SIGNS`.

    Args:
        first: distribution of the one over C labels, (N, C).
        second: that of the other.
        shared: which labels both could name, bool (C,); distance is measured among these.

    Raises:
        ValueError: no distributions, other shapes, or no label that both could name.
    """
    p, q = probability_rows(first), probability_rows(second)
    both = np.asarray(shared, np.bool_)
    same_length(first=p, second=q)
    if p.shape != q.shape or both.shape != p.shape[1:] or not both.any():
        raise ValueError(f"readings of shapes {p.shape} and {q.shape} over labels of shape {both.shape}")
    unnamed = np.maximum(p[:, ~both].sum(1), q[:, ~both].sum(1))
    one, two = _among(p, both), _among(q, both)
    apart = (1 - (one * two).sum(1)).clip(TINY, 1 - TINY)
    sure = np.sort(np.stack([one.max(1), two.max(1)], axis=1), axis=1)
    return np.column_stack(
        [
            np.log(apart / (1 - apart)),
            divergence(one, two),
            sure,
            one.argmax(1) != two.argmax(1),
            unnamed,
        ]
    )


def divergence(first: npt.ArrayLike, second: npt.ArrayLike) -> FloatArray:
    """Jensen-Shannon divergence of distributions (N, C) in bits, (N,) from 0 to 1 (Lin 1991)."""
    p, q = np.asarray(first, np.float64), np.asarray(second, np.float64)
    middle = (p + q) / 2
    return np.clip((_relative(p, middle) + _relative(q, middle)) / 2, 0.0, 1.0)


def _relative(p: FloatArray, q: FloatArray) -> FloatArray:
    ratio = np.where(p > 0, p, 1.0) / np.where(p > 0, q, 1.0)
    return np.asarray((p * np.log2(ratio)).sum(1))


def _among(p: FloatArray, labels: BoolArray) -> FloatArray:
    """Distributions among some of the labels, even where they give these nothing."""
    kept = p[:, labels] + TINY / labels.sum()
    return np.asarray(kept / kept.sum(1, keepdims=True))
