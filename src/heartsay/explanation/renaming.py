"""Other names for the speakers of an analysis, in its sentences too."""

from __future__ import annotations

from collections.abc import Mapping

from heartsay.analysis import Analysis, Explanation, UtteranceAnalysis
from heartsay.errors import InputError
from heartsay.explanation.explainer import CitedUtterance, ReadUtterance
from heartsay.explanation.template import Template, explain


def renamed(analysis: Analysis, names: Mapping[str, str]) -> Analysis:
    """The analysis with other names; sentences by the template are written anew.

    What another explainer wrote cannot be written anew here; it keeps the old names, and a warning says so.

    Raises:
        InputError: a name that no speaker has.
    """
    known = dict.fromkeys(u.speaker for u in analysis.utterances)
    if unknown := [name for name in names if name not in known]:
        raise InputError(
            expected=f"names of speakers ({', '.join(list(known)[:8])})",
            found=repr(unknown[0]),
            where=f"analysis of {analysis.conversation!r}",
            do="give the new names by the old ones, as {'old': 'new'}",
        )
    called = [u.model_copy(update={"speaker": names.get(u.speaker, u.speaker)}) for u in analysis.utterances]
    by_id = {u.id: u for u in called}
    speakers = frozenset(u.speaker for u in called)
    calibrated = analysis.calibration is None or not analysis.calibration.unlike
    told = [u.model_copy(update={"explanation": _sentence(u, by_id, speakers, calibrated)}) for u in called]
    warnings = list(analysis.warnings)
    if names and any(u.explanation.generator != Template.name for u in told):
        warnings.append("sentences that another explainer wrote name the speakers as before")
    return analysis.model_copy(update={"utterances": told, "warnings": warnings})


def _sentence(
    utterance: UtteranceAnalysis,
    by_id: Mapping[str, UtteranceAnalysis],
    speakers: frozenset[str],
    calibrated: bool,
) -> Explanation:
    if utterance.explanation.generator != Template.name:
        return utterance.explanation
    emotion = utterance.emotion
    causes = [
        CitedUtterance(
            cause.utterance,
            by_id[cause.utterance].speaker,
            by_id[cause.utterance].text or "",
            cause.confidence,
            cause.direction,
        )
        for cause in utterance.causes
        if cause.utterance in by_id
    ]
    read = ReadUtterance(
        id=utterance.id,
        speaker=utterance.speaker,
        text=utterance.text,
        label=emotion.label,
        confidence=emotion.confidence,
        distribution=emotion.distribution,
        abstain=emotion.abstain,
        causes=causes,
        feeling=emotion.feeling,
        calibrated=calibrated,
    )
    return explain(read, speakers)
