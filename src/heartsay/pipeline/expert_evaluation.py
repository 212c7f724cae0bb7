"""How well an exported expert reads the voices or faces that its corpus keeps for the test.

It reads what a user would give it: recordings, decoded and resampled, and faces. What it abstains from
altogether counts as wrong in accuracy and recall, and not in calibration, where it states no confidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.corpora import crema_d, ferplus
from heartsay.corpora.crema_d_folds import actor_splits
from heartsay.corpora.refusal import refuse
from heartsay.labels import CREMA_D, FER_PLUS
from heartsay.media import CONDITIONS, read_audio
from heartsay.metrics.bootstrap import Interval
from heartsay.metrics.checks import FloatArray, IntArray
from heartsay.progress import Report, silent, track
from heartsay.runtime.experts import Expert, ExpertReading

CORPORA = {"voice": crema_d.FOLDER, "face": ferplus.FOLDER}
"""The corpus that an expert was trained on, by modality."""

NOT_READ = -1

FLAT = 1e-9
"""Deviation up to which numbers are all the same but for rounding."""


@dataclass(frozen=True)
class Read:
    """What one head says of N items; a row of NaN where it says nothing.

    Attributes:
        probabilities: (N, C).
        accepted: whether each is sure enough to be used without a look at the recording, (N,).
    """

    probabilities: FloatArray
    accepted: NDArray[np.bool_]

    @property
    def prediction(self) -> IntArray:
        """Index of the likeliest label, (N,), -1 where nothing is said."""
        empty = np.isnan(self.probabilities).any(1)
        return np.where(empty, NOT_READ, np.nan_to_num(self.probabilities).argmax(1))


def evaluate_expert(
    expert: Expert,
    split: str = "test",
    *,
    conditions: Sequence[str] = tuple(CONDITIONS),
    report: Report = silent,
) -> dict[str, Any]:
    """Everything that is measured of an expert on a split of its corpus; figures in percent.

    Args:
        expert: what reads.
        split: `dev` or `test`.
        conditions: those of `media.CONDITIONS` that a voice is read under; `clean` is always among them.
        report: progress callback.

    Raises:
        InputError: there is no such split, or the corpus is not there.
        MissingDependencyError: PyAV is needed and not installed.
    """
    if split not in ("dev", "test"):
        refuse("split", "dev or test", repr(split), "choose one that the expert was not trained on")
    return (
        _voices(expert, split, conditions, report)
        if expert.modality == "voice"
        else _faces(expert, split, report)
    )


def _voices(expert: Expert, split: str, conditions: Sequence[str], report: Report) -> dict[str, Any]:
    split_of = actor_splits(crema_d.read_genders(), expert.fold)
    clips = [clip for clip in crema_d.read_clips() if split_of[clip.actor] == split]
    acted = np.array([CREMA_D.index(clip.acted) for clip in clips])
    votes = np.array([clip.votes for clip in clips])
    speakers = np.array([clip.actor for clip in clips])
    found: dict[str, Any] = {}
    by_condition, errors = {}, {}
    for name in dict.fromkeys(("clean", *conditions)):
        read = _read_clips(expert, clips, name, report)
        right = 100 * float((read["acted"].prediction == acted).mean())
        by_condition[name] = right
        errors[name] = scores(read["acted"], acted).get("ece")
        if name == "clean":
            found |= scores(read["acted"], acted, speakers)
            found["heard"] = heard_scores(read["heard"], votes)
    if len(by_condition) > 1:
        found["accuracy_by_condition"] = by_condition
        found["ece_by_condition"] = {name: ece for name, ece in errors.items() if ece is not None}
    found["single_rater_accuracy"] = 100 * float((votes[np.arange(len(acted)), acted] / votes.sum(1)).mean())
    return found


def _faces(expert: Expert, split: str, report: Report) -> dict[str, Any]:
    pools = ferplus.pools()
    faces = pools.test if split == "test" else pools.dev
    faces = faces.where(faces.emotion >= 0)
    read = track(faces.image, f"Reading the {split} faces", report, "faces")
    gold = faces.emotion
    found = scores(_collected((expert.read_face(image) for image in read), "emotion", FER_PLUS.names), gold)
    found["majority_class"] = 100 * float(np.bincount(gold).max() / len(gold))
    return found


def scores(read: Read, gold: IntArray, group: NDArray[np.str_] | None = None) -> dict[str, Any]:
    """Scores against one gold label each, in percent.

    Args:
        read: what was read.
        gold: label of each, (N,).
        group: who speaks, (N,), for an interval of the accuracy; none is given without it.
    """
    guess, classes = read.prediction, read.probabilities.shape[1]
    said = guess != NOT_READ
    hit = guess == gold
    recalls = [hit[gold == label].mean() for label in range(classes) if (gold == label).any()]
    found: dict[str, Any] = {"n": len(gold), "accuracy": 100 * float(hit.mean())}
    found["uar"] = 100 * float(np.mean(recalls))
    if group is not None and len(set(group.tolist())) > 1:
        interval: Interval = metrics.bootstrap_interval(metrics.resampled_mean(hit.astype(float)), group)
        found["accuracy_interval"] = [100 * interval.low, 100 * interval.high]
    if said.any():
        confidence, correct = metrics.top_label(read.probabilities[said], gold[said])
        found["ece"] = 100 * metrics.expected_calibration_error(confidence, correct)
        found["negative_log_likelihood"] = metrics.negative_log_likelihood(
            read.probabilities[said], gold[said]
        )
    found["not_read"] = 100 * float((~said).mean())
    found["accepted"] = 100 * float(read.accepted.mean())
    found["accepted_accuracy"] = 100 * float(hit[read.accepted].mean()) if read.accepted.any() else None
    return found


def heard_scores(read: Read, votes: IntArray) -> dict[str, Any]:
    """Scores against listeners, in percent, but for the correlations.

    Accuracy is against the emotion that more of them heard than any other, over the clips that have one. The
    calibration error holds confidence against each listener by himself. The correlations are of confidence
    with the share of listeners behind the leading emotion, Pearson's and of ranks.
    """
    most = votes.max(1)
    said = read.prediction != NOT_READ
    clear = ((votes == most[:, None]).sum(1) == 1) & said
    found: dict[str, Any] = {"n": int(clear.sum())}
    if not said.any():
        return found
    if clear.any():
        found["accuracy"] = 100 * float((read.prediction == votes.argmax(1))[clear].mean())
    row, label = np.nonzero(votes * said[:, None])
    times = votes[row, label]
    row, label = np.repeat(row, times), np.repeat(label, times)
    confidence, correct = metrics.top_label(read.probabilities[row], label)
    found["ece"] = 100 * metrics.expected_calibration_error(confidence, correct)
    sure, agreed = read.probabilities[said].max(1), (most / votes.sum(1))[said]
    if len(sure) > 2 and min(sure.std(), agreed.std()) > FLAT:
        found["correlation_with_agreement"] = float(np.corrcoef(sure, agreed)[0, 1])
        found["rank_correlation_with_agreement"] = float(np.corrcoef(_ranks(sure), _ranks(agreed))[0, 1])
    return found


def _read_clips(
    expert: Expert, clips: Sequence[crema_d.Clip], condition: str, report: Report
) -> dict[str, Read]:
    """What each head says of recordings under a condition."""

    def readings() -> Iterator[ExpertReading]:
        for number, clip in enumerate(track(clips, f"Reading voices, {condition}", report, "clips")):
            samples, rate = read_audio(clip.path)
            worse = CONDITIONS[condition](samples, rate, np.random.default_rng(number))
            yield expert.read_voice(worse, rate)

    every = list(readings())
    return {head: _collected(every, head, expert.labels.names) for head in expert.calibration}


def _collected(readings: Iterable[ExpertReading], head: str, names: Sequence[str]) -> Read:
    every = list(readings)
    nothing = np.full(len(names), np.nan)
    return Read(
        np.array([reading.probabilities.get(head, nothing) for reading in every]),
        np.array([reading.accepted.get(head, False) for reading in every], np.bool_),
    )


def _ranks(values: FloatArray) -> FloatArray:
    """Rank of each, ties sharing theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place], np.float64)
