"""An analysis as a table: one row per utterance, the same columns in CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from heartsay.errors import HeartsayError
from heartsay.formats.analyses.spec import FailedInput
from heartsay.labels import EMOTIONS

if TYPE_CHECKING:
    from heartsay.analysis import Analysis, UtteranceAnalysis


CONTROL = ("false_discovery_rate", "false_discovery_rule")
"""Columns of a table only where the causes were selected under a false discovery rate."""


SIGNALS = ("voice", "face")
"""Modalities beside the words whose likeliest emotion has columns of its own."""

BY_MODALITY = (
    *(f"{modality}_{what}" for modality in SIGNALS for what in ("label", "confidence")),
    *("conflict_between", "conflict_probability", "conflict_follows"),
)
"""Columns about modalities; empty where nothing but words was read."""

COLUMNS = (
    *("conversation", "utterance_id", "speaker", "start", "end", "text"),
    *("feeling_probability", "feeling_found", "likeliest_feeling", "likeliest_feeling_confidence"),
    *("label", "confidence", "abstain", "reason", "set"),
    *(f"p_{name}" for name in EMOTIONS),
    *("own_context", "other_context", "causes", "explanation"),
    *BY_MODALITY,
)
"""The columns of a table, in order; `p_<emotion>` holds the calibrated probability of each emotion."""


def utterance_rows(analyses: Iterable[Analysis | FailedInput]) -> Iterator[dict[str, Any]]:
    """One dictionary per utterance, with the keys of `COLUMNS` for the first one's emotions, in order.

    What could not be read has no rows.

    Raises:
        HeartsayError: analyses of models with different emotions, or some under a false discovery rate and
            some not, which no one table can hold.
    """
    emotions: tuple[str, ...] | None = None
    controlled: bool | None = None
    for analysis in analyses:
        if isinstance(analysis, FailedInput):
            continue
        control = analysis.false_discovery_control
        controlled = control is not None if controlled is None else controlled
        if controlled != (control is not None):
            raise HeartsayError(
                f"conversation {analysis.conversation!r}: its causes were selected "
                f"{'without' if controlled else 'under'} a false discovery rate, those of the rows before it "
                f"{'under one' if controlled else 'without'}; write them to tables of their own."
            )
        stamp = dict(zip(CONTROL, (control.rate, control.rule), strict=True)) if control else {}
        for utterance in analysis.utterances:
            named = utterance.emotion.distribution
            emotions = tuple(named or utterance.emotion.set) if emotions is None else emotions
            if named and named.keys() != set(emotions):
                raise HeartsayError(
                    f"conversation {analysis.conversation!r}, utterance {utterance.id!r}: its emotions "
                    f"({', '.join(named)}) are not those of the rows before it ({', '.join(emotions)}); "
                    "write the analyses of each model to a table of its own."
                )
            yield {**_row(analysis.conversation, utterance, emotions), **stamp}


def _row(conversation: str, utterance: UtteranceAnalysis, emotions: tuple[str, ...]) -> dict[str, Any]:
    emotion = utterance.emotion
    feeling = emotion.feeling
    return {
        "conversation": conversation,
        "utterance_id": utterance.id,
        "speaker": utterance.speaker,
        "start": utterance.start,
        "end": utterance.end,
        "text": utterance.text,
        "feeling_probability": None if feeling is None else feeling.probability,
        "feeling_found": None if feeling is None else feeling.found,
        "likeliest_feeling": None if feeling is None else feeling.likeliest,
        "likeliest_feeling_confidence": None if feeling is None else feeling.confidence,
        "label": emotion.label,
        "confidence": emotion.confidence,
        "abstain": emotion.abstain,
        "reason": emotion.abstain_reason,
        "set": emotion.set,
        **{f"p_{name}": emotion.distribution.get(name) for name in emotions},
        "own_context": utterance.moved_by.own_context,
        "other_context": utterance.moved_by.other_context,
        "causes": [cause.model_dump() for cause in utterance.causes],
        "explanation": utterance.explanation.text,
        **_modalities(utterance),
    }


def _modalities(utterance: UtteranceAnalysis) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(BY_MODALITY)
    for modality in SIGNALS:
        said = (utterance.by_modality or {}).get(modality)
        if said:
            label = max(said, key=lambda name: said[name])
            found |= {f"{modality}_label": label, f"{modality}_confidence": said[label]}
    if (conflict := utterance.conflict) is not None:
        found["conflict_between"] = " ".join(conflict.modalities)
        found["conflict_probability"] = conflict.probability
        found["conflict_follows"] = conflict.follows
    return found
