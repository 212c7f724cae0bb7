"""From a Reading to emotions: calibrated, with prediction sets, what moved them, and when to abstain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay.analysis import NEUTRAL, AnnotationProject, CalibrationNote, Emotion, MovedBy, feeling_in
from heartsay.calibration import Calibration, ConformalSets, EmotionCalibration, filled
from heartsay.calibration.softmax import softmax
from heartsay.conversation import Conversation
from heartsay.evidence.evidence import MODALITIES, Evidence
from heartsay.evidence.reading import Reading
from heartsay.evidence.readings import utterance_means
from heartsay.evidence.views import FULL
from heartsay.pipeline.feelings import mark_of
from heartsay.pipeline.recognised import flattened, why_doubtful
from heartsay.runtime import Bundle
from heartsay.runtime.language import mostly_latin

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

UNKNOWN_SHARE = 0.3
"""Share of tokens outside the vocabulary from which a reading is not to be used."""

PROBABILITY_DIGITS = 6
CHANGE_DIGITS = 4

NO_WORDS = "no words were given for this utterance"

NOT_SURE = "the model is not sure enough of it"

UNLIKE = (
    "confidence may be off for talk like this: the model is surer of this conversation than of 19 in 20 of"
    " those by which it was told what is usual, all of the projects that it learnt from; its confidence was"
    " lowered for that, which may be too little or too much"
)
"""What is said of talk that is unlike; the share is `calibration.sureness.UNLIKE_SHARE`."""


class _Reason(NamedTuple):
    """Why a reading is left open, in plain words, and the numbers behind that where there are any."""

    words: str
    figures: str | None = None


@dataclass(frozen=True)
class CalibratedReading:
    """What a model says of one conversation of T utterances, calibrated; NaN where nothing was read.

    Numbers of an utterance that several windows read are means over them, weighted by how many of its tokens
    each reads.

    Attributes:
        probabilities: (T, C); where the views were read and the model has a mixture of them fitted, that
            mixture.
        whole: probabilities under the full evidence alone, (T, C), at the same temperature.
        views: the same by the name of the view, (T, C); NaN where it had nothing to hide.
        by_modality: of one modality alone, (T, C), where that was calibrated.
        fitted: what utterances were calibrated by.
        which: place in `fitted`, (T,); -1 for an utterance that was not read, or that nothing was fitted for.
        label: what each utterance is decided to be, (T,); -1 where `which` is.
        surer: spreads by which the model is surer of the conversation than of those it was calibrated on, 0
            where it is not; None where the calibration does not tell.
        unlike: whether that is so much that the talk is to be called unlike.
        warnings: what is doubtful about the whole.
    """

    probabilities: FloatArray
    whole: FloatArray
    views: Mapping[str, FloatArray]
    by_modality: Mapping[str, FloatArray]
    fitted: tuple[EmotionCalibration, ...]
    which: IntArray
    label: IntArray
    surer: float | None
    unlike: bool
    warnings: tuple[str, ...]


def calibrate(reading: Reading, evidence: Evidence, calibration: Calibration) -> CalibratedReading:
    """Calibrate the Reading of one conversation, each utterance by what there was to read of it."""
    length, classes = len(evidence), len(reading.classes)
    names = tuple(reading.logits)
    parts = {name: np.full((length, classes), np.nan) for name in ("mixed", *names)}
    alone = {m: np.full((length, classes), np.nan) for m in reading.by_modality}
    fitted: list[EmotionCalibration] = []
    which = np.full(length, -1)
    warnings: dict[str, None] = {}
    surer: float | None = None
    unlike = False
    exists = np.stack(
        [evidence.present[m] for m in reading.modalities] or [np.zeros(length, np.bool_)], axis=1
    )
    for pattern in np.unique(exists[reading.position], axis=0):
        given = [m for m, here in zip(reading.modalities, pattern, strict=True) if here]
        try:
            found = calibration.for_reading(given, names)
        except ValueError:
            continue
        if set(found.modalities) != set(given):
            doubt = f"confidence was fitted for {_and(found.modalities)} alone, not for {_and(given)}"
            warnings[f"{doubt}: it may be off"] = None
        chosen = (exists == pattern).all(axis=1)
        rows = reading.rows(chosen[reading.position])
        # How sure the whole conversation is must not reach what a view hides of it.
        temperature = found.mixture.temperature
        tempered = {v: found.weigh(softmax(x / temperature)) for v, x in filled(rows.logits).items()}
        calibrated = found.apply(rows.logits, rows.conversation)
        for name, values in {"mixed": calibrated, **tempered}.items():
            parts[name][chosen] = utterance_means(rows, values, length)[chosen]
        for m, own in rows.by_modality.items():
            single = calibration.for_modality(m)
            if m in given and single is not None:
                values = single.apply({FULL.name: own}, rows.conversation)
                alone[m][chosen] = utterance_means(rows, values, length)[chosen]
        if found.sureness is not None:
            excess = float(found.sureness.excess(rows.logits[FULL.name], rows.conversation)[0])
            surer, unlike = max(surer or 0.0, excess), unlike or excess > found.sureness.unlike
        which[rows.position] = len(fitted)
        fitted.append(found)
    views = {name: _where_hidden(parts[name], reading, name) for name in names if name != FULL.name}
    alone = {m: values for m, values in alone.items() if not np.isnan(values).all()}
    mixed, whole = parts["mixed"], parts[FULL.name]
    label = np.full(length, -1)
    for k, found in enumerate(fitted):
        label[which == k] = found.decide(mixed[which == k])
    if unlike:
        warnings[UNLIKE] = None
    return CalibratedReading(
        mixed, whole, views, alone, tuple(fitted), which, label, surer, unlike, tuple(warnings)
    )


def _where_hidden(values: FloatArray, reading: Reading, name: str) -> FloatArray:
    """Rows (T, C) under a view, NaN for the utterances from which it hid nothing in any window."""
    hidden = np.zeros(len(values), np.bool_)
    hidden[reading.position[~np.isnan(reading.logits[name]).any(axis=1)]] = True
    return np.where(hidden[:, None], values, np.nan)


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)


def emotions(
    model: Bundle,
    conversation: Conversation,
    evidence: Evidence,
    found: CalibratedReading,
    coverage: float,
    other_language: str | None = None,
) -> list[Emotion]:
    """The emotion of each utterance; nothing is said of one that was not read.

    Where the talk is in another language than the model's, every reading is left open. Where words were
    recognised, confidence falls with how surely; labels and prediction sets stay as they are.
    """
    sure = flattened(found.probabilities, conversation.utterances)
    reasons = _why_abstain(model, conversation, evidence, found, sure, other_language)
    members = np.ones(found.probabilities.shape, np.bool_)
    for k, fitted in enumerate(found.fitted):
        rows = found.which == k
        members[rows] = fitted.prediction_sets(found.probabilities[rows], coverage)
    names = model.labels.names
    return [
        _emotion(names, row, int(label), member, reason, found.fitted[k] if k >= 0 else None)
        for row, label, member, reason, k in zip(
            sure, found.label, members, reasons, found.which.tolist(), strict=True
        )
    ]


def _emotion(
    labels: Sequence[str],
    probabilities: FloatArray,
    label: int,
    member: BoolArray,
    reason: _Reason | None,
    fitted: EmotionCalibration | None,
) -> Emotion:
    if label < 0 or fitted is None:
        return Emotion(
            label=None,
            confidence=None,
            distribution={},
            set=list(labels),
            abstain=True,
            abstain_reason=None if reason is None else reason.words,
        )
    order = [k for k in np.argsort(-probabilities, kind="stable").tolist() if member[k]]
    distribution = dict(zip(labels, round_distribution(probabilities), strict=True))
    feeling = None
    if NEUTRAL in labels:
        probability = None
        if fitted.felt_shift is not None:
            probability = float(fitted.feeling(probabilities[None], labels.index(NEUTRAL))[0])
        feeling = feeling_in(distribution, mark_of(fitted), PROBABILITY_DIGITS, probability)
    return Emotion(
        label=labels[label],
        confidence=distribution[labels[label]],
        distribution=distribution,
        set=[labels[k] for k in order],
        abstain=reason is not None,
        abstain_reason=None if reason is None else reason.words,
        abstain_figures=None if reason is None else reason.figures,
        feeling=feeling,
    )


def round_distribution(probabilities: FloatArray, digits: int = PROBABILITY_DIGITS) -> list[float]:
    """Round so that the sum stays 1 and the order stays as it was (largest remainders are rounded up)."""
    unit = 10**digits
    scaled = probabilities / probabilities.sum() * unit
    parts = np.floor(scaled).astype(np.int64)
    missing = unit - int(parts.sum())
    parts[np.argsort(parts - scaled, kind="stable")[:missing]] += 1
    return [part / unit for part in parts.tolist()]


def distributions(
    labels: Sequence[str], by_modality: Mapping[str, FloatArray], t: int
) -> dict[str, dict[str, float]] | None:
    """What each modality alone, (T, C) by its name, says of an utterance; None where none says anything."""
    known = {m: by_modality[m][t] for m in MODALITIES if m in by_modality}
    known = {m: x for m, x in known.items() if not np.isnan(x).any()}
    return {m: dict(zip(labels, round_distribution(p), strict=True)) for m, p in known.items()} or None


def moved_by(found: CalibratedReading, t: int) -> MovedBy:
    """Probability of an utterance's label under each view minus that in the full reading alone."""
    if found.which[t] < 0:
        return MovedBy()
    label = found.label[t]
    changes = {name: float(view[t, label] - found.whole[t, label]) for name, view in found.views.items()}
    return MovedBy(
        **{name: None if math.isnan(c) else round(c, CHANGE_DIGITS) + 0.0 for name, c in changes.items()}
    )


