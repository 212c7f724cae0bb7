"""What words, voice and face say by themselves, and where they disagree, as the report shows it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from heartsay.analysis import Analysis, Conflict, ConflictFit, UtteranceAnalysis
from heartsay.report.page import percent
from heartsay.report.palette import Style

NAMES = {"text": "words", "voice": "voice", "face": "face"}
"""What a modality is called on the page."""

LEADING = 2
"""Emotions of a modality that are shown."""


class Said(NamedTuple):
    """The likeliest emotions of one modality with style and probability; none where it was not read."""

    name: str
    emotions: list[tuple[str, Style, float]]
    note: str


class Panel(NamedTuple):
    """What modalities say of one utterance, and a sentence where they are likely to disagree."""

    said: list[Said]
    flagged: bool
    sentence: str


def said_once(analysis: Analysis) -> dict[str, str]:
    """Modalities that were read nowhere for one and the same reason, which is enough to say once."""
    notes = [u.modality_notes or {} for u in analysis.utterances]
    read = {name for u in analysis.utterances for name in u.by_modality or {}}
    found = {}
    for name in NAMES:
        reasons = {row.get(name) for row in notes}
        if name not in read and len(reasons) == 1 and (reason := reasons.pop()) is not None:
            found[name] = reason
    return found


def panel(
    utterance: UtteranceAnalysis, style: Mapping[str, Style], once: Collection[str] = ()
) -> Panel | None:
    """The panel of an utterance; None where nothing but words was given.

    Args:
        utterance: what was read of it.
        style: of each emotion.
        once: modalities that `said_once` names, left out here.
    """
    notes, read = utterance.modality_notes or {}, utterance.by_modality or {}
    names = [name for name in NAMES if (name in read or name in notes) and name not in once]
    if not set(names) - {"text"}:
        return None
    said = [Said(NAMES[name], _leading(read.get(name, {}), style), notes.get(name, "")) for name in names]
    conflict = utterance.conflict
    flagged = conflict is not None and bool(conflict.flagged)
    return Panel(said, flagged, "" if conflict is None else conflict_sentence(conflict))


def conflict_sentence(conflict: Conflict) -> str:
    """Which modalities disagree, how likely that is, and which of them the decision follows."""
    one, two = (NAMES.get(name, name) for name in conflict.modalities[:2])
    if conflict.probability is None:
        apart = f"{one.capitalize()} and {two} lie {conflict.score:.2f} bits of 1 apart"
    elif conflict.flagged:
        apart = f"{one.capitalize()} and {two} are likely to disagree ({percent(conflict.probability)}%)"
    else:
        apart = f"{one.capitalize()} and {two} are not likely to disagree ({percent(conflict.probability)}%)"
    if conflict.follows is None or conflict.follows_by is None:
        return f"{apart}."
    follows = NAMES.get(conflict.follows, conflict.follows)
    points = percent(conflict.follows_by)
    if points == 0:
        return f"{apart}; what is decided is as probable by the one as by the other."
    noun = "point" if points == 1 else "points"
    return f"{apart}; what is decided is nearest to the {follows}, by {points} {noun}."


def about(analysis: Analysis) -> list[str]:
    """What the readings of voice and face are, what they move, and what conflicts rest on, in sentences."""
    told = []
    for beside in analysis.modality_models or []:
        name = NAMES.get(beside.modality, beside.modality)
        sentence = f"The {name} is read by {beside.model.name} {beside.model.version}"
        if beside.cannot_name:
            sentence += f", which has no word for {' or '.join(beside.cannot_name)}"
        if beside.face_detector is not None:
            sentence += f"; {beside.face_detector} finds the faces"
        moved = (
            "."
            if beside.moves_decision
            else ". It stands beside and moves no decision: no labelled conversations that were really"
            " recorded have shown how much it should."
        )
        told.append(sentence + moved)
    return told + [_fit_sentence(fit) for fit in analysis.conflict_fits or []]


def flagged_sentence(analysis: Analysis) -> str:
    """How many utterances are flagged; nothing where no probability was fitted."""
    judged = [u.conflict for u in analysis.utterances if u.conflict and u.conflict.probability is not None]
    if not judged:
        return ""
    flagged = sum(bool(conflict.flagged) for conflict in judged)
    among = f"{len(judged)} utterances that were read in two ways or more"
    return f"In {flagged} of {among}, these are likely to disagree."


def _leading(distribution: Mapping[str, float], style: Mapping[str, Style]) -> list[tuple[str, Style, float]]:
    ranked = sorted(distribution.items(), key=lambda item: -item[1])[:LEADING]
    return [(label, style[label], probability) for label, probability in ranked]


def _fit_sentence(fit: ConflictFit) -> str:
    one, two = (NAMES.get(name, name) for name in fit.modalities)
    told = (
        f"How likely {one} and {two} disagree was fitted on {fit.fitted_on}: {fit.utterances:,} utterances,"
        f" in {percent(fit.conflicts / fit.utterances)}% of which people named different emotions. Where"
        " conflicts are rarer than that, it is too high."
    )
    return told if fit.same_readers else f"{told} It was fitted with readings of another model."
