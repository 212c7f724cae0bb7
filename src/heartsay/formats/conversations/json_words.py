"""Words one by one, as speech recognisers give them, put together to utterances."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from heartsay.formats.cleaning import Row
from heartsay.formats.conversations.json_values import read_speaker, read_times
from heartsay.formats.fields import find_fields
from heartsay.formats.source import Source

_WORD_KEYS = ("punctuated_word", "word", "content", "value", "text", "utf8")
_SPEAKER_KEYS = ("speaker", "speaker_label", "speakerTag", "speakerLabel", "speaker_id", "speaker_tag")
_SENTENCE_END = re.compile(r"[.?!…。？！][\"”’')\]]*$")
_PAUSE = 1.0
_MOST_WORDS = 60
_LEAST = 5
_CLOSE = 0.3
"""Seconds between words of one utterance, as a rule."""

_LATIN = re.compile(r"[\u0000-\u052f\u2010-\u2027]{1,40}")


class Word(NamedTuple):
    """A word or a mark: the text, who says it, when, whether it is glued to the one before, whether said."""

    text: str
    speaker: str
    start: float | None
    end: float | None
    glued: bool
    sound: bool


def read_words(items: Iterable[Any], source: Source, where: str, inherited: str = "") -> Iterator[Word]:
    """The words of a list of objects, whatever their keys; objects without a word are passed over.

    Raises:
        InputError: a time or a speaker that is none.
    """
    items = list(items)
    pieces = any(_opens_word(item) for item in items)  # of words: a space says where one begins
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        inner = item
        alternatives = item.get("alternatives")
        if isinstance(alternatives, list) and alternatives and isinstance(alternatives[0], dict):
            inner = {**item, **alternatives[0]}
        text = next((inner[key] for key in _WORD_KEYS if isinstance(inner.get(key), str)), None)
        if text is None or item.get("type") in ("spacing",):
            continue
        kind = str(item.get("type", ""))
        at = f"{where}[{index}]"
        speaker = next((inner[key] for key in _SPEAKER_KEYS if inner.get(key) is not None), None)
        start, end = read_times(*_timed(inner), source, at)
        glued = (kind in ("punctuation", "punct") or pieces) and not text[:1].isspace()
        name = read_speaker(speaker, at) or inherited
        yield Word(text, name, start, end, glued, kind in ("audio_event", "event", "sound"))


def _opens_word(item: Any) -> bool:
    text = item.get("text") if isinstance(item, dict) else None
    return isinstance(text, str) and text[:1].isspace() and text.strip() != ""


def _timed(item: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The times of a word with their fields; `ts` and `end_ts` among them."""
    known = {key: value for key, value in item.items() if key not in _WORD_KEYS}
    return known, {**find_fields(tuple(known))}


def utterances(words: Iterable[Word], *, by_sentence: bool) -> Iterator[Row]:
    """Rows of words that belong together: of one speaker, without a long pause.

    Args:
        words: in order; one without a speaker goes on with the one before.
        by_sentence: whether the end of a sentence ends an utterance, where nobody is named.
    """
    gathered: list[Word] = []
    number = 0
    for word in words:
        if gathered and _ends(gathered, word, by_sentence):
            yield _row(gathered, number)
            number += 1
            gathered = []
        if gathered and not word.speaker:
            word = word._replace(speaker=gathered[-1].speaker)
        gathered.append(word)
    if gathered:
        yield _row(gathered, number)


def _ends(gathered: list[Word], word: Word, by_sentence: bool) -> bool:
    last = gathered[-1]
    if word.sound or last.sound:
        return True
    if word.glued and (word.speaker in ("", last.speaker) or not word.text[:1].isalnum()):
        return False
    if word.speaker and word.speaker != last.speaker:
        return True
    if not by_sentence:
        return False
    pause = (
        (word.start or 0.0) - (last.end or 0.0) if word.start is not None and last.end is not None else 0.0
    )
    sentence = _SENTENCE_END.search(last.text.strip()) is not None
    return sentence or pause > _PAUSE or len(gathered) >= _MOST_WORDS


def put_together(rows: list[Row], name: str) -> tuple[list[Row], list[str]]:
    """Utterances where entries hold a word each, one after the other, and what is to be said of it.

    Args:
        rows: as they stand in the file.
        name: of the file.
    """
    if len(rows) < _LEAST or not _are_words(rows):
        return rows, []
    words = [
        Word(row.text.strip(), row.speaker or "", row.start, row.end, glued=False, sound=row.event)
        for row in rows
    ]
    found = list(utterances(words, by_sentence=True))
    return found, [f"entries hold a word each: {len(rows)} of them are put together to {len(found)} ({name})"]


def _are_words(rows: list[Row]) -> bool:
    """Whether nearly all rows are one word, of a script that has words, and follow at once."""
    single = sum(
        len(row.text.split()) == 1 and _LATIN.fullmatch(row.text.strip()) is not None for row in rows
    )
    if single * 10 < len(rows) * 9 or any(row.emotion or row.votes or row.id for row in rows):
        return False
    gaps = [
        b.start - a.end
        for a, b in itertools.pairwise(rows)
        if a.end is not None and b.start is not None and a.speaker == b.speaker
    ]
    return 2 * len(gaps) >= len(rows) and sorted(gaps)[len(gaps) // 2] < _CLOSE


def _row(words: list[Word], number: int) -> Row:
    text = ""
    for word in words:
        space = "" if word.glued or not text or text[-1:].isspace() or word.text[:1].isspace() else " "
        text += space + word.text
    starts = [word.start for word in words if word.start is not None]
    ends = [word.end for word in words if word.end is not None]
    first, last = words[0], words[-1]
    return Row(
        number,
        text,
        first.speaker,
        starts[0] if starts else None,
        ends[-1] if ends else None,
        event=last.sound,
    )
