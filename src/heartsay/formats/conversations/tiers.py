"""What Praat and ELAN share: tiers of intervals, which speaker each is of, and gold labels beside the words.

A tier is of a speaker, named by it (`Ana`, `tx@Ana`, `Ana - words`). A tier of emotions (`emotion@Ana`, `Ana:
emotion`) labels the speaker's intervals at about the same time; a label that ends in a question mark is one
that a model was not sure of and nobody confirmed, and counts as none. Tiers of sounds hold events.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from heartsay.conversation import UNKNOWN_SPEAKER, Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row
from heartsay.formats.clock import ClockTime
from heartsay.formats.conversations.json_words import Word, utterances
from heartsay.formats.turns import Names

EMOTION, CONFIDENCE, EVENTS = "emotion", "confidence", "events"
"""Kinds of tiers beside the words, as `KIND@speaker`."""

_CLOSE = 0.0075
"""Seconds between starts that are the same."""

_SPLIT = r"[ _@:./|-]+"
_KINDS = {
    **dict.fromkeys(("emotion", "emotions", "emo", "feeling", "emotionlabel"), EMOTION),
    **dict.fromkeys(("confidence", "score", "probability"), CONFIDENCE),
    **dict.fromkeys(("events", "event", "noise", "sounds", "sound", "music", "comment", "comments"), EVENTS),
    **dict.fromkeys(("words", "word", "ortmau", "kanmau"), "words"),
    **dict.fromkeys(
        ("phones", "phone", "phonemes", "mau", "syllables", "gloss", "ge", "ps", "mb", "ft"), "other"
    ),
    **dict.fromkeys(("ref", "id", "translation", "morph", "pos", "notes", "gesture", "gaze"), "other"),
    **dict.fromkeys(("text", "txt", "tx", "utt", "utterance", "utterances", "orth", "transcript"), "text"),
    **dict.fromkeys(("transcription", "speech", "default", "sentence", "sentences", "intervals"), "text"),
}


class Interval(NamedTuple):
    """A piece of a tier: its times in seconds, None where the file has none, its text and its id.

    `place` is what a file calls the piece of time that it is of, "" where it has no name for it.
    """

    start: float | None
    end: float | None
    text: str
    id: str = ""
    place: str = ""


class Tier(NamedTuple):
    """A tier: its name, its intervals, who the file says speaks in it, and whether it holds points."""

    name: str
    intervals: list[Interval]
    participant: str = ""
    points: bool = False


class Spoken(NamedTuple):
    """An utterance of a tier, whose the tier is by its name alone, and the place of its interval."""

    row: Row
    own: str
    place: str = ""


def kind_of(tier: Tier) -> tuple[str, str]:
    """What a tier holds, `text` where its name does not say, and whose it is, "" for nobody's."""
    parts = [part for part in re.split(_SPLIT, tier.name.strip()) if part]
    plain = "".join(filter(str.isalnum, tier.name)).casefold()
    if plain in _KINDS:
        return _KINDS[plain], tier.participant
    for place in (0, -1):
        kind = _KINDS.get(parts[place].casefold()) if len(parts) > 1 else None
        if kind:
            word = re.escape(parts[place])
            rest = re.sub(rf"^{word}{_SPLIT}" if place == 0 else rf"{_SPLIT}{word}$", "", tier.name.strip())
            return kind, tier.participant or rest.strip()
    return "text", tier.participant or tier.name.strip()


def rows_of(tiers: Iterable[Tier], where: str) -> tuple[list[Row], list[str]]:
    """The utterances of tiers in the order of their times, with gold labels, and what is to be warned of.

    Raises:
        InputError: no tier holds words.
    """
    sorted_out: dict[str, list[tuple[str, Tier]]] = {}
    for tier in tiers:
        kind, speaker = kind_of(tier)
        if any(interval.text.strip() for interval in tier.intervals):
            sorted_out.setdefault("points" if tier.points else kind, []).append((speaker, tier))
    warnings = []
    spoken = [
        Spoken(Row(0, i.text, speaker, i.start, i.end, id=i.id), _own(tier), i.place)
        for speaker, tier in sorted_out.get("text", ())
        for i in tier.intervals
    ]
    if not spoken:
        spoken = list(_from_words(sorted_out.pop("words", [])))
        if spoken:
            warnings.append(f"words are put together to utterances at pauses ({where})")
    if not spoken:
        raise InputError(
            expected="a tier with what is said",
            found=f"tiers with {', '.join(sorted(sorted_out)) or 'nothing in them'}",
            where=where,
            do="name the tier of a speaker's words after the speaker",
        )
    passed = [tier.name for kind in ("other", "words", "points") for _, tier in sorted_out.get(kind, ())]
    if passed:
        warnings.append(
            f"tiers passed over: {', '.join(passed[:8])}{' ...' if len(passed) > 8 else ''} ({where})"
        )
    labelled, unmatched = _labelled(spoken, sorted_out.get(EMOTION, []))
    if unmatched:
        noun = "1 label stands" if len(unmatched) == 1 else f"{len(unmatched)} labels stand"
        warnings.append(
            f"{noun} at no utterance of their speaker and left out (first: {unmatched[0]}) ({where})"
        )
    named = _named(labelled)
    events = [
        Row(0, i.text, speaker, i.start, i.end, event=True)
        for speaker, tier in sorted_out.get(EVENTS, ())
        for i in tier.intervals
    ]
    rows = sorted((*named, *events), key=lambda row: (row.start is None, row.start or 0.0, row.end or 0.0))
    return [row._replace(at=number) for number, row in enumerate(rows, 1) if row.text.strip()], warnings


