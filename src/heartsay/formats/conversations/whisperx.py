"""WhisperX results: `{"segments": [{"start", "end", "text", "speaker"?, "words"?}]}`, JSON.

A segment whose words change speaker is split there, each piece with its words' times. Whisper's own
results, which have the same shape without speakers, are read too. The ids that some versions give their
segments are not used, because splitting would make them ambiguous.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from heartsay.errors import InputError
from heartsay.formats.cleaning import Row
from heartsay.formats.conversations.json_values import (
    list_keys,
    read_name,
    read_row,
    read_seconds,
    wrong_value,
)
from heartsay.formats.fields import find_fields
from heartsay.formats.source import Source


def rows(segments: list[Any], locate: Callable[[int], str], source: Source) -> Iterator[Row]:
    """The utterances of a list of segments, in order.

    Args:
        segments: the value of `segments`.
        locate: says in words where segment i is.
        source: the file.

    Raises:
        InputError: a segment, a word or a time that is not one.
    """
    for index, segment in enumerate(segments):
        where = locate(index)
        if not isinstance(segment, dict):
            raise wrong_value('a segment, {"start": ..., "end": ..., "text": ...}', segment, where)
        if "text" not in find_fields(tuple(segment)):
            raise InputError(
                expected="a segment with a string 'text'",
                found=f"one with {list_keys(segment)}",
                where=where,
                do="give the JSON as WhisperX wrote it",
            )
        row = read_row(segment, index, where, source, "")
        words = segment.get("words")
        yield from _split(row, words, where, source) if words else (row,)


def _split(row: Row, words: Any, where: str, source: Source) -> Iterator[Row]:
    if isinstance(words, list) and all(isinstance(word, list | str) for word in words):
        yield row  # words as tuples, which name nobody
        return
    if not isinstance(words, list) or not all(isinstance(word, dict) for word in words):
        raise wrong_value('a list of words, [{"word": ..., "speaker": ...}, ...]', words, f"{where}.words")
    speakers = [read_name(word.get("speaker"), f"{where}.words") for word in words]
    named = [name for name in speakers if name]
    if len(set(named)) < 2:
        yield row._replace(speaker=row.speaker or "".join(named[:1]))
        return
    # A word that could not be aligned has no speaker: it belongs to the one before it.
    current = named[0]
    filled = [current := name or current for name in speakers]
    groups = [
        (name, [words[i] for i in run]) for name, run in groupby(range(len(words)), key=filled.__getitem__)
    ]
    texts = _slice(row.text, [[str(word.get("word", "")).strip() for word in run] for _, run in groups])
    for number, ((name, run), piece) in enumerate(zip(groups, texts, strict=True)):
        starts = _times(run, "start", where, source)
        ends = _times(run, "end", where, source)
        first = min(starts, default=row.start if number == 0 else None)
        last = max(ends, default=row.end if number == len(groups) - 1 else None)
        yield Row(row.at, piece, name, first, last)


def _times(words: list[dict[str, Any]], field: str, where: str, source: Source) -> list[float]:
    times = (read_seconds(word.get(field), source, f"{where}.words, {field}") for word in words)
    return [time for time in times if time is not None]


def _slice(text: str, groups: list[list[str]]) -> list[str]:
    """Cut a segment's text where the groups of words begin; join the words if they are not found in it."""
    cuts = []
    cursor = 0
    for words in groups:
        for number, word in enumerate(words):
            found = text.find(word, cursor)
            if found < 0:
                return [" ".join(words) for words in groups]
            if number == 0:
                cuts.append(found)
            cursor = found + len(word)
    cuts[0] = 0
    return [text[a:b] for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True)]
