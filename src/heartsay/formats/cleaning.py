"""What every reader does with the rows it found: check, clean, and make a conversation of them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from heartsay.conversation import UNKNOWN_SPEAKER, Conversation, Utterance
from heartsay.errors import InputError
from heartsay.labels import EMOTIONS

if TYPE_CHECKING:
    from heartsay.formats.source import Source

_EMOTIONS: dict[str, str | None] = {
    **{name: name for name in EMOTIONS},
    **dict.fromkeys(("", "none", "null", "nan", "n/a", "na")),
    "surprised": "surprise",
    "afraid": "fear",
    "fearful": "fear",
    "scared": "fear",
    "sad": "sadness",
    "happy": "joy",
    "happiness": "joy",
    "joyful": "joy",
    "disgusted": "disgust",
    "angry": "anger",
    "no emotion": "neutral",
}
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
    """One utterance as a file gives it: `id` may be missing, `text` blank, `emotion` any label.

    `at` says where it stood: a line number, or whatever the reader's `locate` understands.
    """

    at: int
    text: str
    speaker: str | None = None
    start: float | None = None
    end: float | None = None
    emotion: str | None = None
    id: str | None = None


def clean_text(text: str) -> str:
    """Strip, and put a space for each line break and control character; nothing else is changed.

    Windows-1252 characters that were stored as C1 control characters become what they mean (U+0092: ’).
    """
    if not text.isprintable():
        text = text.replace("\r\n", "\n").translate(_REPAIRS).strip()
        if not text.strip(_INVISIBLE):
            return ""
    return text.strip()


def parse_emotion(label: str | None, where: str) -> str | None:
    """One of `EMOTIONS`, or None for a blank label; `happy` and the like are understood.

    Raises:
        InputError: any other label.
    """
    if label is None:
        return None
    key = label.strip().casefold()
    if key in _EMOTIONS:
        return _EMOTIONS[key]
    raise InputError(
        expected=f"an emotion out of {', '.join(EMOTIONS)}",
        found=repr(clean_text(label)[:60]),
        where=where,
        do="map your labels to these, or leave the emotion out",
    )


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
    for position, (at, raw_text, raw_speaker, start, end, label, raw_id) in enumerate(rows, 1):
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
        # Most labels are plain names; the place of the others costs time to say.
        emotion = None
        if label:
            emotion = _EMOTIONS.get(label) or parse_emotion(label, f"{locate(at)}, emotion")
        utterances.append(Utterance(key, speaker, text, start, end, emotion))
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
