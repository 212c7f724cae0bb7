"""From a conversation to its analysis: the user's path, without torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from heartsay.analysis import Analysis, Cause, FalseDiscoveryControl, SoundEvent, UtteranceAnalysis
from heartsay.conversation import Conversation
from heartsay.evidence.evidence import Evidence
from heartsay.evidence.reading import Reading
from heartsay.evidence.views import View
from heartsay.explanation import Explainer, ReadUtterance, get_explainer
from heartsay.limits import limit
from heartsay.media import GetSignals, signals_of
from heartsay.pipeline.causes import likely_causes
from heartsay.pipeline.checks import (
    check_conversation,
    check_options,
    conversation_of,
    false_discovery_control,
)
from heartsay.pipeline.emotions import (
    CHANGE_DIGITS,
    CalibratedReading,
    calibrate,
    calibration_note,
    coverage_warnings,
    distributions,
    emotions,
    moved_by,
)
from heartsay.pipeline.modalities import (
    BesideReading,
    FloatArray,
    conflict_fits,
    conflict_of,
    modality_models,
    read_beside,
)
from heartsay.pipeline.recognised import flattened, recognition
from heartsay.runtime import Bundle, ModalityExperts, find_model, load_modality_experts, read_conversations
from heartsay.runtime.adaptation import is_adaptation, load_adapted
from heartsay.runtime.language import other_language_warning

EvidenceMode = Literal["auto", "always", "never"]
"""Whether to compute what moved each reading; `auto` does up to the limit `evidence_utterances`."""

DEFAULT_COVERAGE = 0.9


@overload
def analyze(
    conversation: Conversation | str | Path | Sequence[Mapping[str, Any]],
    *,
    model: Bundle | str | Path | None = None,
    coverage: float = DEFAULT_COVERAGE,
    evidence: EvidenceMode = "auto",
    false_discovery_rate: float | None = None,
    explainer: Explainer | str = "template",
    language_check: bool = True,
    signals: GetSignals | None = None,
    experts: ModalityExperts | None = None,
) -> Analysis: ...


@overload
def analyze(
    conversation: Iterable[Conversation],
    *,
    model: Bundle | str | Path | None = None,
    coverage: float = DEFAULT_COVERAGE,
    evidence: EvidenceMode = "auto",
    false_discovery_rate: float | None = None,
    explainer: Explainer | str = "template",
    language_check: bool = True,
    signals: GetSignals | None = None,
    experts: ModalityExperts | None = None,
) -> Iterator[Analysis]: ...


def analyze(
    conversation: Conversation | str | Path | Sequence[Mapping[str, Any]] | Iterable[Conversation],
    *,
    model: Bundle | str | Path | None = None,
    coverage: float = DEFAULT_COVERAGE,
    evidence: EvidenceMode = "auto",
    false_discovery_rate: float | None = None,
    explainer: Explainer | str = "template",
    language_check: bool = True,
    signals: GetSignals | None = None,
    experts: ModalityExperts | None = None,
) -> Analysis | Iterator[Analysis]:
    """Analyse a conversation, or many: an iterable gives an iterator that holds a few in memory at a time.

    The same conversation gives the same analysis, whatever it is analysed together with.

    Args:
        conversation: what `read` gives, or many of it; or what `read` takes: a path, the text of a
            transcript, a list of dictionaries or a data frame that holds one conversation.
        model: a loaded model, the name of a shipped one (`default`), or a folder; `default` where
            None.
        coverage: how often prediction sets shall hold the true emotion, between 0 and 1.
        evidence: whether to compute `moved_by`; `auto` does for conversations of up to 1,000 utterances
            (`heartsay.limits`).
        false_discovery_rate: if given, between 0 and 1: causes are then listed by conformal risk control, so
            that the expected share of wrong ones among those of a conversation is at most this, on average
            over conversations like those the model was calibrated on; one without causes counts as 0.
        explainer: what writes the sentences: `template`, `module:Name`, or the object itself.
        language_check: whether every reading of talk that is clearly in another language than the model's is
            left open, with a warning.
        signals: gives the sound and the faces of a conversation's utterances, which are then read by
            themselves and shown beside the words; if not given, those of a conversation's `recording`.
        experts: what reads them; those that come along if not given.

    Raises:
        InputError: an argument out of range, a model that is not there, a false discovery rate lower than
            this model can keep, an explainer that is not there, or a conversation without utterances, with
            ids that repeat, with times that are not finite or with text that is not Unicode; or a recording
            that is not there or has no sound.
        MissingDependencyError: there is a recording, and what decodes it is not installed.
        ModelError: the model cannot be loaded, or has no rule for a false discovery rate.
    """
    check_options(coverage, evidence)
    given = conversation_of(conversation)
    loaded = model if isinstance(model, Bundle) else load_model(model)
    control = None if false_discovery_rate is None else false_discovery_control(loaded, false_discovery_rate)
    writer = get_explainer(explainer) if isinstance(explainer, str) else explainer

    def all_of(conversations: Iterable[Conversation]) -> Iterator[Analysis]:
        for given, evidence_, reading in readings(loaded, conversations, evidence):
            beside = _read_beside(loaded, given, signals, experts)
            said = [utterance.text for utterance in given.utterances]
            other = other_language_warning(said, loaded.language) if language_check else None
            yield _describe(
                loaded, given, evidence_, reading, beside, float(coverage), control, writer, other
            )

    if isinstance(given, Conversation):
        return next(all_of([given]))
    return all_of(given)


def load_model(model: str | Path | None = None) -> Bundle:
    """Load a model once per process: the name of a shipped one, or a folder; None is the default model.

    A folder may be that of an adaptation, which `heartsay adapt` writes.

    Raises:
        InputError: neither a name nor a folder, or a shipped model that this installation lacks.
        ModelError: the model cannot be loaded.
    """
    return _load_once(find_model(model).resolve())


@cache
def _load_once(folder: Path) -> Bundle:
    return load_adapted(folder, load_model) if is_adaptation(folder) else Bundle.load(folder)


def readings(
    model: Bundle, conversations: Iterable[Conversation], evidence: EvidenceMode = "auto"
) -> Iterator[tuple[Conversation, Evidence, Reading]]:
    """What a model reads of conversations, under the views that `evidence` asks for.

    Raises:
        InputError: a conversation as `analyze` refuses it.
    """

    def views(given: Evidence) -> Sequence[View]:
        wanted = evidence == "always" or (evidence == "auto" and len(given) <= limit("evidence_utterances"))
        return model.views(given) if wanted else ()

    return read_conversations(model, map(check_conversation, conversations), views=views)


@cache
def _shipped_experts() -> ModalityExperts:
    return load_modality_experts()


@dataclass(frozen=True)
class _Beside:
    """What experts said of a conversation, and what they are."""

    reading: BesideReading
    experts: ModalityExperts


def _read_beside(
    model: Bundle,
    conversation: Conversation,
    signals: GetSignals | None,
    experts: ModalityExperts | None,
) -> _Beside | None:
    """What experts say of what was recorded; None where nothing was."""
    if signals is None and conversation.recording is None:
        return None
    used = _shipped_experts() if experts is None else experts
    given = signals_of(conversation, "face" in used.experts) if signals is None else signals(conversation)
    return _Beside(read_beside(used, given, model.labels, len(conversation)), used)


def _describe(
    model: Bundle,
    conversation: Conversation,
    evidence: Evidence,
    reading: Reading,
    beside: _Beside | None,
    coverage: float,
    control: FalseDiscoveryControl | None,
    explainer: Explainer,
    other_language: tuple[str, str] | None,
) -> Analysis:
    found = calibrate(reading, evidence, model.calibration)
    note = calibration_note(model.calibration, found)
    other = None if other_language is None else other_language[0]
    said = emotions(model, conversation, evidence, found, coverage, other)
    causes = likely_causes(
        model,
        conversation,
        reading,
        None if control is None else control.rate,
        [e.feeling is None or e.feeling.found for e in said],
    )
    alone = _alone(model, conversation, evidence, found, beside)
    utterances = []
    for t, (utterance, emotion) in enumerate(zip(conversation.utterances, said, strict=True)):
        read = ReadUtterance(
            id=utterance.id,
            speaker=utterance.speaker,
            text=utterance.text,
            label=emotion.label,
            confidence=emotion.confidence,
            distribution=emotion.distribution,
            abstain=emotion.abstain,
            causes=causes[t],
            feeling=emotion.feeling,
            calibrated=note is None or not note.unlike,
        )
        utterances.append(
            UtteranceAnalysis(
                id=utterance.id,
                speaker=utterance.speaker,
                text=utterance.text,
                start=utterance.start,
                end=utterance.end,
                recognition=recognition(utterance),
                speaker_confidence=_rounded(utterance.speaker_confidence),
                emotion=emotion,
                by_modality=distributions(model.labels.names, alone, t),
                **_disagreement(model, beside, alone, t, int(found.label[t])),
                moved_by=moved_by(found, t),
                causes=[
                    Cause(utterance=c.id, confidence=c.confidence, direction=c.direction) for c in causes[t]
                ],
                explanation=explainer(read, conversation),
            )
        )
    return Analysis(
        conversation=conversation.id,
        source=conversation.source,
        recording=None if conversation.recording is None else str(conversation.recording),
        model=model.stamp,
        coverage=coverage,
        false_discovery_control=control,
        calibration=note,
        events=[
            SoundEvent(text=e.text, before=e.before, start=e.start, end=e.end, speaker=e.speaker)
            for e in conversation.events
        ]
        or None,
        warnings=list(
            dict.fromkeys(
                [
                    *conversation.warnings,
                    *(() if other_language is None else (other_language[1],)),
                    *coverage_warnings(found, coverage),
                    *found.warnings,
                    # What is doubtful about a recording may have been noticed while it was listened to.
                    *(() if beside is None else beside.reading.warnings),
                ]
            )
        ),
        utterances=utterances,
        **_what_read(model, beside),
    )


def _alone(
    model: Bundle,
    conversation: Conversation,
    evidence: Evidence,
    found: CalibratedReading,
    beside: _Beside | None,
) -> Mapping[str, FloatArray]:
    """What each modality alone says, (T, C) by its name; the words' part only where there is another."""
    if beside is None or not beside.reading.distributions:
        return found.by_modality
    own = dict(found.by_modality)
    if tuple(model.modalities) == ("text",):
        sure = flattened(found.probabilities, conversation.utterances)
        own["text"] = np.where(evidence.present["text"][:, None], sure, np.nan)
    return {**beside.reading.distributions, **own}


def _disagreement(
    model: Bundle, beside: _Beside | None, alone: Mapping[str, FloatArray], t: int, label: int
) -> dict[str, Any]:
    """The fields of an utterance about modalities that disagree."""
    if beside is None:
        return {}
    everything = np.ones(len(model.labels), np.bool_)
    known = {m: values[t] for m, values in alone.items() if not np.isnan(values[t]).any()}
    nameable = {m: beside.reading.nameable.get(m, everything) for m in known}
    return {
        "modality_notes": dict(beside.reading.notes[t]) or None,
        "conflict": conflict_of(known, nameable, beside.experts.conflicts, label) if label >= 0 else None,
    }


def _what_read(model: Bundle, beside: _Beside | None) -> dict[str, Any]:
    """The fields of an analysis about what read each modality."""
    models = [] if beside is None else modality_models(beside.experts, beside.reading, model.labels)
    if beside is None or not models:
        return {}
    hashes = {"text": model.stamp.sha256, **{m.modality: m.model.sha256 for m in models}}
    fits = conflict_fits(beside.experts.conflicts, hashes)
    return {"modality_models": models, "conflict_fits": fits or None}


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, CHANGE_DIGITS)
