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
from heartsay.metrics.checks import group_numbers
from heartsay.pipeline.annotators import Labels, annotator_labels
from heartsay.pipeline.labelled import LabelledTalk, read_labelled
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
        utterance: number of each row's utterance, (N,).
        probabilities: (N, C).
        decided: class indices that it decides for, (N,).
        members: which labels belong to each prediction set, bool (N, C).
        accepted: which readings are not abstained from, bool (N,).
        labels: class indices, (N,).
        conversation: number of each row's conversation, (N,).
    """

    utterance: NDArray[np.int64]
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
        conversations: how many hold labelled utterances that the model can read.
        utterances: how many such utterances they hold.
        notes: what could not be fitted or read.
    """

    calibration: Calibration
    shipped: Calibration
    before: Outcome
    after: Outcome
    causes: CauseThreshold | None
    counts: dict[str, float]
    conversations: int
    utterances: int
    notes: tuple[str, ...]


def adapt(model: Bundle, talk: LabelledTalk, report: Report = silent) -> Adapted:
    """Refit a model's calibration to labelled conversations.

    Args:
        model: with the calibration that it came with.
        talk: read for this model's labels.
        report: progress callback.

    Raises:
        InputError: fewer than `MINIMUM` conversations whose labelled utterances can be read, or all labels
            are one emotion.
    """
    check_enough(len(talk.conversations))
    reading, shares = read_labelled(model, talk, report)
    known = shares.sum(axis=1) > 0
    readable = len(np.unique(reading.conversation[known]))
    check_enough(readable, " that the model can read")
    totals = shares.sum(axis=0)
    if (totals > 0).sum() < 2:
        only = model.labels.names[int(totals.argmax())]
        do = "label all utterances, also those that are not of interest"
        raise _refused("labels of two emotions or more", f"{only} alone", do)
    rows, targets = reading.rows(known), shares[known]
    longest = limit("evidence_utterances")
    short = np.array([len(c) <= longest for c in talk.conversations])
    report({"message": "Fitting"})
    emotions, notes = [], list[str]()
    if (unread := len(talk.conversations) - readable) > 0:
        notes.append(
            f"{unread:,} of {len(talk.conversations):,} labelled conversations have no labelled utterance"
            " that the model can read, and are left out"
        )
    for emotion in model.calibration.emotions:
        if emotion.modalities != ("text",):
            emotions.append(emotion)
            notes.append(
                f"confidence from {' and '.join(emotion.modalities)} is as it came: labels are of words"
            )
            continue
        used = _fitted_on(emotion, rows, short)
        if len(np.unique(rows.conversation[used])) < MINIMUM:
            notes.append(
                f"too few conversations of up to {longest:,} utterances to refit confidence with"
                " context taken away: it is refitted, and used, for the full reading alone"
            )
            continue
        emotions.append(adapt_emotions(emotion, _taken(rows.rows(used), targets[used])))
    own = ProjectData("own", "labelled", readable, len(rows), "own")
    projects = (*(model.calibration.projects or ()), own)
    adapted = replace(model.calibration, emotions=tuple(emotions), projects=projects)
    causes = None
    if any(c.pairs for c in talk.conversations):
        report({"message": "Choosing the threshold of causes"})
        causes = fit_cause_threshold(reading, adapted, model.calibration.pair_threshold)
        adapted = replace(adapted, pair_threshold=causes.chosen)
    report({"message": "Measuring on conversations left out"})
    before, after = _before_and_after(model.calibration, adapted, reading, shares, short)
    return Adapted(
        calibration=adapted,
        shipped=model.calibration,
        before=before,
        after=after,
        causes=causes,
        counts=dict(zip(model.labels.names, totals.tolist(), strict=True)),
        conversations=readable,
        utterances=len(rows),
        notes=tuple(dict.fromkeys(notes)),
    )


