"""Turns in lines of plain text: names before what is said, or names and times on lines of their own.

A line may begin with a time or a span of time. A name stands before a colon, in brackets, or with a time on a
line above the words, as Otter, Rev, Teams and MAXQDA write. Lines that name nobody go on with the turn
before them, and how many these are is said.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from heartsay.errors import InputError
from heartsay.formats.cleaning import Row
from heartsay.formats.clock import ClockTime, Moment, parse_clock, parse_moment
from heartsay.formats.source import Source
from heartsay.formats.turns import NO_NAMES, Names, find_tag, split_talk

_CLOCK = r"[0-9]{1,3}:[0-5]?[0-9](?::[0-5]?[0-9])?(?:[.,][0-9]{1,3})?"
_NUMBER = r"[0-9]{1,6}(?:\.[0-9]{1,6})"
_BETWEEN = r"s?\s?(?:-->|->|[-–—,]|to|\s|\t)\s?"
_SPAN = re.compile(
    rf"[\[(#<]?\s?({_CLOCK}|{_NUMBER}){_BETWEEN}({_CLOCK}|{_NUMBER})s?\s?[\])#>]?\s?[:|]?[ \t]*"
)
_STAMP = re.compile(rf"[\[(#<]{{0,2}}\s?({_CLOCK})(?:-[0-9])?\s?[\])#>]{{0,2}}(?:\s?(?:-|–|—|\|)\s|[ \t]*)")
_INNER_STAMP = re.compile(rf"\s(?=[\[(#]\s?{_CLOCK}(?:-[0-9])?\s?[\])#])")
_HEADER = re.compile(
    rf"(?:[\[(]?({_CLOCK})[\])]?\s*[-–|]?\s*)?([^\W_][^\n:：\[\](){{}}<>|]{{0,58}}?)"
    rf"(?:\s*[:,]?\s*[\[(]?({_CLOCK})[\])]?|\s*\(({_CLOCK})\))?\s*:?\s*"
)
_ALONE = re.compile(
    r"(?:[A-Z][A-Z_ ]*[_ ]?\d{1,3}|S\d{1,2}|Speaker \w{1,10}|SPEAKER[_ ]\w{1,8}|Unknown Speaker)\s*:?\s*"
)
_TRAILING = re.compile(rf"\s{{0,5}}[\[(#]\s?({_CLOCK})(?:-[0-9])?\s?[\])#]\s*$")
_FOOTER = re.compile(
    r"\s*(?:transcribed (?:by|with)|transcript(?:ion)? (?:for|of|by|ended|started)|https?://|"
    r"this (?:editable )?transcript|©|copyright|\[?end of (?:transcript|recording|audio)|"
    r"meeting (?:ended|started)|exported [0-9]+ message)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:19|20)[0-9]{2}\b")
_RULE = re.compile(r"\s*([-=_*~─—])\1{2,}\s*")
_NUMBERED = re.compile(r"\s*([0-9]{1,5})(?:[.)]\s*|\s+)(?=[^\W\d_])")
_TIMED_NAME = re.compile(
    r"\s*([^\W\d_][^\n:：\[\](){}<>|]{0,58}?)\s+"
    rf"[\[(]?\s?((?:{_CLOCK}|{_NUMBER}){_BETWEEN}(?:{_CLOCK}|{_NUMBER})s?|{_CLOCK})\s?[\])]?\s?[:：]\s+(\S.*)",
    re.DOTALL,
)
"""`Mina (0:03): words`, `SPEAKER_00 [0.5s - 2.4s]: words`."""

_DAY = (
    r"(?:[0-9]{1,4}[-/.][0-9A-Za-z]{1,3}[-/.][0-9]{2,4}|[A-Z][a-z]{2,8}\.? [0-9]{1,2},? [0-9]{4}|"
    r"[0-9]{1,2}\.? [A-Z][a-z]{2,8} [0-9]{4})"
)
_SOME_DAY = r"(?:[Tt]oday|[Yy]esterday|[A-Z][a-z]{2,6}day)"
_HOUR = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:[\s\u202f]?[AaPp]\.?[Mm]\.?)?"
_HALF = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?[\s\u202f]?[AaPp]\.?[Mm]\.?"
_WHEN = rf"(?:(?:{_DAY}|{_SOME_DAY})(?:,| at|,? à| um)?[\sT]\s?{_HOUR}|{_HALF}|{_HOUR} {_DAY})"
_DATED = re.compile(rf"[\[(]?({_WHEN})[\])]?[ \t]*(?:[-–—|:]\s)?[ \t]*")
_DATED_NAME = re.compile(
    rf"([^\W_][^\n:：\[\](){{}}<>|]{{0,58}}?)\s*(?:[-–—,]\s*|\s)[\[(]?({_WHEN})[\])]?\s*"
)


class Line(NamedTuple):
    """A line taken apart: where it stands, who and when if it says so, and the words."""

    at: int
    speaker: str
    start: float | None
    end: float | None
    text: str
    heads: bool = False


def read_lines(lines: Iterable[tuple[int, str]], source: Source) -> tuple[list[Row], list[str]]:
    """The rows of a text's lines, and what is to be warned of.

    Args:
        lines: each with its number.
        source: the file.

    Raises:
        InputError: no line says who speaks or when.
    """
    given = [(number, line.strip("\ufeff\n")) for number, line in lines if line.strip()]
    if len(given) == 1 and (talk := split_talk(given[0][1])):
        given = [(given[0][0], f"{name}: {text}") for name, text in talk]
    given = _plain(given)
    apart = [piece for number, line in given for piece in _pieces(number, line)]
    timed = [_times(text) for _, text in apart]
    names = Names(rest for _, _, rest in timed)
    headers = _headers(apart, names) or _below_times(timed) or _after_dates(timed)
    recorded = any(type(start) is ClockTime for start, _, _ in timed) or any(
        type(time) is ClockTime for _, time in headers.values()
    )
    rows: list[Row] = []
    said: list[list[str]] = []  # lines of each row
    speaker = ""
    when: tuple[float | None, float | None] = (None, None)
    unnamed = before = footer = 0
    for place, ((at, raw), (start, end, rest)) in enumerate(zip(apart, timed, strict=True)):
        if place in headers:
            speaker, time = headers[place]
            when = when if time is None else (time, None)
            continue
        if recorded and not rows and type(start) is Moment and not rest.strip():  # of the meeting
            before += 1
            continue
        if start is not None and not rest.strip():  # a time on a line of its own is that of what follows
            when = (start, end)
            continue
        tag = names.split(rest)
        if tag is None and start is None and _FOOTER.match(raw):
            footer += 1
            continue
        if tag is not None:
            text, speaker = tag.text, tag.name
            if start is None:
                inner = _STAMP.match(text)
                if inner and inner.end() < len(text) and inner[1]:
                    start, text = _clock(inner[1]), text[inner.end() :]
        else:
            text = rest
        trailing = _TRAILING.search(text)
        if trailing:
            text = text[: trailing.start()]
            start = start if start is not None else _clock(trailing[1])
        begins = tag is not None or start is not None or when[0] is not None or place - 1 in headers
        if begins or not rows:
            if not rows and not begins and not speaker:
                before += 1
                continue
            unnamed += not speaker
            start, end = (start, end) if start is not None else when
            rows.append(Row(at, text, speaker, start, end))
            said.append([text])
        else:
            unnamed += not speaker
            said[-1].append(text)
        when = (None, None)
    rows = [row._replace(text="\n".join(lines)) for row, lines in zip(rows, said, strict=True)]
    if not any(row.speaker or row.start is not None for row in rows):
        raise InputError(
            expected="lines that say who speaks, such as 'NAME: text', or when",
            found=f"{_lines(len(given))} of which none does",
            where=source.name,
            do="write a name and a colon before what each says",
        )
    warnings = []
    named = any(row.speaker for row in rows)
    if before:
        warnings.append(f"{_lines(before)} before the first turn left out ({source.name})")
    if footer:
        warnings.append(f"{_lines(footer)} about the transcript itself left out ({source.name})")
    if unnamed and named:
        warnings.append(f"{_lines(unnamed)} without a speaker ({source.name})")
    return [row for row in rows if row.text.strip()], warnings


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _pieces(number: int, line: str) -> Iterable[tuple[int, str]]:
    """A line cut where times in brackets stand within it, as MAXQDA writes several to a line."""
    if not (_STAMP.match(line) and line.lstrip()[:1] in "[(#"):
        return [(number, line)]
    return [(number, piece) for piece in _INNER_STAMP.split(line) if piece.strip()]


def _times(line: str) -> tuple[float | None, float | None, str]:
    """Start, end and the rest of a line."""
    text = line.lstrip()
    if (match := _SPAN.match(text)) and (span := _span(match[1], match[2])):
        return *span, _unbracketed(text[match.end() :])
    match = _STAMP.match(text)
    seconds = _clock(match[1]) if match else None
    if match and seconds is not None:
        rest = text[match.end() :]
        return seconds, None, _unbracketed(rest) if "\t" in rest else rest
    if (match := _DATED.match(text)) and (moment := _moment(match[1])) is not None:
        return moment, None, text[match.end() :]
    return None, None, line


def _span(first: str, last: str) -> tuple[ClockTime, ClockTime] | None:
    start, end = _clock(first), _clock(last)
    return None if start is None or end is None or end < start else (start, end)


def _plain(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Lines that say who and when where the others say it: rules and numbers taken out, times put first."""
    lines = _without_numbers([(at, line) for at, line in lines if not _RULE.fullmatch(line)])
    found = [_TIMED_NAME.fullmatch(line) for _, line in lines]
    if sum(match is not None for match in found) * 3 < len(lines):
        return lines
    return [
        (at, f"[{match[2]}] {match[1]}: {match[3]}" if match else line)
        for (at, line), match in zip(lines, found, strict=True)
    ]


