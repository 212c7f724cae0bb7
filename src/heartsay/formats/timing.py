"""What the times of a conversation are: seconds, another unit, a clock of the day, or frames.

Bare numbers are seconds unless that cannot be: whole numbers under which people would say a word in minutes,
and a few words a second if they were milliseconds, are milliseconds. What is less certain is warned of.
Dates and times of day become seconds since the first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from heartsay.errors import InputError
from heartsay.formats.clock import ClockTime, Moment, Timecode

UNITS = {"seconds": 1.0, "milliseconds": 1e-3, "centiseconds": 1e-2, "microseconds": 1e-6, "ticks": 1e-7}
"""Seconds in one of each unit that `--times` names; a tick is 100 nanoseconds."""

USUAL_RATE = 2.5
"""Words per second of ordinary talk, pauses within utterances included."""

_CERTAIN = (0.3, 9.0)
_SLOW = 0.03
_DOUBTFUL = 0.08
_LONG = 30.0
"""Mean seconds of an utterance up to which times that are no whole numbers are seconds for sure."""

_FIRST_DATE = 5e8
"""Numbers from here on are seconds since 1970: this is 1985, and 16 years of talk."""
_DAY = 86_400.0


class Times(NamedTuple):
    """What a user says of times: the seconds in a unit of bare numbers, and frames per second."""

    unit: float | None = None
    frame_rate: float | None = None


AS_STATED = Times()
"""Nothing is said of times."""


def parse_times(text: str | None) -> Times:
    """What `--times` says: a unit out of `UNITS`, or a frame rate such as `25fps`.

    Raises:
        InputError: it is neither.
    """
    if text is None:
        return Times()
    name = text.strip().casefold()
    if name in UNITS:
        return Times(UNITS[name])
    number = name.removesuffix("fps").strip()
    try:
        rate = float(number) if number != name else math.nan
    except ValueError:
        rate = math.nan
    if 1 <= rate <= 1000:
        return Times(frame_rate=rate)
    raise InputError(
        expected=f"{', '.join(UNITS)}, or a frame rate such as 25fps",
        found=repr(text[:40]),
        where="--times",
        do="say what the numbers of times mean",
    )


def settle(
    starts: Sequence[float | None],
    ends: Sequence[float | None],
    texts: Sequence[str],
    times: Times,
    *,
    seconds: bool = False,
) -> tuple[list[float | None], list[float | None], list[str]]:
    """The times of a conversation in seconds, and what is to be said of them.

    Args:
        starts: of T utterances, as `parse_time` gives them.
        ends: the same.
        texts: what was said.
        times: what the user said of them.
        seconds: whether the format says that bare numbers are seconds: then they are doubted at most.
    """
    kinds = set(map(type, starts)) | set(map(type, ends))
    kinds.discard(type(None))
    if not kinds or (kinds == {ClockTime} and (_first(starts) or 0.0) < _FIRST_DATE):
        return _plain(starts), _plain(ends), []
    if Timecode in kinds:
        sentence = "times count frames (HH:MM:SS:FF) and are left out, since nothing says how many a second"
        return _none(starts), _none(ends), [f"{sentence} has: say so with --times 25fps"]
    if times.unit is not None:
        scale = times.unit
        return _scaled(starts, scale), _scaled(ends, scale), []
    if Moment in kinds or _FIRST_DATE <= (_first(starts) or 0.0) < math.inf:
        return _dated(starts, ends, kinds)
    return _numbers(starts, ends, texts, seconds)


def _first(values: Sequence[float | None]) -> float | None:
    return next((x for x in values if x is not None), None)


def _numbers(
    starts: Sequence[float | None], ends: Sequence[float | None], texts: Sequence[str], stated: bool
) -> tuple[list[float | None], list[float | None], list[str]]:
    """Bare numbers, whose unit the rate of speech tells."""
    unchanged = (_plain(starts), _plain(ends))
    numbers = [x for x in (*starts, *ends) if x is not None]
    if max(numbers, default=0.0) < 60:
        return *unchanged, []
    whole = all(map(float.is_integer, filter(math.isfinite, numbers)))
    if not whole and None not in starts and None not in ends:
        length = sum(x or 0.0 for x in ends) - sum(x or 0.0 for x in starts)
        if 0.0 <= length < _LONG * len(starts):
            return *unchanged, []
    spans = [
        (end - start, text)
        for start, end, text in zip(starts, ends, texts, strict=True)
        if start is not None and end is not None and 0 < end - start < math.inf
    ]
    certain = bool(spans)
    if not spans:  # from one start to the next is at least as long, pauses included
        known = [(x, text) for x, text in zip(starts, texts, strict=True) if x is not None]
        spans = [(b - a, text) for (a, text), (b, _) in itertools.pairwise(known) if b > a]
    seconds = sum(length for length, _ in spans)
    if not seconds or not math.isfinite(seconds) or (not whole and seconds < _LONG * len(spans)):
        return *unchanged, []
    rate = sum(max(1, len(text.split())) for _, text in spans) / seconds
    if rate >= _DOUBTFUL or (not whole and not certain):
        return *unchanged, []
    unit = min(("milliseconds", "centiseconds", "ticks"), key=lambda name: _oddity(rate / UNITS[name]))
    fits = _CERTAIN[0] <= rate / UNITS[unit] <= _CERTAIN[1]
    if certain and whole and fits and rate < _SLOW and not stated:
        sentence = f"times are read as {unit}: as seconds, they would be {1 / rate:,.0f} seconds a word"
        scale = UNITS[unit]
        return _scaled(starts, scale), _scaled(ends, scale), [sentence]
    if rate >= _SLOW and not certain:
        return *unchanged, []
    kind = "all are whole numbers" if whole else "they are read as seconds"
    doubt = f"times may not be seconds, as which they are read: {rate:.3f} words a second, and {kind}"
    return *unchanged, [f"{doubt}; if they are {unit}, say --times {unit}"]


def _oddity(rate: float) -> float:
    return abs(math.log(rate / USUAL_RATE))


def _dated(
    starts: Sequence[float | None], ends: Sequence[float | None], kinds: set[type]
) -> tuple[list[float | None], list[float | None], list[str]]:
    """Dates and times of day as seconds since the first start; None where they span more than a day."""
    warnings = []
    if len(kinds) > 1:
        warnings.append(
            "times of two kinds, of the recording and of a clock: those of the clock are left out"
        )
        odd = (Moment,)
        return _without(starts, odd), _without(ends, odd), warnings
    moments = [x for x in (*starts, *ends) if x is not None and math.isfinite(x)]
    scale = 1.0
    while min(moments) * scale >= _FIRST_DATE * 500:
        scale /= 1000
    starts, ends = (
        _past_midnight([x if x is None else x * scale for x in starts]),
        [x if x is None else x * scale for x in ends],
    )
    first = _first(starts)
    first = moments[0] * scale if first is None else first
    largest = max(x * scale for x in moments)
    if largest - first > _DAY:
        return _none(starts), _none(ends), [*warnings, "times are dates over more than a day: left out"]
    warnings.append("times are of a clock, not of a recording: read as seconds since the first")
    ends = [x if x is None or x >= first else x + _DAY for x in ends]
    return [_since(x, first) for x in starts], [_since(x, first) for x in ends], warnings


def _since(value: float | None, first: float) -> float | None:
    return None if value is None else round(value - first, 6)


def _past_midnight(starts: list[float | None]) -> list[float | None]:
    """Times of day that go back by over half a day go on after midnight."""
    if any(x is not None and x >= _FIRST_DATE for x in starts):
        return starts
    days, last, found = 0.0, -math.inf, []
    for x in starts:
        if x is not None:
            if x < last - _DAY / 2:
                days += _DAY
            last = x
            x += days
        found.append(x)
    return found


def _plain(values: Iterable[float | None]) -> list[float | None]:
    return [x if x is None or type(x) is float else float(x) for x in values]


def _scaled(values: Iterable[float | None], scale: float) -> list[float | None]:
    """Bare numbers in seconds; by division, so that 2400 milliseconds are the very float 2.4."""
    divisor = round(1 / scale)
    return [x if x is None else x / divisor if type(x) is float else float(x) for x in values]


def _none(values: Sequence[float | None]) -> list[float | None]:
    return [None] * len(values)


def _without(values: Iterable[float | None], kinds: tuple[type, ...]) -> list[float | None]:
    return [None if x is None or isinstance(x, kinds) else float(x) for x in values]
