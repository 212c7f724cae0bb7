"""What a conversation was for each of its speakers: talk, feelings, and what they caused in others."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from heartsay.analysis import Analysis, UtteranceAnalysis, feeling_of
from heartsay.labels import EMOTIONS

MOST = 12
"""Speakers that are summed up, those who speak most."""


class Moved(NamedTuple):
    """How often somebody was moved, and which feelings that were, the most frequent first."""

    who: str
    times: int
    feelings: list[tuple[str, int]]


class Speaker(NamedTuple):
    """A speaker in figures.

    Attributes:
        number: among the speakers, by first appearance.
        name: of the speaker.
        turns: utterances.
        left_open: of these.
        seconds: of talk; None where not every utterance has times.
        share: of the talk: of its seconds or, without times, of its words; 0 to 1.
        feelings: the likeliest feeling of each utterance in which one is found, by how often; where no label
            is neutral, the label of each that is not left open.
        unfelt: utterances that were read, and in which none is found.
        unread: utterances that were not read.
        strongest: position, from 1, of the utterance that is likeliest to hold a feeling, or None.
        moved: others whom utterances of this speaker are likely causes for.
    """

    number: int
    name: str
    turns: int
    left_open: int
    seconds: float | None
    share: float
    feelings: list[tuple[str, int]]
    unfelt: int
    unread: int
    strongest: int | None
    moved: list[Moved]


def speakers(analysis: Analysis) -> list[Speaker]:
    """Those who speak, the most talkative first."""
    utterances = analysis.utterances
    timed = all(u.start is not None and u.end is not None and u.end >= u.start for u in utterances)
    talk = [_seconds(u) if timed else float(len((u.text or "").split())) for u in utterances]
    whole = sum(talk) or 1.0
    by_name: dict[str, list[int]] = defaultdict(list)
    for i, utterance in enumerate(utterances):
        by_name[utterance.speaker].append(i)
    moved = _moved(analysis)
    found = []
    for number, (name, places) in enumerate(by_name.items()):
        told = {i: feeling for i in places if (feeling := feeling_of(utterances[i].emotion)) is not None}
        felt = Counter(f.likeliest for f in told.values() if f.found and f.likeliest is not None)
        # Labels without neutral say which feeling there is, not whether there is one.
        felt += Counter(
            emotion.label
            for i in places
            if i not in told and not (emotion := utterances[i].emotion).abstain and emotion.label is not None
        )
        strongest = max(told, key=lambda i: told[i].probability, default=None)
        found.append(
            Speaker(
                number=number,
                name=name,
                turns=len(places),
                left_open=sum(utterances[i].emotion.abstain for i in places),
                seconds=sum(talk[i] for i in places) if timed else None,
                share=sum(talk[i] for i in places) / whole,
                feelings=_ranked(felt),
                unfelt=sum(not feeling.found for feeling in told.values()),
                unread=sum(utterances[i].emotion.label is None for i in places),
                strongest=None if strongest is None else strongest + 1,
                moved=moved.get(name, []),
            )
        )
    return sorted(found, key=lambda speaker: -speaker.share)[:MOST]


def _seconds(utterance: UtteranceAnalysis) -> float:
    return (utterance.end or 0.0) - (utterance.start or 0.0)


def _moved(analysis: Analysis) -> dict[str, list[Moved]]:
    """Whom each speaker moved, by likely causes that lie in an utterance of another speaker."""
    speaker = {u.id: u.speaker for u in analysis.utterances}
    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for utterance in analysis.utterances:
        feeling = feeling_of(utterance.emotion)
        named = utterance.emotion.label if feeling is None else feeling.likeliest
        by = {speaker.get(cause.utterance) for cause in utterance.causes} - {None, utterance.speaker}
        for name in by:
            counts[str(name)][utterance.speaker][named or ""] += 1
    return {
        name: sorted(
            (Moved(who, felt.total(), _ranked(felt)) for who, felt in others.items()), key=lambda m: -m.times
        )
        for name, others in counts.items()
    }


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """By how often; the emotions in their usual order where that is equal, others by name."""
    order = {name: k for k, name in enumerate(EMOTIONS)}
    return sorted(counts.items(), key=lambda item: (-item[1], order.get(item[0], len(order)), item[0]))
