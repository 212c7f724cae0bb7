"""Praat's TextGrid, in its long and its short form: interval tiers of speakers, with tiers of emotions.

Praat itself reads numbers, strings and flags that stand alone and passes over the rest; so does this reader.
Format: Praat's manual, "TextGrid file formats".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import build_conversation
from heartsay.formats.conversations.tiers import (
    CONFIDENCE,
    EMOTION,
    EVENTS,
    Interval,
    Tier,
    Written,
    certain,
    conversation_items,
    event_items,
    rows_of,
    tiers_to_write,
)
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec

_TOKEN = re.compile(
    r'"((?:[^"]|"")*+)"|(?<!\S)(-?[0-9]++(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?)(?!\S)|<(exists|absent)>'
)
_BEGIN = re.compile(r'(?:File type = )?"ooTextFile(?: short)?"')


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of a TextGrid.

    Raises:
        InputError: it is none, breaks off, or has no tier with words.
    """
    tiers = list(_tiers(source.text(), source.name))
    rows, warnings = rows_of(tiers, source.name)
    yield build_conversation(
        rows, source, locate=lambda at: f"{source.name}, interval {at}", warnings=warnings
    )


def _tiers(text: str, where: str) -> Iterator[Tier]:
    tokens = _Tokens(text, where)
    kind, content = tokens.text(), tokens.text()
    if kind not in ("ooTextFile", "ooTextFile short") or not content.startswith("TextGrid"):
        raise InputError(
            expected="a TextGrid",
            found=f"a file of the type {content[:40]!r}",
            where=where,
            do="save the TextGrid from Praat as a text file",
        )
    tokens.number()
    tokens.number()
    for _ in range(tokens.count()):
        kind, name = tokens.text(), tokens.text()
        tokens.number()
        tokens.number()
        intervals = []
        for _ in range(tokens.count()):
            start = tokens.number()
            end = tokens.number() if kind == "IntervalTier" else None
            words = tokens.text()
            times = (certain(start), None if end is None else certain(end))
            intervals.append(Interval(*times, words))
        yield Tier(name, intervals, points=kind != "IntervalTier")


class _Tokens:
    """The values of a TextGrid, one after the other."""

    def __init__(self, text: str, where: str) -> None:
        self._found = _TOKEN.finditer(text)
        self._where = where

    def _next(self, expected: str) -> re.Match[str]:
        match = next(self._found, None)
        if match is not None and match[3]:
            match = next(self._found, None)
        if match is None or (match[1] is None) != (expected != "a string"):
            raise InputError(
                expected=f"{expected} of a TextGrid",
                found="the end of the file" if match is None else repr(match[0][:40]),
                where=self._where,
                do="check that the file was written completely",
            )
        return match

    def text(self) -> str:
        return self._next("a string")[1].replace('""', '"')

    def number(self) -> float:
        """A number; one that no float can hold is infinite, and refused as a time or a count."""
        return float(self._next("a number")[2])

    def count(self) -> int:
        number = self.number()
        if not 0 <= number < 1e8:
            raise InputError(
                expected="a number of tiers or intervals",
                found=f"{number:g}",
                where=self._where,
                do="check that the file was written completely",
            )
        return int(number)


def write(conversation: Conversation) -> str:
    """The conversation as a TextGrid: a tier for each speaker and, with gold labels, one of emotions.

    Ids and the order of what begins at the same time are lost. A speaker's utterances that overlap are cut.

    Raises:
        InputError: an utterance without times, or within another of its speaker.
    """
    return textgrid(conversation_items(conversation), event_items(conversation), conversation.id)


def textgrid(items: Iterable[Written], events: Sequence[Written], conversation: str) -> str:
    """A TextGrid in the long form, of utterances and their labels.

    Raises:
        InputError: as `tiers_to_write`.
    """
    by_speaker = tiers_to_write(items, conversation)
    last = max((item.end for tier in (*by_speaker.values(), events) for item in tier), default=0.0)
    tiers: list[tuple[str, list[tuple[float, float, str]]]] = []
    for speaker, said in by_speaker.items():
        tiers.append((speaker, [(i.start, i.end, i.text) for i in said]))
        if any(i.label for i in said):
            tiers.append((f"{EMOTION}@{speaker}", [(i.start, i.end, i.label) for i in said]))
        if any(i.confidence is not None for i in said):
            sure = [(i.start, i.end, "" if i.confidence is None else f"{i.confidence:.2f}") for i in said]
            tiers.append((f"{CONFIDENCE}@{speaker}", sure))
    if events:
        kept: list[tuple[float, float, str]] = []
        for event in sorted(events, key=lambda e: e.start):
            start = max(event.start, kept[-1][1]) if kept else event.start
            if event.end > start:
                kept.append((start, event.end, event.text))
        tiers.append((EVENTS, kept))
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", f"xmax = {last} "]
    lines += ["tiers? <exists> ", f"size = {len(tiers)} ", "item []: "]
    for number, (name, intervals) in enumerate(tiers, 1):
        filled = list(_filled(intervals, last))
        lines += [
            f"    item [{number}]:",
            '        class = "IntervalTier" ',
            f"        name = {_quoted(name)} ",
        ]
        lines += ["        xmin = 0 ", f"        xmax = {last} ", f"        intervals: size = {len(filled)} "]
        for place, (start, end, text) in enumerate(filled, 1):
            lines += [
                f"        intervals [{place}]:",
                f"            xmin = {start} ",
                f"            xmax = {end} ",
            ]
            lines += [f"            text = {_quoted(text)} "]
    return "\n".join(lines) + "\n"


def _filled(intervals: Iterable[tuple[float, float, str]], last: float) -> Iterator[tuple[float, float, str]]:
    """With blank intervals in the gaps, since a tier has none."""
    at = 0.0
    for start, end, text in intervals:
        if start > at:
            yield at, start, ""
        yield start, end, text
        at = end
    if at < last:
        yield at, last, ""


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


FORMAT = FormatSpec(
    "textgrid", "Praat TextGrid", (".textgrid",), lambda text: _BEGIN.match(text) is not None, read, write
)
