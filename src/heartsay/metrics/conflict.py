"""How a reading fares where voice and face say different things, and which of the two it leans on.

All functions take class indices, (N,): `gold` of the whole clip, `voice` and `face` of its parts, and
`predictions`, where -1 is an answer that could not be read as any label: it is wrong, never a guess, and
follows neither side. `-1` in `voice` or `face` is a part without a label. Clips are grouped as
`corpora.conflict` groups them. The direction of a bias is measured: a positive gap leans on the voice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heartsay.metrics.bootstrap import Interval, bootstrap_interval
from heartsay.metrics.checks import BoolArray, FloatArray, IntArray, class_indices, same_length
from heartsay.metrics.classification import recall_from_confusion
from heartsay.metrics.resampling import ResampledMetric

CONSISTENT, FACE_ALIGNED, VOICE_ALIGNED = "consistent", "face_aligned", "voice_aligned"
NO_LABEL = -1


class FollowRate(NamedTuple):
    """Of the clips in both subsets of conflicts, the shares that are read as one side says; they sum to 1."""

    voice: float
    face: float
    neither: float


@dataclass(frozen=True, slots=True)
class SubsetScores:
    """Scores of one subset, in [0, 1], higher is better.

    Attributes:
        count: clips in it.
        accuracy: share of right predictions, with its interval.
        recall: mean recall of the classes that occur (UAR), with its interval.
    """

    count: int
    accuracy: Interval
    recall: Interval


@dataclass(frozen=True, slots=True)
class ConflictScores:
    """Everything that is measured of one reading on a conflict benchmark.

    Attributes:
        subsets: by name, of those that have a clip.
        mean_conflict: mean accuracy of the two subsets of conflicts.
        bias_gap: accuracy where the voice is right minus accuracy where the face is right, in [-1, 1]:
            positive leans on the voice, negative on the face.
        harmonic: harmonic mean of the accuracies of both and of the consistent clips; 0 if one is 0.
        followed: whom it follows where voice and face disagree.
        parsed: share of answers, over all clips, that could be read as a label.
    """

    subsets: Mapping[str, SubsetScores]
    mean_conflict: Interval
    bias_gap: Interval
    harmonic: Interval
    followed: FollowRate
    parsed: float


def conflict_scores(
    gold: npt.ArrayLike,
    voice: npt.ArrayLike,
    face: npt.ArrayLike,
    predictions: npt.ArrayLike,
    classes: int,
    group: npt.ArrayLike,
    *,
    draws: int = 1_000,
    seed: int = 0,
) -> ConflictScores:
    """Score a reading; intervals are over groups, NaN where a subset is empty.

    Args:
        gold: what each clip shows as a whole, (N,).
        voice: what its voice shows by itself, (N,); -1 without a label.
        face: what its face shows by itself, (N,); -1 without a label.
        predictions: of the clip as a whole, (N,); -1 for an answer that is no label.
        classes: how many labels there are.
        group: id of the speaker, or of whatever belongs together, (N,).
        draws: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        ValueError: indices out of range, other lengths, or a single group.
    """
    y = class_indices(gold, "gold", classes)
    v, f, guess = (
        _with_none(values, name, classes)
        for values, name in ((voice, "voice"), (face, "face"), (predictions, "predictions"))
    )
    same_length(gold=y, voice=v, face=f, predictions=guess)
    member = subset_masks(y, v, f)
    hit = (guess == y).astype(np.float64)
    rates = {name: subset_accuracy(hit, mask) for name, mask in member.items()}

    def interval(score: ResampledMetric) -> Interval:
        return bootstrap_interval(score, group, draws=draws, seed=seed)

    subsets = {
        name: SubsetScores(int(mask.sum()), interval(rates[name]), interval(_recall(y, guess, mask, classes)))
        for name, mask in member.items()
        if mask.any()
    }
    by_voice, by_face, both = rates[VOICE_ALIGNED], rates[FACE_ALIGNED], rates[CONSISTENT]
    return ConflictScores(
        subsets,
        interval(lambda counts: (by_voice(counts) + by_face(counts)) / 2),
        interval(lambda counts: by_voice(counts) - by_face(counts)),
        interval(lambda counts: _harmonic_mean([by_voice(counts), by_face(counts), both(counts)])),
        follow_rate(v, f, guess, member[VOICE_ALIGNED] | member[FACE_ALIGNED]),
        float((guess != NO_LABEL).mean()),
    )


def subset_masks(gold: IntArray, voice: IntArray, face: IntArray) -> dict[str, BoolArray]:
    """Which clips are in which subset, (N,) each, by the rule of `corpora.conflict.subsets`."""
    known = (voice != NO_LABEL) & (face != NO_LABEL)
    by_voice, by_face = known & (voice == gold), known & (face == gold)
    return {
        CONSISTENT: by_voice & by_face,
        FACE_ALIGNED: by_face & ~by_voice,
        VOICE_ALIGNED: by_voice & ~by_face,
        "neither": known & ~by_voice & ~by_face,
    }


def follow_rate(voice: IntArray, face: IntArray, predictions: IntArray, among: BoolArray) -> FollowRate:
    """Whom predictions follow among the clips of a mask, (N,); NaN where there is none."""
    if not among.any():
        return FollowRate(np.nan, np.nan, np.nan)
    read = predictions != NO_LABEL
    by_voice = float(((predictions == voice) & read)[among].mean())
    by_face = float(((predictions == face) & read)[among].mean())
    return FollowRate(by_voice, by_face, 1.0 - by_voice - by_face)


def flip_rate(
    predictions: npt.ArrayLike, ablated: npt.ArrayLike, among: npt.ArrayLike | None = None
) -> float:
    """Share of predictions, in [0, 1], that another reading of the same clips does not share.

    Args:
        predictions: in full, (N,).
        ablated: with a modality taken away, (N,).
        among: which clips count, (N,); all if not given.

    Raises:
        ValueError: other lengths, or no clip counts.
    """
    whole, less = np.asarray(predictions), np.asarray(ablated)
    chosen = np.ones(len(whole), bool) if among is None else np.asarray(among, bool)
    same_length(predictions=whole, ablated=less, among=chosen)
    if not chosen.any():
        raise ValueError("a flip rate needs at least one clip")
    return float((whole != less)[chosen].mean())


def human_ceiling(votes: npt.ArrayLike) -> FloatArray:
    """How often one rater agrees with the majority of the others, (N,) in [0, 1] by clip.

    Each rater in turn is held against the rest; of a tie among the rest each label counts for its share. The
    mean over a subset is what a single listener reaches there against the labels that the others give.

    Args:
        votes: how many raters chose each label, whole numbers (N, C).

    Raises:
        ValueError: another shape, negative numbers, or a clip with fewer than two raters.
    """
    counts = np.asarray(votes)
    if counts.ndim != 2 or counts.dtype.kind not in "iu" or (counts < 0).any():
        raise ValueError("votes must be whole numbers from 0, (N, C)")
    if (counts.sum(1) < 2).any():
        raise ValueError("a ceiling needs two raters of each clip")
    found = np.zeros(len(counts))
    for label in range(counts.shape[1]):
        rest = counts.copy()
        rest[:, label] -= 1
        leads = rest == rest.max(1, keepdims=True)
        found += counts[:, label] * leads[:, label] / leads.sum(1)
    return np.asarray(found / counts.sum(1))


def subset_accuracy(hit: FloatArray, mask: BoolArray) -> ResampledMetric:
    """Share of hits, (N,), among the clips of a mask, (N,); NaN where a resample has none of them."""

    def score(counts: IntArray) -> FloatArray:
        total = counts @ mask.astype(np.float64)
        return np.asarray(counts @ (hit * mask) / np.where(total > 0, total, np.nan))

    return score


def _recall(gold: IntArray, guess: IntArray, mask: BoolArray, classes: int) -> ResampledMetric:
    # A column beyond the labels takes what is none of them.
    cell = np.eye(classes * (classes + 1))[gold * (classes + 1) + np.where(guess == NO_LABEL, classes, guess)]
    cell = cell * mask[:, None]

    def score(counts: IntArray) -> FloatArray:
        confusion = (counts.astype(np.float64) @ cell).reshape(-1, classes, classes + 1)
        recall = recall_from_confusion(confusion)
        return np.where(confusion.any((1, 2)), recall, np.nan)

    return score


def _harmonic_mean(parts: Sequence[FloatArray]) -> FloatArray:
    stacked = np.stack(parts)
    positive = np.where(stacked > 0, stacked, 1.0)
    mean = len(parts) / (1.0 / positive).sum(0)
    return np.asarray(np.where((stacked == 0).any(0), 0.0, np.where(np.isnan(stacked).any(0), np.nan, mean)))


def _with_none(values: npt.ArrayLike, name: str, classes: int) -> IntArray:
    """Class indices, or -1."""
    return class_indices(np.asarray(values) + 1, f"{name}, one up", classes + 1) - 1
