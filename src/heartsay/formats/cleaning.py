"""What every reader does with the rows it found: check, clean, and make a conversation of them."""

from __future__ import annotations

import html
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from heartsay.conversation import UNKNOWN_SPEAKER, Conversation, Event, Utterance
from heartsay.errors import InputError
from heartsay.formats.sounds import may_sound, split_turn_marks, take_sounds
from heartsay.formats.timing import settle
from heartsay.labels import EMOTIONS

if TYPE_CHECKING:
    from heartsay.formats.source import Source

_NAMELESS = f"without a speaker given to the speaker {UNKNOWN_SPEAKER!r}"
_REPAIRS: dict[int, str] = {
    **dict.fromkeys((*range(0x20), 0x7F, 0x2028, 0x2029), " "),
    ord("\t"): "\t",
    # A C1 control inside text is a Windows-1252 byte that somebody took for Latin-1.
    **{code: bytes([code]).decode("cp1252", "replace").replace("\ufffd", " ") for code in range(0x80, 0xA0)},
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
LATEST = 1e11
"""Seconds beyond which nothing is a time, of a recording or of a clock."""

_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


class Row(NamedTuple):
    """One utterance as a file gives it: `id` may be missing, `text` blank, labels any.

    `at` says where it stood: a line number, or whatever the reader's `locate` understands. Times are as
    `Source.time` gives them. `votes` counts the annotators who chose each label. With `event`, the text is
    nobody's words.
    """

    at: int
    text: str
    speaker: str | None = None
    start: float | None = None
    end: float | None = None
    emotion: str | None = None
    id: str | None = None
    votes: Mapping[str, float] | None = None
    event: bool = False


def clean_text(text: str) -> str:
    """Strip, and put a space for each line break and control character; nothing else is changed.

    Windows-1252 characters that were stored as C1 control characters become what they mean (U+0092: ’).
    """
    if not text.isprintable():
        text = text.replace("\r\n", "\n").translate(_REPAIRS).strip()
        if not text.strip(_INVISIBLE):
            return ""
    return text.strip()


def read_entities(text: str) -> str:
    """Characters for HTML entities (`&amp;`, `&#39;`), closed by a semicolon; other ampersands stay."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)


def write_entities(text: str) -> str:
    """A text that `read_entities` takes back: only an ampersand that begins an entity is written as one."""
    return _ENTITY.sub(lambda match: f"&amp;{match[0][1:]}", text) if "&" in text else text


class UniqueIds:
    """The conversation ids of one file: none may come twice, nor differ by capital letters only.

    Ids name files of output, and some disks do not tell capitals apart.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()

    def add(self, identifier: str, where: str) -> str:
        """Keep `identifier` and return it.

        Raises:
            InputError: it was added before.
        """
        key = identifier.casefold()
        if key in self._known:
            raise InputError(
                expected="each conversation in one piece, with an id unlike all others (capitals aside)",
                found=f"the id {identifier[:60]!r} a second time",
                where=where,
                do="sort the rows by conversation, or rename one of the two",
            )
        self._known.add(key)
        return identifier


def build_conversation(
    rows: Iterable[Row],
    source: Source,
    *,
    identifier: str = "1",
    where: str | None = None,
    locate: Callable[[int], str] | None = None,
    pairs: Iterable[tuple[str, str]] | None = None,
    pairs_where: str = "",
    warnings: Iterable[str] = (),
    seconds: bool = False,
) -> Conversation:
    """Check and clean the rows of one conversation.

    Utterances without an id are called by their position in the source, from "1", blank ones counted.

    Args:
        rows: as the file gives them, in order.
        source: the file; bytes of it that were not UTF-8 become a warning.
        identifier: id of the conversation.
        where: how messages call the conversation; by default as they call the file.
        locate: says in words where a row's `at` is; by default a line.
        pairs: gold (emotion, cause) pairs by utterance id, or None where the file has no such annotation.
        pairs_where: where the pairs stand, for messages; by default "pairs" of the conversation.
        warnings: what the reader itself has to warn of.
        seconds: whether the format says that bare numbers of times are seconds.

    Raises:
        InputError: no utterance with text, an id twice, an unknown emotion, an impossible time, or a pair
            that names no utterance.
    """
    locate = locate or source.line
    where = where or source.name
    pairs_where = pairs_where or f"{where}, pairs"
    notes: defaultdict[str, list[int]] = defaultdict(list)  # what to warn of, and where each case is
    utterances: list[Utterance] = []
    events: list[Event] = []
    index: dict[str, int | None] = {}
    speakers: dict[str, str] = {}  # as they are given, and cleaned
    latest_start = latest_end = -math.inf
    given = rows if isinstance(rows, list) else list(rows)
    takes_events = source.how.events
    turns: list[str] = []
    if takes_events:
        given, turns = _by_turn_marks(given)
    starts, ends, times = settle(
        [row.start for row in given],
        [row.end for row in given],
        [row.text for row in given],
        source.how.times,
        seconds=seconds,
    )
    for position, (row, start, end) in enumerate(zip(given, starts, ends, strict=True), 1):
        at, raw_text, raw_speaker, _, _, label, raw_id, votes, is_event = row
        if "&" in raw_text:
            raw_text = read_entities(raw_text)
        text = raw_text.strip() if raw_text.isprintable() else clean_text(raw_text)
        key = (clean_text(raw_id) if raw_id else "") or str(position)
        if key in index:
            raise InputError(
                expected="utterance ids that differ within a conversation",
                found=f"{key[:60]!r} a second time",
                where=locate(at),
                do="give every utterance an id of its own, or leave all ids out",
            )
        speaker = raw_speaker or ""
        if speaker:
            speaker = speakers.get(speaker) or speakers.setdefault(
                speaker, clean_text(read_entities(speaker))
            )
        if start is not None and not 0.0 <= start <= LATEST:
            start = _check_time(start, "start", at, locate, notes)
        if end is not None and not 0.0 <= end <= LATEST:
            end = _check_time(end, "end", at, locate, notes)
        sounds = [text] if is_event and text else []
        if is_event:
            text = ""
        elif takes_events and may_sound(text):
            text, sounds = take_sounds(text)
        for sound in sounds:
            events.append(Event(sound, len(utterances), start, end, speaker or None))
        if not text:
            index[key] = None
            if not sounds:
                notes["without text left out"].append(at)
            continue
        index[key] = len(utterances)
        if not speaker:
            speaker = UNKNOWN_SPEAKER
            notes[_NAMELESS].append(at)
        if start is not None:
            if end is not None and end < start:
                notes["with an end before the start, kept so"].append(at)
            if start < latest_start:
                notes["with a start before that of an earlier one, kept so"].append(at)
            else:
                latest_start = start
                if start < latest_end:
                    notes["starting before an earlier one has ended, kept so"].append(at)
        if end is not None and end > latest_end:
            latest_end = end
        shares = _votes(votes, at, source, locate) if votes else None
        emotion = source.emotion(label, partial(_emotion_at, locate, at)) if label else None
        if shares and not label:
            emotion = _most_chosen(shares)
        utterances.append(Utterance(key, speaker, text, start, end, emotion, shares))
    if not utterances:
        alone = f"{len(events)} sounds or the like, and no words" if events else f"{len(given)} without text"
        raise InputError(
            expected="at least one utterance with text",
            found=alone if given else "no utterances",
            where=where,
            do="check that the file holds the transcript",
        )
    sentences = [*source.repairs(), *warnings, *(f"{sentence} ({where})" for sentence in (*turns, *times))]
    nameless = len(notes[_NAMELESS]) == len(utterances) > 1
    if nameless:
        del notes[_NAMELESS]
    for what, places in notes.items():
        if len(places) > 1:
            sentences.append(f"{len(places)} utterances {what} (first: {locate(places[0])})")
        elif places:
            sentences.append(f"1 utterance {what} ({locate(places[0])})")
    if nameless:
        sentences.append(
            f"no speaker is named: all utterances are read as one speaker, {UNKNOWN_SPEAKER!r} ({where})"
        )
    sentences += _about_labels(source, where)
    kept = None if pairs is None else _resolve_pairs(pairs, index, pairs_where, sentences)
    return Conversation(
        identifier, tuple(utterances), kept, source.path, tuple(sentences), events=tuple(events)
    )


def _by_turn_marks(rows: list[Row]) -> tuple[list[Row], list[str]]:
    """Without marks that the speaker changes; where nobody is named, two speakers take turns at them."""
    if not any(split_turn_marks(row.text)[1] for row in rows if "[" in row.text):
        return rows, []
    named = any(row.speaker for row in rows)
    found, turn = [], 0
    for row in rows:
        before = row.text.lstrip().upper().startswith(("[SPEAKER_TURN", "[SPEAKER TURN", "[SPEAKER CHANGE"))
        text, marked = split_turn_marks(row.text)
        turn += marked and before
        found.append(row._replace(text=text, speaker=row.speaker if named else f"Speaker {turn % 2 + 1}"))
        turn += marked and not before
    if named:
        return found, []
    return found, ["changes of speaker are marked and nobody is named: read as two who take turns"]


def _about_labels(source: Source, where: str) -> list[str]:
    unknown = source.unknown_labels
    if not unknown:
        return []
    listed = ", ".join(f"{label} ({n:,})" for label, n in unknown.most_common(8))
    more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
    unknown.clear()
    return [
        f"gold labels that are none of {', '.join(EMOTIONS)} left out: {listed}{more} ({where});"
        " for heartsay evaluate and adapt, --labels says what they mean"
    ]


def _emotion_at(locate: Callable[[int], str], at: int) -> str:
    return f"{locate(at)}, emotion"


def _votes(
    votes: Mapping[str, float], at: int, source: Source, locate: Callable[[int], str]
) -> dict[str, float] | None:
    """Votes by the names of emotions; labels that are no name, and votes that are none, are left out."""
    found: dict[str, float] = {}
    for label, count in votes.items():
        if not 0.0 <= count < math.inf:
            raise InputError(
                expected="how many annotators chose the label, or their share",
                found=f"{count!r}",
                where=f"{locate(at)}, votes, {label[:40]!r}",
                do="correct it there",
            )
        name = source.emotion(label, partial(_emotion_at, locate, at)) if count else None
        if name is not None:
            found[name] = found.get(name, 0.0) + count
    return found or None


def _most_chosen(votes: Mapping[str, float]) -> str | None:
    """What most annotators chose; None where two labels were chosen equally often."""
    highest = max(votes.values())
    chosen = [name for name, count in votes.items() if count == highest]
    return chosen[0] if len(chosen) == 1 else None


def _check_time(
    seconds: float, field: str, at: int, locate: Callable[[int], str], notes: dict[str, list[int]]
) -> float | None:
    if seconds > LATEST or seconds == -math.inf:
        raise InputError(
            expected="seconds from the start of the recording",
            found="an infinite time" if math.isinf(seconds) else f"{seconds:.3g}, thousands of years",
            where=f"{locate(at)}, {field}",
            do="correct it or leave it out",
        )
    kind = f"{field} time NaN" if math.isnan(seconds) else f"a negative {field} time"
    notes[f"with {kind}, read as without"].append(at)
    return None


def _resolve_pairs(
    pairs: Iterable[tuple[str, str]], index: dict[str, int | None], where: str, sentences: list[str]
) -> frozenset[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    repeated = dropped = 0
    for emotion_id, cause_id in pairs:
        for identifier in (emotion_id, cause_id):
            if identifier not in index:
                raise InputError(
                    expected="pairs of utterance ids of this conversation, emotion first, then cause",
                    found=f"a pair with {identifier[:60]!r}",
                    where=where,
                    do="correct the pair or leave it out",
                )
        emotion, cause = index[emotion_id], index[cause_id]
        if emotion is None or cause is None:
            dropped += 1
        elif (emotion, cause) in found:
            repeated += 1
        else:
            found.add((emotion, cause))
    if repeated:
        sentences.append(f"{repeated} repeated pair{'s' if repeated > 1 else ''} counted once ({where})")
    if dropped:
        noun = "pairs" if dropped > 1 else "pair"
        sentences.append(f"{dropped} {noun} with an utterance without text left out ({where})")
    return frozenset(found)
