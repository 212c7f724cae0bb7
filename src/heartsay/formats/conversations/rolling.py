"""Captions that show words again: rolling ones, growing ones, and ones with the word of the moment marked.

Live captions and karaoke styles put words on the screen several times. Where a file does so, each word is
kept once, at the time when it first appears.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

ABUTTING = 0.25
"""Seconds between two captions of which the second goes on showing the first."""

_BLINK = 0.05
"""Seconds up to which a caption only holds what is there until the next line rolls in."""

_LEAST_SHARE = 0.3

_WINDOW = 80
"""Words of one caption that the next may go on showing."""


class Shown(NamedTuple):
    """What a caption shows: its time, its lines, the same with mark-up, and who mark-up says speaks."""

    start: float
    end: float
    lines: list[str]
    raw: str
    speaker: str | None = None


class Kept(NamedTuple):
    """What is new in a caption: its place among the captions, and the time."""

    place: int
    start: float
    end: float
    lines: list[str]


def each_once(shown: Sequence[Shown]) -> list[Kept] | None:
    """What is new in each caption, or None where captions do not show words again."""
    pairs = list(itertools.pairwise(shown))
    if not pairs or sum(map(_shows_again, *zip(*pairs, strict=True))) < max(1, _LEAST_SHARE * len(pairs)):
        return None
    kept: list[Kept] = []
    before: Shown | None = None
    for place, now in enumerate(shown):
        words = _words(now)
        if not words:
            continue
        overlap = _overlap(before, now) if before is not None else 0
        if overlap == 0 or not kept:
            kept.append(Kept(place, now.start, now.end, now.lines))
        elif overlap == len(words):
            if now.end - now.start > _BLINK and before is not None and words == _words(before):
                kept[-1] = kept[-1]._replace(end=max(kept[-1].end, now.end))
        else:
            rest, at_line = _after(now.lines, overlap)
            if before is not None and not at_line and overlap == len(_words(before)):
                joined = [*kept[-1].lines[:-1], f"{kept[-1].lines[-1]} {rest[0]}", *rest[1:]]
                kept[-1] = kept[-1]._replace(end=now.end, lines=joined)
            else:
                kept.append(Kept(place, now.start, now.end, rest))
        before = now
    return kept


def _words(shown: Shown) -> list[str]:
    return " ".join(shown.lines).split()


def _shows_again(before: Shown, now: Shown) -> bool:
    """Whether a caption goes on showing the one before it and is not just the same words said again."""
    overlap = _overlap(before, now)
    if overlap == 0 or before.raw == now.raw:
        return False
    first, second = _words(before), _words(now)
    return overlap >= 2 or overlap in (len(first), len(second))


def _overlap(before: Shown, now: Shown) -> int:
    """How many words at the end of a caption are those at the beginning of the next."""
    if now.start - before.end > ABUTTING or before.start > now.start or before.speaker != now.speaker:
        return 0
    if not now.lines or not any(now.lines[0].split(None, 1)[0] in line for line in before.lines):
        return 0
    first, second = _words(before), _words(now)
    if first == second or first == second[: len(first)]:
        return len(first)
    longest = min(len(first), len(second), _WINDOW)
    return next((n for n in range(longest, 0, -1) if first[-n:] == second[:n]), 0)


def _after(lines: Sequence[str], count: int) -> tuple[list[str], bool]:
    """The lines after so many words, and whether these end with a line."""
    for number, line in enumerate(lines):
        words = line.split()
        if count == 0:
            return list(lines[number:]), True
        if count < len(words):
            return [" ".join(words[count:]), *lines[number + 1 :]], False
        count -= len(words)
    return [], True