def _own(tier: Tier) -> str:
    """Whose a tier is by its name, whoever the file says speaks in it."""
    return kind_of(tier._replace(participant=""))[1]


def _from_words(tiers: Sequence[tuple[str, Tier]]) -> Iterator[Spoken]:
    for speaker, tier in tiers:
        words = (
            Word(i.text, speaker, i.start, i.end, False, False)
            for i in tier.intervals
            if i.text.strip() and not re.fullmatch(r"<[^<>]*>|sil|sp|spn", i.text.strip())
        )
        yield from (Spoken(row, _own(tier)) for row in utterances(words, by_sentence=True))


def _labelled(spoken: Sequence[Spoken], tiers: Sequence[tuple[str, Tier]]) -> tuple[list[Row], list[str]]:
    """Rows with the labels of the emotion tiers, and the labels that stand at none, for messages.

    A row's label is that of the same place, or one of its speaker, or of nobody, that begins with it or, if
    none does, shares most time with it, and more than half of the shorter of the two.
    """
    labels: dict[str, list[Interval]] = {}
    left: dict[tuple[str, Interval], str] = {}
    for speaker, tier in tiers:
        for interval in tier.intervals:
            if (text := interval.text.strip()) and not text.endswith("?"):
                labels.setdefault(speaker, []).append(interval)
                left[speaker, interval] = f"{text[:40]!r} of {tier.name[:40]}"
    at_place = {i.place: (speaker, i) for speaker, found in labels.items() for i in found if i.place}
    timed = {speaker: _Timed(found) for speaker, found in labels.items()}
    rows: list[Row] = []
    for row, own, place in spoken:
        label = at_place.get(place)
        for who in dict.fromkeys((row.speaker or "", own, "")):
            if label is None and who in timed and (near := timed[who].at(row)) is not None:
                label = (who, near)
        if label is not None and row.text.strip():
            left.pop(label, None)
            row = row._replace(emotion=label[1].text.strip())
        rows.append(row)
    return rows, list(left.values())


class _Timed:
    """Intervals by their times."""

    def __init__(self, intervals: Iterable[Interval]) -> None:
        known = [(i.start, i.start if i.end is None else i.end, i) for i in intervals if i.start is not None]
        self._known = sorted(known, key=lambda one: one[:2])
        self._starts = [start for start, _, _ in self._known]
        self._latest = list(accumulate((end for _, end, _ in self._known), max))

    def at(self, row: Row) -> Interval | None:
        """The interval that begins with a row or, if none does, shares most time with it, if that is much."""
        if row.start is None:
            return None
        first, last = (
            bisect_left(self._starts, row.start - _CLOSE),
            bisect_right(self._starts, row.start + _CLOSE),
        )
        if first < last:
            start = row.start
            return min(self._known[first:last], key=lambda one: abs(one[0] - start))[2]
        if row.end is None:
            return None
        best, most = None, 0.0
        place = bisect_left(self._starts, row.end) - 1
        while place >= 0 and self._latest[place] > row.start:
            start, end, interval = self._known[place]
            shared = min(end, row.end) - max(start, row.start)
            if shared > most and 2 * shared > min(end - start, row.end - row.start):
                best, most = interval, shared
            place -= 1
        return best


def _named(rows: list[Row]) -> list[Row]:
    """Rows of a tier that is nobody's, with the names that their texts begin with."""
    if all(row.speaker for row in rows):
        return rows
    names = Names(row.text for row in rows if not row.speaker)
    found = []
    for row in rows:
        tag = None if row.speaker else names.split(row.text)
        found.append(row._replace(speaker=tag.name, text=tag.text) if tag else row)
    return found


class Written(NamedTuple):
    """What writers put into tiers: an utterance or event with its times, words, and label if any."""

    speaker: str
    start: float
    end: float
    text: str
    id: str = ""
    label: str = ""
    confidence: float | None = None


def tiers_to_write(items: Iterable[Written], conversation: str) -> dict[str, list[Written]]:
    """The utterances of each speaker in the order of time, none overlapping, as tiers hold them.

    Raises:
        InputError: a speaker says two things at the same time, which no tier holds.
    """
    by_speaker: dict[str, list[Written]] = {}
    for item in sorted(items, key=lambda item: (item.start, item.end)):
        tier = by_speaker.setdefault(item.speaker, [])
        start = max(item.start, tier[-1].end) if tier else item.start
        if item.end <= start:
            raise InputError(
                expected="utterances of a speaker after one another, each with some length",
                found=f"utterance {item.id[:40]!r} within the time of another, or of no length",
                where=f"conversation {conversation!r}",
                do="write JSON or CSV instead, which can hold that",
            )
        tier.append(item._replace(start=start))
    return by_speaker


def conversation_items(conversation: Conversation) -> list[Written]:
    """The utterances of a conversation with their gold labels, to be written.

    Raises:
        InputError: an utterance has no start or no end.
    """
    from heartsay.formats.conversations.captions import require_times

    return [
        Written(u.speaker or UNKNOWN_SPEAKER, start, end, u.text or "", u.id, u.emotion or "")
        for u, start, end in require_times(conversation)
    ]


def event_items(conversation: Conversation) -> list[Written]:
    """The events of a conversation that have times, to be written."""
    return [
        Written(e.speaker or "", e.start, e.end, e.text)
        for e in conversation.events
        if e.start is not None and e.end is not None and e.end > e.start
    ]


def certain(seconds: float) -> ClockTime:
    """A time of a tier, whose unit the format states."""
    return ClockTime(seconds)
