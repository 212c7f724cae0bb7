"""Times of day and lengths of time, as transcripts write them."""

from __future__ import annotations

import re

_CLOCK = re.compile(r"(?:(?:([0-9]{1,5}):)?([0-9]{1,5}):)?([0-9]{1,9})(?:[.,]([0-9]{1,12}))?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?|[+-]?[0-9]+,[0-9]+")


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


def format_clock(seconds: float, mark: str = ".") -> str:
    """`HH:MM:SS.mmm`, rounded to a millisecond; `mark` stands before the fraction."""
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{mark}{milliseconds % 1000:03d}"