def _why_abstain(
    model: Bundle,
    conversation: Conversation,
    evidence: Evidence,
    found: CalibratedReading,
    probabilities: FloatArray,
    other_language: str | None,
) -> list[_Reason | None]:
    """For each utterance why its reading should not be used, or None."""
    reasons: list[_Reason | None] = []
    for t, utterance in enumerate(conversation.utterances):
        if found.which[t] < 0:
            given = [m for m, exists in evidence.present.items() if exists[t]]
            uncalibrated = (
                f"the model was not calibrated for utterances of which there is {_and(given)} alone"
            )
            reasons.append(_Reason(uncalibrated if given else NO_WORDS))
            continue
        why, figures = [], None
        if other_language is not None:
            why.append(f"the talk is in {other_language}, which the model cannot read")
        rule, sure = found.fitted[found.which[t]].abstention, probabilities[t, found.label[t]]
        unknown = 0.0 if evidence.words is None else evidence.words.unknown[t]  # NaN without words
        if unknown > UNKNOWN_SHARE or (model.language == "en" and not mostly_latin(utterance.text or "")):
            of_language = "English vocabulary" if model.language == "en" else "vocabulary"
            why.append(f"most of the utterance is outside the {of_language} that the model knows")
        if not sure > rule.threshold:
            why.append(NOT_SURE)
            figures = (
                f"confidence {sure:.1%} is not over {rule.threshold:.1%}, the mark above which at most"
                f" {rule.risk:.0%} of readings are wrong, judged by calibration conversations"
            )
        if badly := why_doubtful(utterance):
            why.append(badly)
        reasons.append(_Reason("; ".join(why), figures) if why else None)
    return reasons


def coverage_warnings(found: CalibratedReading, coverage: float) -> list[str]:
    """What to say where too few conversations were calibrated on for the coverage asked for."""
    short = (fitted.sets for fitted in found.fitted if not fitted.sets.supports(coverage))
    return list(dict.fromkeys(f"prediction sets hold every emotion: {_at_most(sets)}" for sets in short))


def _at_most(sets: ConformalSets) -> str:
    count, highest = sets.conversations, f"a coverage of {sets.highest_coverage:.1%} at most"
    if sets.expected is None:
        return f"the {count} conversations that the model was calibrated on can promise {highest}"
    return (
        f"the {count} labelled conversations that the model was adapted to, joined by {sets.expected}"
        f" conversations' worth of what its confidence expects, let {highest} be estimated, and promise none"
    )


def calibration_note(calibration: Calibration, found: CalibratedReading) -> CalibrationNote | None:
    """Whose labels confidence was fitted to; None where the calibration does not say."""
    if calibration.projects is None:
        return None
    projects = [AnnotationProject(**project.to_dict()) for project in calibration.projects]
    surer = None if found.surer is None else round(found.surer, CHANGE_DIGITS)
    return CalibrationNote(projects=projects, surer=surer, unlike=found.unlike)
