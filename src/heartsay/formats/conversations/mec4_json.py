"""MEC4's JSON: Chinese conversations with emotion-cause pairs and, as published, without emotion labels.

A list of rows `{"dia_id": ..., "dia_len": 3, "text": "1.speaker：words 2.speaker：words ...",
"pairs": "(3,1),(3,3)"}` in `MEC4_text/{train,valid,test}.json`; turns are numbered from 1, a pair is the
emotion's turn and the cause's, and brackets, commas and colons may be full-width. The form was read off the
public loader of MEC4 in github.com/xiay9/BridgeProt (data/adapters/mec4.py) and not off the data, which its
makers hand out: where the loader allows for other layouts, nothing is guessed here, and what does not fit is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation
from heartsay.formats.conversations.json_values import (
    JsonForm,
    begins_with,
    read_name,
    require_keys,
    wrong_value,
)
from heartsay.formats.source import Source

_PAIR = r"[(（]\s*([0-9]{1,9})\s*[,，]\s*([0-9]{1,9})\s*[)）]"
_PAIRS = re.compile(rf"\s*(?:{_PAIR}\s*[,，;；、]?\s*)*")
_COLON = re.compile(r"[：:]")
_LENGTH = re.compile(r"\s*[0-9]{1,9}\s*")
_MOST = 1_000_000_000
_LONGEST_NAME = 40


def read(document: list[Any], source: Source) -> Iterator[Conversation]:
    """The conversations of a parsed file, in its order; ids are its `dia_id`s, utterance ids turn numbers.

    Raises:
        InputError: a row that is not of this form, other turns than `dia_len` announces, or a pair that
            points outside.
    """
    known = UniqueIds()
    for index, row in enumerate(document):
        where = f"{source.name}[{index}]"
        row = require_keys(row, "dia_id", "dia_len", "text", where=where)
        identifier = read_name(row["dia_id"], f"{where}, dia_id") or str(index + 1)
        turns = _turns(row["text"], row["dia_len"], f"{where}, text")
        stated = row.get("pairs")
        yield build_conversation(
            (Row(number, words, speaker, id=str(number)) for number, (speaker, words) in enumerate(turns, 1)),
            source,
            identifier=known.add(identifier, where),
            where=where,
            locate=lambda turn, where=where: f"{where}, turn {turn}",  # type: ignore[misc]
            pairs=None if stated is None else _pairs(stated, f"{where}, pairs"),
        )


def _turns(text: Any, length: Any, where: str) -> list[tuple[str, str]]:
    """(speaker, words) of every turn."""
    if not isinstance(text, str):
        raise wrong_value("the turns, as a string", text, where)
    stated = (
        length if isinstance(length, str) else str(length) if type(length) is int and length < _MOST else ""
    )
    count = int(stated) if _LENGTH.fullmatch(stated) else None
    if count is None:
        raise wrong_value("the number of turns", length, f"{where[: -len('text')]}dia_len")
    cuts: list[tuple[int, int]] = []
    for number in range(1, count + 1):
        place = _marker(text, number, cuts[-1][1] if cuts else 0)
        if place is None:
            break
        cuts.append(place)
    # The marker after the last would be one turn too many.
    if len(cuts) < count or count == 0 or _marker(text, count + 1, cuts[-1][1], named=True) is not None:
        raise InputError(
            expected=f"{count} turns, '1.speaker：words 2.speaker：words'",
            found=f"{len(cuts)}" if len(cuts) < count else "more" if count else repr(text[:40]),
            where=where,
            do="use the file as published",
        )
    turns = []
    for k, (_, start) in enumerate(cuts):
        turn = text[start : cuts[k + 1][0] if k + 1 < count else len(text)]
        colon = _COLON.search(turn, 0, _LONGEST_NAME + 1)
        turns.append((turn[: colon.start()], turn[colon.end() :]) if colon else ("", turn))
    return turns


def _marker(text: str, number: int, start: int, *, named: bool = False) -> tuple[int, int] | None:
    """Where the number of a turn begins and ends.

    One that a speaker follows is preferred, since "2." may also be said.
    """
    begin = r"(?:^|(?<=\s))" if start == 0 else r"(?<=\s)"
    name = rf"(?=[^：:\s]{{1,{_LONGEST_NAME}}}\s*[：:])"
    patterns = [rf"{begin}{number}\.\s*{name}"] + ([] if named else [rf"{begin}{number}\.(?![0-9])\s*"])
    for pattern in patterns:
        found = re.compile(pattern).search(text, start)
        if found is not None:
            return found.span()
    return None


def _pairs(stated: Any, where: str) -> list[tuple[str, str]]:
    if not isinstance(stated, str) or not _PAIRS.fullmatch(stated):
        raise wrong_value("pairs, '(3,1),(3,3)'", stated, where)
    return [(str(int(emotion)), str(int(cause))) for emotion, cause in re.findall(_PAIR, stated)]


FORM = JsonForm(lambda document: begins_with(document, "dia_id", "text"), read)
