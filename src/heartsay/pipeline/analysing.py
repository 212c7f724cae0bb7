"""From a conversation to its analysis: the user's path, without torch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from heartsay.analysis import (
    Analysis,
    Cause,
    Emotion,
    FalseDiscoveryControl,
    MovedBy,
    UtteranceAnalysis,
)
from heartsay.conversation import Conversation
from heartsay.errors import InputError, ModelError
from heartsay.explanation.template import CitedUtterance, explain
from heartsay.labels import EMOTIONS
from heartsay.runtime import ConversationReading, ExportedModel, read_conversations
from heartsay.runtime.language import mostly_latin

EvidenceMode = Literal["auto", "always", "never"]
"""Whether to compute what moved each reading; `auto` does for conversations up to `LONGEST_FOR_EVIDENCE`."""

LONGEST_FOR_EVIDENCE = 200
"""Utterances up to which `auto` computes what moved a reading; the cost grows with their number squared."""

DEFAULT_COVERAGE = 0.9

DEFAULT_MODEL = Path(__file__).parent.parent / "weights" / "default"

UNKNOWN_SHARE = 0.3
"""Share of tokens outside the vocabulary from which a reading is not to be used."""

PROBABILITY_DIGITS = 6
CHANGE_DIGITS = 4

FloatArray = NDArray[np.float64]


@overload
def analyze(
    conversation: Conversation,
    *,
    model: ExportedModel | str | Path | None = None,
    coverage: float = DEFAULT_COVERAGE,
    evidence: EvidenceMode = "auto",
    future: bool = True,
    false_discovery_rate: float | None = None,
) -> Analysis: ...


@overload
def analyze(
    conversation: Iterable[Conversation],
    *,
    model: ExportedModel | str | Path | None = None,
    coverage: float = DEFAULT_COVERAGE,
    evidence: EvidenceMode = "auto",
    future: bool = True,
    false_discovery_rate: float | None = None,
) -> Iterator[Analysis]: ...


def analyze(
    conversation: Conversation | Iterable[Conversation],
    *,
    model: ExportedModel | str | Path | None = None,
    coverage: float = DEFAULT_COVERAGE,
    evidence: EvidenceMode = "auto",
    future: bool = True,
    false_discovery_rate: float | None = None,
) -> Analysis | Iterator[Analysis]:
    """Analyse a conversation, or many: an iterable gives an iterator that holds a few in memory at a time.

    The same conversation gives the same analysis, whatever it is analysed together with.

    Args:
        conversation: what `read` gives, or many of it.
        model: a loaded model or its folder; the default model where None.
        coverage: how often prediction sets shall hold the true emotion, between 0 and 1.
        evidence: whether to compute `moved_by`; `auto` does for conversations of up to 200 utterances.
        future: whether to list utterances that come later among the likely causes, flagged so.
        false_discovery_rate: if given, between 0 and 1: causes are then listed by conformal risk control, so
            that the expected share of wrong ones among those of a conversation is at most this, on average
            over conversations like those the model was calibrated on; one without causes counts as 0.
            Utterances that come later are not listed then.

    Raises:
        InputError: an argument out of range, a false discovery rate lower than this model can keep, or a
            conversation without utterances, with ids that repeat, with times that are not finite or with
            text that is not Unicode.
        ModelError: the model cannot be loaded, or has no rule for a false discovery rate.
    """
    if not (isinstance(coverage, int | float) and 0.0 < coverage < 1.0):
        raise InputError(
            expected="a number between 0 and 1, both excluded",
            found=repr(coverage),
            where="coverage",
            do="give how often the sets shall hold the true emotion, for example 0.9",
        )
    if evidence not in ("auto", "always", "never"):
        raise InputError(
            expected="auto, always or never", found=repr(evidence), where="evidence", do="choose one of these"
        )
    loaded = model if isinstance(model, ExportedModel) else load_model(model)
    control = None if false_discovery_rate is None else _control(loaded, false_discovery_rate)
    if isinstance(conversation, Conversation):
        return next(_analyze_all(loaded, [conversation], float(coverage), evidence, future, control))
    return _analyze_all(loaded, conversation, float(coverage), evidence, future, control)


def load_model(folder: str | Path | None = None) -> ExportedModel:
    """Load a model once per process; None is the default model.

    Raises:
        ModelError: the model cannot be loaded.
    """
    return _load_once(Path(DEFAULT_MODEL if folder is None else folder).resolve())


@cache
def _load_once(folder: Path) -> ExportedModel:
    return ExportedModel.load(folder)


def _analyze_all(
    model: ExportedModel,
    conversations: Iterable[Conversation],
    coverage: float,
    evidence: EvidenceMode,
    future: bool,
    control: FalseDiscoveryControl | None,
) -> Iterator[Analysis]:
    def with_views(conversation: Conversation) -> bool:
        return evidence == "always" or (evidence == "auto" and len(conversation) <= LONGEST_FOR_EVIDENCE)

    checked = map(_check, conversations)
    for conversation, reading in read_conversations(model, checked, views=with_views):
        yield _describe(model, conversation, reading, coverage, future, control)


def _control(model: ExportedModel, rate: float) -> FalseDiscoveryControl:
    """How a model keeps a false discovery rate, if it can."""
    if not (isinstance(rate, int | float) and 0.0 < rate < 1.0):
        raise InputError(
            expected="a number between 0 and 1, both excluded",
            found=repr(rate),
            where="false discovery rate",
            do="give the share of wrong causes that may be expected, for example 0.3",
        )
    links = model.calibration.links
    if links is None:
        raise ModelError(
            f"{model.folder} was calibrated without a rule that keeps a false discovery rate; calibrate it"
            " anew with `heartsay calibrate`, or ask for none."
        )
    lowest = links.lowest_level
    if lowest is None:
        raise ModelError(
            f"{model.folder} cannot keep any false discovery rate: its causes were too often wrong on the"
            f" {links.rule.conversations} conversations that it was calibrated on; ask for none."
        )
    if rate < lowest:
        raise InputError(
            expected=f"{lowest:g} or more, the lowest rate at which this model can list any cause",
            found=f"{rate:g}",
            where="false discovery rate",
            do=f"ask for {lowest:g} or more",
        )
    return FalseDiscoveryControl(
        rate=rate,
        score_threshold=links.rule.threshold(rate),
        calibration_conversations=links.rule.conversations,
    )


def _check(conversation: Conversation) -> Conversation:
    """Refuse what no reader lets through, since conversations can also be made by hand."""
    problem = None
    if not conversation.utterances:
        problem = "at least one utterance", "none"
    elif repeated := [name for name, n in Counter(u.id for u in conversation.utterances).items() if n > 1]:
        problem = "utterance ids that differ", f"{repeated[0]!r} more than once"
    for utterance in conversation.utterances:
        if any(time is not None and not math.isfinite(time) for time in (utterance.start, utterance.end)):
            problem = "times that are finite", f"start {utterance.start}, end {utterance.end}"
        if utterance.text is None:
            problem = "words for every utterance", f"none for {utterance.id!r}"
        try:
            (utterance.id + utterance.speaker + (utterance.text or "")).encode()
        except UnicodeEncodeError:
            problem = "text that is Unicode", "half of a surrogate pair"
        if problem:
            break
    if problem:
        raise InputError(
            expected=problem[0],
            found=problem[1],
            where=f"conversation {conversation.id!r}",
            do="correct the conversation",
        )
    return conversation


def _describe(
    model: ExportedModel,
    conversation: Conversation,
    reading: ConversationReading,
    coverage: float,
    future: bool,
    control: FalseDiscoveryControl | None,
) -> Analysis:
    calibration = model.calibration
    warnings = list(conversation.warnings)
    sets, _ = calibration.rules(removed=reading.own is not None)
    if not sets.supports(coverage):
        warnings.append(
            f"prediction sets hold every emotion: the {sets.conversations} conversations that the model was"
            f" calibrated on can promise a coverage of {sets.highest_coverage:.1%} at most"
        )
    causes = _causes(model, conversation, reading, future, None if control is None else control.rate)
    members = sets.sets(reading.probabilities, coverage)
    order = np.argsort(-reading.probabilities, axis=1, kind="stable")  # (T, 7)
    top = order[:, 0]
    own, other = (_changes(reading.whole, view, top) for view in (reading.own, reading.other))
    reasons = _why_abstain(model, conversation, reading)
    utterances = []
    for t, utterance in enumerate(conversation.utterances):
        emotion = _emotion(
            model, reading.probabilities[t], [k for k in order[t] if members[t, k]], reasons[t]
        )
        explanation = explain(
            id=utterance.id,
            speaker=utterance.speaker,
            text=utterance.text or "",
            label=emotion.label or "",
            confidence=emotion.confidence or 0.0,
            distribution=emotion.distribution,
            abstain=emotion.abstain,
            causes=causes[t],
        )
        utterances.append(
            UtteranceAnalysis(
                id=utterance.id,
                speaker=utterance.speaker,
                text=utterance.text,
                start=utterance.start,
                end=utterance.end,
                emotion=emotion,
                moved_by=MovedBy(own_context=own[t], other_context=other[t]),
                causes=[
                    Cause(utterance=c.id, confidence=c.confidence, direction=c.direction) for c in causes[t]
                ],
                explanation=explanation,
            )
        )
    return Analysis(
        conversation=conversation.id,
        source=conversation.source,
        model=model.stamp,
        coverage=coverage,
        false_discovery_control=control,
        warnings=warnings,
        utterances=utterances,
    )


def _emotion(
    model: ExportedModel, probabilities: FloatArray, members: list[int], reason: str | None
) -> Emotion:
    distribution = dict(zip(model.labels, round_distribution(probabilities), strict=True))
    label = model.labels[members[0]]
    return Emotion(
        label=label,
        confidence=distribution[label],
        distribution=distribution,
        set=[model.labels[k] for k in members],
        abstain=reason is not None,
        abstain_reason=reason,
    )


def round_distribution(probabilities: FloatArray, digits: int = PROBABILITY_DIGITS) -> list[float]:
    """Round so that the sum stays 1 and the order stays as it was (largest remainders are rounded up)."""
    unit = 10**digits
    scaled = probabilities / probabilities.sum() * unit
    parts = np.floor(scaled).astype(np.int64)
    missing = unit - int(parts.sum())
    parts[np.argsort(parts - scaled, kind="stable")[:missing]] += 1
    return [part / unit for part in parts.tolist()]


def _changes(whole: FloatArray, view: FloatArray | None, top: NDArray[np.int64]) -> list[float | None]:
    """Probability of each utterance's label in a view minus that in the full reading alone."""
    rows = np.arange(len(top))
    if view is None:
        return [None] * len(top)
    change = view[rows, top] - whole[rows, top]
    return [None if math.isnan(c) else round(c, CHANGE_DIGITS) + 0.0 for c in change.tolist()]


