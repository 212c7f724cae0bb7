"""A model's calibration refitted to a user's labels, and what that is worth, by cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.adaptation.causes import CauseThreshold, fit_cause_threshold
from heartsay.calibration import Calibration, EmotionCalibration, ProjectData
from heartsay.calibration.adapting import Labelled, adapt_emotions, folds, labelled
from heartsay.errors import InputError
from heartsay.evidence.reading import Reading
from heartsay.evidence.views import FULL
from heartsay.limits import limit
from heartsay.pipeline.labelled import LabelledTalk, annotator_rows, read_labelled
from heartsay.progress import Report, silent
from heartsay.runtime import Bundle

MINIMUM = 10
"""Fewest labelled conversations: with fewer, one or two decide all, and no cross-validation tells."""

COVERAGE = 0.9
"""Coverage of the sets that are measured."""

Scores = dict[str, float | None]
"""In percent, but for `mean_set_size`, a count, and `negative_log_likelihood`, in nats; None where nothing is
accepted."""


class Outcome(NamedTuple):
    """What a calibration makes of N rows, each of one annotator's label.

    Attributes:
        probabilities: (N, C).
        decided: class indices that it decides for, (N,).
        members: which labels belong to each prediction set, bool (N, C).
        accepted: which readings are not abstained from, bool (N,).
        labels: class indices, (N,).
        conversation: number of each row's conversation, (N,).
    """

    probabilities: NDArray[np.float64]
    decided: NDArray[np.int64]
    members: NDArray[np.bool_]
    accepted: NDArray[np.bool_]
    labels: NDArray[np.int64]
    conversation: NDArray[np.int64]

    def told(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Confidence in what is decided, (N,), and whether it is right, (N,)."""
        return metrics.top_label(self.probabilities, self.labels, self.decided)


@dataclass(frozen=True)
class Adapted:
    """A calibration refitted to labelled talk.

    Attributes:
        calibration: fitted on all of it.
        shipped: what it was refitted from.
        before: what the shipped calibration makes of the talk.
        after: what refitted ones do, each conversation by one that has not seen it.
        causes: how the threshold of causes moved; None where no conversation has annotated causes.
        counts: labelled utterances by emotion, an annotator's share each.
        notes: what could not be fitted.
    """

    calibration: Calibration
    shipped: Calibration
    before: Outcome
    after: Outcome
    causes: CauseThreshold | None
    counts: dict[str, float]
    notes: tuple[str, ...]


def adapt(model: Bundle, talk: LabelledTalk, report: Report = silent) -> Adapted:
    """Refit a model's calibration to labelled conversations.

    Args:
        model: with the calibration that it came with.
        talk: read for this model's labels.
        report: progress callback.

    Raises:
        InputError: fewer than `MINIMUM` conversations, or all labels are one emotion.
    """
    check_enough(talk)
    reading, shares = read_labelled(model, talk, report)
    known = shares.sum(axis=1) > 0
    if not known.any():
        raise _refused("labelled utterances that the model can read", "none with words", "label others")
    totals = shares.sum(axis=0)
    if (totals > 0).sum() < 2:
        only = model.labels.names[int(totals.argmax())]
        do = "label all utterances, also those that are not of interest"
        raise _refused("labels of two emotions or more", f"{only} alone", do)
    rows, targets = reading.rows(known), shares[known]
    lengths = np.array([len(c) for c in talk.conversations])
    report({"message": "Fitting"})
    emotions, notes, longest = [], [], limit("evidence_utterances")
    for emotion in model.calibration.emotions:
        if emotion.modalities != ("text",):
            emotions.append(emotion)
            notes.append(
                f"confidence from {' and '.join(emotion.modalities)} is as it came: labels are of words"
            )
            continue
        whole = emotion.mixture.views == (FULL.name,)
        used = np.ones(len(rows), np.bool_) if whole else lengths[rows.conversation] <= longest
        if len(np.unique(rows.conversation[used])) < MINIMUM:
            notes.append(
                f"too few conversations of up to {longest:,} utterances to refit confidence with"
                " context taken away: it is refitted, and used, for the full reading alone"
            )
            continue
        emotions.append(adapt_emotions(emotion, _taken(rows.rows(used), targets[used])))
    own = ProjectData("own", "labelled", len(np.unique(rows.conversation)), len(rows), "own")
    projects = (*(model.calibration.projects or ()), own)
    adapted = replace(model.calibration, emotions=tuple(emotions), projects=projects)
    causes = None
    if any(c.pairs for c in talk.conversations):
        report({"message": "Choosing the threshold of causes"})
        causes = fit_cause_threshold(reading, adapted, model.calibration.pair_threshold)
        adapted = replace(adapted, pair_threshold=causes.chosen)
    report({"message": "Measuring on conversations left out"})
    best = model.calibration.for_reading(("text",), reading.logits)
    before, after = _before_and_after(best, rows, targets)
    counts = dict(zip(model.labels.names, totals.tolist(), strict=True))
    return Adapted(adapted, model.calibration, before, after, causes, counts, tuple(dict.fromkeys(notes)))


