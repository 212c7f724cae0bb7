"""Times of day, dates and lengths of time, as transcripts write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_CLOCK = re.compile(r"(?:(?:([0-9]{1,5}):)?([0-9]{1,5}):)?([0-9]{1,9})(?:[.,]([0-9]{1,12}))?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?|[+-]?[0-9]+,[0-9]+")
_UNITS = re.compile(
    r"(?:PT)?(?:([0-9]{1,5})\s*h(?:ours?|rs?)?\s*)?(?:([0-9]{1,6})\s*m(?:in(?:utes?|s)?)?\s*)?"
    r"(?:([0-9]{1,9}(?:[.,][0-9]{1,12})?)\s*s(?:ec(?:onds?|s)?)?)?",
    re.IGNORECASE,
)
_TIMECODE = re.compile(r"([0-9]{1,3})[:;]([0-5]?[0-9])[:;]([0-5]?[0-9])[:;]([0-9]{1,3})")
_DATE = re.compile(
    r"(?:([0-9]{4})[-/.] ?([0-9]{1,2})[-/.] ?([0-9]{1,2})|([0-9]{1,2})[-/.] ?([0-9]{1,2})[-/.] ?([0-9]{2,4}))"
    r"\.?[,،T\s]*(?:(?:à|at|um|om|klo|kl\.)\s+)?(.*)"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_DATE = re.compile(
    r"(?:[a-z]{3,9},?\s+)?(?:([a-z]{3,9})\.?\s+([0-9]{1,2})|([0-9]{1,2})[-. ]\s?([a-z]{3,9}))"
    r"\.?[-, ]\s?([0-9]{4}|[0-9]{2})\b(.*)",
    re.IGNORECASE,
)
_HALVES = re.compile(r"(上午|午前|오전|ص|下午|午後|오후|م)")
_FORENOON = frozenset(["上午", "午前", "오전", "ص"])
_DAYTIME = re.compile(
    r"([0-9]{1,2})[:.]([0-5][0-9])(?:[:.]([0-5][0-9](?:[.,][0-9]{1,9})?))?"
    r"(?:\s*([AaPp])\.?\s?[Mm]\.?)?\s*(?:(Z)|([+-])([0-9]{2}):?([0-9]{2})|UTC|GMT)?"
)
_SPAN = re.compile(r"\s+(?:-->|->|-|–|—|to)\s+|\s*(?:-->|->|–|—)\s*|(?<=[0-9])-(?=[0-9])")
_BRACKETS = "[](){}<>#"


class ClockTime(float):
    """Seconds out of a clock reading such as `01:02.5`, or of a stated unit: they are certain."""


def in_unit(number: float, unit: float) -> ClockTime:
    """Seconds of a number in a stated unit; 2400 milliseconds are the very float 2.4."""
    return ClockTime(number * unit if unit >= 1 else number / round(1 / unit))


class Moment(float):
    """Seconds of a date or a time of day: since 1970, or since midnight."""


class Timecode(float):
    """Whole seconds of `HH:MM:SS:FF`; `frames` more, of which nothing says how many a second has."""

    frames: int = 0


def parse_clock(text: str) -> float:
    """Seconds from `00:16:16,059`, `16:16.059`, `976.059`, `976,059` or `-1.5e-3`.

    A clock reading gives the very float that its number of seconds would give: `00:00:01.5` is 1.5.

    Raises:
        ValueError: it is none of these.
    """
    text = text.strip()
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds, fraction = match.groups()
        whole = int(seconds)
        if minutes is not None:
            if whole >= 60 or (hours is not None and int(minutes) >= 60):
                raise ValueError(f"not a time: {text[:40]!r}")
            whole += 60 * int(minutes) + 3600 * int(hours or 0)
        return float(f"{whole}.{fraction or 0}")
    if _NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    raise ValueError(f"not a time: {text[:40]!r}")


def parse_time(text: str, frame_rate: float | None = None) -> float:
    """Seconds from whatever people write for a time.

    A bare number is a float, whose unit is open; a clock reading or `1.5s` a `ClockTime`; a date or a time
    of day with AM or PM a `Moment`; `00:00:02:10` a `Timecode`, or with a frame rate a `ClockTime`.

    Raises:
        ValueError: it is none of these.
    """
    try:
        seconds = parse_clock(text)
    except ValueError:
        bare = text.strip().strip(_BRACKETS).strip()
        return _unusual(bare, frame_rate) if bare == text else parse_time(bare, frame_rate)
    return ClockTime(seconds) if ":" in text else seconds


def parse_span(text: str, frame_rate: float | None = None) -> tuple[float, float] | None:
    """Start and end from `00:01 - 00:05`, `1.5 --> 2.5` and the like, or None if it is no span.

    Raises:
        ValueError: it is one, and not of times.
    """
    parts = _SPAN.split(text.strip().strip(_BRACKETS).strip())
    if len(parts) != 2 or not all(parts):
        return None
    return parse_time(parts[0], frame_rate), parse_time(parts[1], frame_rate)


def _unusual(text: str, frame_rate: float | None) -> float:
    if match := _TIMECODE.fullmatch(text):
        hours, minutes, seconds, frames = map(int, match.groups())
        whole = 3600 * hours + 60 * minutes + seconds
        if len(match[4]) == 3:  # no film has a hundred frames a second: these are milliseconds
            return ClockTime(whole + frames / 1000)
        if frame_rate:
            return ClockTime(whole + frames / frame_rate)
        code = Timecode(whole)
        code.frames = frames
        return code
    if (match := _UNITS.fullmatch(text)) and any(match.groups()):
        h, m, s = match.groups()
        return ClockTime(3600 * int(h or 0) + 60 * int(m or 0) + float((s or "0").replace(",", ".")))
    moment = parse_moment(text)
    if moment is None:
        raise ValueError(f"not a time: {text[:40]!r}")
    return moment


def parse_moment(text: str) -> Moment | None:
    """A date with a time, or a time of day with AM or PM; None where it is neither.

    Of `3/4/23` the first number is taken for the day where it is over 12, else for the month: only
    differences matter here, and months rarely turn within a conversation.
    """
    date = _DATE.fullmatch(text) or _DATE.fullmatch(_in_figures(text))
    rest = (date[7] if date else text).replace("\u202f", " ").strip()
    rest = rest if rest.isascii() else _in_english(rest)
    clock = _DAYTIME.fullmatch(rest) if rest else None
    if (rest and clock is None) or (date is None and (clock is None or not (clock[4] or clock[5]))):
        return None
    day = datetime(1970, 1, 1, tzinfo=UTC)
    if date:
        if date[1]:
            year, month, number = int(date[1]), int(date[2]), int(date[3])
        else:
            first, second, year = int(date[4]), int(date[5]), int(date[6])
            month, number = (second, first) if first > 12 or "." in text[:6] else (first, second)
            year += 2000 if year < 100 else 0
        try:
            day = datetime(year, month, number, tzinfo=UTC)
        except ValueError:
            return None
    seconds = 0.0
    if clock:
        hour = int(clock[1])
        if hour > 23 or (clock[4] and hour > 12):
            return None
        if clock[4]:
            hour = hour % 12 + (12 if clock[4] in "Pp" else 0)
        seconds = 3600 * hour + 60 * int(clock[2]) + float((clock[3] or "0").replace(",", "."))
        if clock[6]:
            away = 3600 * int(clock[7]) + 60 * int(clock[8])
            seconds -= away if clock[6] == "+" else -away
    return Moment((day + timedelta(seconds=seconds) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def _in_figures(text: str) -> str:
    """A date with the English name of a month, `Jan 5, 2024` or `05-Jan-24`, in figures."""
    match = _NAMED_DATE.fullmatch(text)
    if match is None:
        return text
    month, day = (match[1], match[2]) if match[1] else (match[4], match[3])
    if (short := month[:3].casefold()) not in _MONTHS:
        return text
    year = match[5] if len(match[5]) == 4 else f"20{match[5]}"
    return f"{year}-{_MONTHS.index(short) + 1}-{day}{match[6]}"


def _in_english(text: str) -> str:
    """A time of day with AM or PM, where Chinese, Japanese, Korean or Arabic words say it."""
    half = _HALVES.search(text)
    if half is None:
        return text
    return f"{_HALVES.sub('', text).strip()} {'AM' if half[1] in _FORENOON else 'PM'}"


def format_clock(seconds: float, mark: str = ".") -> str:
    """`HH:MM:SS.mmm`, rounded to a millisecond; `mark` stands before the fraction."""
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{mark}{milliseconds % 1000:03d}"