def _why_abstain(
    model: ExportedModel, conversation: Conversation, reading: ConversationReading
) -> list[str | None]:
    """For each utterance why its reading should not be used, or None."""
    _, rule = model.calibration.rules(removed=reading.own is not None)
    confidence = reading.probabilities.max(axis=1)
    reasons: list[str | None] = []
    for utterance, sure, accepted, unknown in zip(
        conversation.utterances, confidence, rule.accept(confidence), reading.unknown, strict=True
    ):
        found = []
        foreign = model.language == "en" and not mostly_latin(utterance.text or "")
        if unknown > UNKNOWN_SHARE or foreign:
            of_language = "English vocabulary" if model.language == "en" else "vocabulary"
            found.append(f"most of the utterance is outside the {of_language} that the model knows")
        if not accepted:
            found.append(
                f"confidence {sure:.1%} is not over {rule.threshold:.1%}, the mark above which at most"
                f" {rule.risk:.0%} of readings are wrong, judged by development conversations"
            )
        reasons.append("; ".join(found) or None)
    return reasons


def _causes(
    model: ExportedModel,
    conversation: Conversation,
    reading: ConversationReading,
    future: bool,
    false_discovery_rate: float | None,
) -> list[list[CitedUtterance]]:
    """The likely causes of each utterance, surest first; also of one whose likeliest emotion is neutral.

    That the emotion may be neutral has gone into the confidence of the pair. Leaving such utterances out on
    top of that costs almost three points of Pair F1 on development data.
    """
    calibration = model.calibration
    i, j = reading.pair_emotion, reading.pair_cause
    # The curve of pairs was fitted on the full reading alone.
    neutral = calibration.emotion.apply(reading.logits)[:, EMOTIONS.index("neutral")]
    confidence = calibration.pair_confidence(reading.pair_log_odds, neutral[i], i - j)
    if false_discovery_rate is None:
        least = np.where(
            j > i, calibration.future_threshold if future else np.inf, calibration.pair_threshold
        )
        likely = confidence >= least
    else:
        likely = calibration.show_links(reading.pair_log_odds, reading.logits[i], i - j, false_discovery_rate)
    chosen = np.nonzero(likely)[0]
    causes: list[list[CitedUtterance]] = [[] for _ in conversation.utterances]
    for k in chosen[np.argsort(-confidence[chosen], kind="stable")].tolist():
        felt, by = int(i[k]), int(j[k])
        said = conversation.utterances[by]
        direction: Literal["past", "self", "future"] = (
            "self" if by == felt else "past" if by < felt else "future"
        )
        causes[felt].append(
            CitedUtterance(
                said.id, said.speaker, said.text or "", round(float(confidence[k]), CHANGE_DIGITS), direction
            )
        )
    return causes