def _without_numbers(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Lines without the numbers that a transcript gives its lines: one more each, or from one again."""
    found = [_NUMBERED.match(line) for _, line in lines]
    numbers = [int(match[1]) for match in found if match]
    steps = sum(b in (a + 1, 1) for a, b in itertools.pairwise(numbers))
    if len(numbers) < 3 or len(numbers) * 10 < len(lines) * 9 or steps < len(numbers) - 1:
        return lines
    return [
        (at, line[match.end() :] if match else line) for (at, line), match in zip(lines, found, strict=True)
    ]


def _unbracketed(text: str) -> str:
    """A name in doubled brackets or with spaces behind it as others have it: `[[A]]text`, `A  text`."""
    if match := re.match(r"\[\[([^\[\]]{1,60})\]\]\s*", text):
        return f"[{match[1]}] {text[match.end() :]}"
    if match := re.match(r"([A-Za-z][\w.-]{0,30}|[A-Za-z][\w.-]{0,20} \w{1,20})(?: {2,}|\t)(?=\S)", text):
        return f"{match[1]}: {text[match.end() :]}"
    return text


def _clock(text: str) -> ClockTime | None:
    try:
        return ClockTime(parse_clock(text))
    except ValueError:
        return None


def _moment(text: str) -> Moment | None:
    """When a message was sent; the day it is said relative to is not known."""
    text = re.sub(rf"{_SOME_DAY}(?:,| at| à| um)?\s*", "", text)
    backwards = re.fullmatch(rf"({_HOUR}) ({_DAY})", text)
    return parse_moment(f"{backwards[2]} {backwards[1]}" if backwards else text)


def _headers(lines: list[tuple[int, str]], names: Names) -> dict[int, tuple[str, float | None]]:
    """Lines that hold a name, with or without a time, and no words: their places, names and times.

    A name without a time is one if it looks like a label, or if it comes again and again above words.
    """
    found: dict[int, tuple[str, float | None]] = {}
    bare: Counter[str] = Counter()
    places: dict[str, list[int]] = {}
    for place, (_, raw) in enumerate(lines):
        text = raw.strip()
        if len(text) > 90 or place == len(lines) - 1:
            continue
        dated = _DATED_NAME.fullmatch(text)
        if dated and dated[1].casefold() not in NO_NAMES and not _YEAR.search(dated[1]):
            found[place] = (dated[1].strip(" ,-–—"), _moment(dated[2]))
            continue
        match = _HEADER.fullmatch(text)
        if match is None or _YEAR.search(match[2]):
            continue
        name = match[2].strip().rstrip(",-–").strip()
        time = next(filter(None, (match[1], match[3], match[4])), None)
        if not name or name.casefold() in NO_NAMES or len(name.split()) > 8 or name.isdecimal():
            continue
        if time is not None and name[-1] not in ".?!…" and (match[3] or match[4] or text.endswith(name)):
            found[place] = (name, _clock(time))
        elif time is None and _ALONE.fullmatch(text):
            found[place] = (name, None)
        elif time is None and name[-1] not in ".?!…," and len(name.split()) <= 4 and name[0].isupper():
            bare[name] += 1
            places.setdefault(name, []).append(place)
    if not found:
        again = {name for name, times in bare.items() if times >= 2}
        if len(again) >= 2 and sum(bare[name] for name in again) * 3 >= len(lines):
            found = {place: (name, None) for name in again for place in places[name]}
    return found if len(found) >= 2 or (found and len(lines) <= 4) else {}


def _below_times(
    timed: list[tuple[float | None, float | None, str]],
) -> dict[int, tuple[str, float | None]]:
    """Names on lines between a line of times and the words, as older transcripts of Teams have them."""
    found: dict[int, tuple[str, float | None]] = {}
    alone = 0
    for place, ((start, _, rest), (_, _, name)) in enumerate(itertools.pairwise(timed), 1):
        if start is None or rest.strip():
            continue
        alone += 1
        name = name.strip()
        words = timed[place + 1][2].strip() if place + 1 < len(timed) else ""
        if words and name and len(name.split()) <= 5 and name[-1] not in ".?!…," and find_tag(name) is None:
            found[place] = (name, None)
    return found if len(found) >= 2 and len(found) * 4 >= alone * 3 else {}


def _after_dates(
    timed: list[tuple[float | None, float | None, str]],
) -> dict[int, tuple[str, float | None]]:
    """Names behind dates, words on the lines below, as chats have it that are copied out of a window."""
    found: dict[int, tuple[str, float | None]] = {}
    for place, (start, _, rest) in enumerate(timed):
        if type(start) is not Moment:
            continue
        name = rest.strip()
        below = timed[place + 1] if place + 1 < len(timed) else (0.0, None, "")
        if not name or len(name.split()) > 5 or name[-1] in ".?!…,:" or below[0] is not None:
            return {}
        found[place] = (name, start)
    return found if len(found) >= 2 else {}


def begins(text: str) -> bool:
    """Whether the first lines are turns: two of them or more, and at least a quarter of all.

    Lines of one long text count by sentences that a name could begin.
    """
    lines = [(n, line) for n, line in enumerate(text[:20_000].split("\n")) if line.strip()][:60]
    if len(lines) == 1:
        return bool(split_talk(lines[0][1]))
    lines = _plain(lines)
    if not lines:
        return False
    apart = [piece for number, line in lines for piece in _pieces(number, line)]
    timed = [_times(line) for _, line in apart]
    names = Names(rest for _, _, rest in timed)
    spans = sum(end is not None or type(start) is Moment for start, end, _ in timed)
    tagged = Counter(tag.name for _, _, rest in timed if (tag := names.split(rest)))
    turns = tagged.total() if len(tagged) >= 2 or tagged.total() >= 3 else 0
    headed = len(_headers(apart, names) or _after_dates(timed))
    stamped = sum(
        start is not None and find_tag(line) is None
        for (start, _, _), (_, line) in zip(timed, apart, strict=True)
    )
    best = max(turns, spans, 2 * headed, stamped if stamped >= 3 else 0)
    return best >= 2 and best * 4 >= len(apart)
