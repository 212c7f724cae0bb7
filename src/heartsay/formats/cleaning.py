"""What every reader does with the rows it found: check, clean, and make a conversation of them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from heartsay.conversation import UNKNOWN_SPEAKER, Conversation, Utterance
from heartsay.errors import InputError

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
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


class Row(NamedTuple):
    """One utterance as a file gives it: `id` may be missing, `text` blank, labels any.

    `at` says where it stood: a line number, or whatever the reader's `locate` understands. `votes` counts the
    annotators who chose each label.
    """

    at: int
    text: str
    speaker: str | None = None
    start: float | None = None
    end: float | None = None
    emotion: str | None = None
    id: str | None = None
    votes: Mapping[str, float] | None = None


def clean_text(text: str) -> str:
    """Strip, and put a space for each line break and control character; nothing else is changed.

    Windows-1252 characters that were stored as C1 control characters become what they mean (U+0092: ’).
    """
    if not text.isprintable():
        text = text.replace("\r\n", "\n").translate(_REPAIRS).strip()
        if not text.strip(_INVISIBLE):
            return ""
    return text.strip()


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

    Raises:
        InputError: no utterance with text, an id twice, an unknown emotion, an impossible time, or a pair
            that names no utterance.
    """
    locate = locate or source.line
    where = where or source.name
    pairs_where = pairs_where or f"{where}, pairs"
    notes: defaultdict[str, list[int]] = defaultdict(list)  # what to warn of, and where each case is
    utterances: list[Utterance] = []
    index: dict[str, int | None] = {}
    latest_start = latest_end = -math.inf
    position = 0
    for position, (at, raw_text, raw_speaker, start, end, label, raw_id, votes) in enumerate(rows, 1):
        text = clean_text(raw_text)
        key = (clean_text(raw_id) if raw_id else "") or str(position)
        if key in index:
            raise InputError(
                expected="utterance ids that differ within a conversation",
                found=f"{key[:60]!r} a second time",
                where=locate(at),
                do="give every utterance an id of its own, or leave all ids out",
            )
        if not text:
            index[key] = None
            notes["without text left out"].append(at)
            continue
        index[key] = len(utterances)
        speaker = clean_text(raw_speaker) if raw_speaker else ""
        if not speaker:
            speaker = UNKNOWN_SPEAKER
            notes[_NAMELESS].append(at)
        if start is not None:
            start = _check_time(start, "start", at, locate, notes)
        if end is not None:
            end = _check_time(end, "end", at, locate, notes)
        if start is not None:
            if end is not None and end < start:
                notes["with an end before the start, kept so"].append(at)
            if start < latest_start:
                notes["with a start before that of an earlier one, kept so"].append(at)
            elif start < latest_end:
                notes["starting before an earlier one has ended, kept so"].append(at)
            latest_start = max(latest_start, start)
        if end is not None:
            latest_end = max(latest_end, end)
        shares = _votes(votes, at, source, locate) if votes else None
        emotion = source.emotion(label, partial(_emotion_at, locate, at)) if label else None
        if shares and not label:
            emotion = _most_chosen(shares)
        utterances.append(Utterance(key, speaker, text, start, end, emotion, shares))
    if not utterances:
        raise InputError(
            expected="at least one utterance with text",
            found=f"{position} without text" if position else "no utterances",
            where=where,
            do="check that the file holds the transcript",
        )
    sentences = [*source.repairs(), *warnings]
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
    kept = None if pairs is None else _resolve_pairs(pairs, index, pairs_where, sentences)
    return Conversation(identifier, tuple(utterances), kept, source.path, tuple(sentences))


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
    if 0.0 <= seconds < math.inf:
        return seconds
    if math.isinf(seconds):
        raise InputError(
            expected="seconds from the start of the recording",
            found="an infinite time",
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