def check_enough(count: int, which: str = "") -> None:
    """Refuse too few labelled conversations.

    Args:
        count: how many there are.
        which: are counted, for the message.

    Raises:
        InputError: fewer than `MINIMUM`.
    """
    if count < MINIMUM:
        found = f"{count} conversation{'' if count == 1 else 's'} with labels{which}"
        do = (
            "label more conversations, also short ones (with fewer, one or two of them decide all, and what"
            " they say of the others cannot be checked), or use the model as it came"
        )
        raise _refused(f"{MINIMUM} labelled conversations or more", found, do)


def _refused(expected: str, found: str, do: str) -> InputError:
    return InputError(expected=expected, found=found, where="the labelled conversations", do=do)


def _taken(rows: Reading, targets: NDArray[np.float64]) -> Labelled:
    return labelled(rows.logits, targets, rows.conversation)


def _fitted_on(emotion: EmotionCalibration, rows: Reading, short: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows, (N,), a calibration is refitted to: those read under all views that it mixes."""
    whole = emotion.mixture.views == (FULL.name,)
    return np.ones(len(rows), np.bool_) if whole else short[rows.conversation]


def _before_and_after(
    shipped: Calibration,
    adapted: Calibration,
    reading: Reading,
    shares: NDArray[np.float64],
    short: NDArray[np.bool_],
) -> tuple[Outcome, Outcome]:
    """Outcomes of what ships, and of refits to the conversations that each one was not fitted to.

    Each row is read by what analysing its conversation takes: short ones with the mixture of views, if
    the calibration has one, long ones in full.

    Args:
        shipped: the calibration that came with the model.
        adapted: what it was refitted to.
        reading: of all utterances, those without labels included.
        shares: of labels, (N, C); rows of zeros have none.
        short: which conversations are read without each context too, (conversations,).
    """
    known = shares.sum(axis=1) > 0
    rows, targets = reading.rows(known), shares[known]
    single = annotator_labels(shares)
    conversation = reading.conversation[single.row]
    places, before, after = [], list[Outcome](), list[Outcome]()
    for views, mine in ((tuple(reading.logits), short), ((FULL.name,), ~short)):
        old, new = (c.for_reading(("text",), views) for c in (shipped, adapted))
        start = shipped.for_reading(("text",), new.mixture.views)
        # How sure the model is of a conversation is seen on all of it, labelled or not.
        shown = old.apply(reading.logits, reading.conversation)
        used = _fitted_on(new, rows, short)
        given, labels = rows.rows(used), targets[used]
        fold = folds(group_numbers(given.conversation))
        for k in range(int(fold.max()) + 1):
            out = fold == k
            measured = mine[conversation] & np.isin(conversation, given.conversation[out])
            if not measured.any():
                continue
            refitted = adapt_emotions(start, _taken(given.rows(~out), labels[~out]))
            shown_anew = refitted.apply(reading.logits, reading.conversation)
            places.append(np.flatnonzero(measured))
            for calibration, p, found in ((old, shown, before), (refitted, shown_anew, after)):
                found.append(outcome(calibration, p, single.taken(measured), conversation[measured]))
    order = np.argsort(np.concatenate(places))
    return _joined(before, order), _joined(after, order)


def outcome(
    emotion: EmotionCalibration,
    probabilities: NDArray[np.float64],
    labels: Labels,
    conversation: NDArray[np.int64],
) -> Outcome:
    """What a calibration makes of utterances.

    Args:
        emotion: the calibration.
        probabilities: that it gives all utterances of whole conversations, (U, C).
        labels: N labels of some of them.
        conversation: number of each label's conversation, (N,).
    """
    p = probabilities[labels.row]
    decided = emotion.decide(p)
    accepted = emotion.abstention.accept(p[np.arange(len(p)), decided])
    members = emotion.prediction_sets(p, COVERAGE)
    return Outcome(labels.row, p, decided, members, accepted, labels.label, conversation)


def _joined(parts: Sequence[Outcome], order: NDArray[np.int64]) -> Outcome:
    return Outcome(*(np.concatenate(column)[order] for column in zip(*parts, strict=True)))


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
