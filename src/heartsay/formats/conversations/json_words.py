"""Words one by one, as speech recognisers give them, put together to utterances."""

from __future__ import annotations

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
        glued = kind in ("punctuation", "punct") and not text[:1].isspace()
        name = read_speaker(speaker, at) or inherited
        yield Word(text, name, start, end, glued, kind in ("audio_event", "event", "sound"))


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
    if word.glued:
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