def check_enough(talk: LabelledTalk) -> None:
    """Refuse talk of too few conversations.

    Raises:
        InputError: fewer than `MINIMUM` labelled ones.
    """
    if (count := len(talk.conversations)) < MINIMUM:
        found = f"{count} conversation{'' if count == 1 else 's'} with labels"
        do = (
            "label more conversations, also short ones (with fewer, one or two of them decide all, and what"
            " they say of the others cannot be checked), or use the model as it came"
        )
        raise _refused(f"{MINIMUM} labelled conversations or more", found, do)


def _refused(expected: str, found: str, do: str) -> InputError:
    return InputError(expected=expected, found=found, where="the labelled conversations", do=do)


def _taken(rows: Reading, targets: NDArray[np.float64]) -> Labelled:
    return labelled(rows.logits, targets, rows.conversation)


def _before_and_after(
    emotion: EmotionCalibration, rows: Reading, targets: NDArray[np.float64]
) -> tuple[Outcome, Outcome]:
    """Outcomes of the shipped calibration, and of refitted ones on the conversations they have not seen."""
    given = _taken(rows, targets)
    fold = folds(given.conversation)
    before, after = [], []
    for k in range(int(fold.max()) + 1):
        out = fold == k
        rest = _taken(rows.rows(~out), targets[~out])
        single = annotator_rows(rows.rows(out), targets[out])
        before.append(outcome(emotion, single))
        after.append(outcome(adapt_emotions(emotion, rest), single))
    return _joined(before), _joined(after)


def outcome(emotion: EmotionCalibration, rows: Reading) -> Outcome:
    """What a calibration makes of rows of one label each."""
    p = emotion.apply(rows.logits, rows.conversation)
    decided = emotion.decide(p)
    accepted = emotion.abstention.accept(p[np.arange(len(p)), decided])
    members = emotion.prediction_sets(p, COVERAGE)
    return Outcome(p, decided, members, accepted, rows.gold, rows.conversation)


def _joined(parts: Sequence[Outcome]) -> Outcome:
    return Outcome(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def scores(found: Outcome) -> Scores:
    """What is told of an outcome."""
    classes = found.probabilities.shape[1]
    (sure, right), kept = found.told(), found.accepted
    held = metrics.coverage_per_conversation(found.members, found.labels, found.conversation)
    return {
        "ece": 100 * metrics.expected_calibration_error(sure, right),
        "mean_confidence": 100 * float(sure.mean()),
        "accuracy": 100 * float(right.mean()),
        "negative_log_likelihood": metrics.negative_log_likelihood(found.probabilities, found.labels),
        "coverage_by_conversation": 100 * float(held.mean()),
        "mean_set_size": metrics.mean_set_size(found.members),
        "weighted_f1": 100 * metrics.weighted_f1(found.labels, found.decided, classes),
        "accepted": 100 * float(kept.mean()),
        "accepted_accuracy": 100 * float(right[kept].mean()) if kept.any() else None,
    }
