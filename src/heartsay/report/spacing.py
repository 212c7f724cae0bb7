"""Where along a line each utterance lies, and how the line is broken into rows.

Time runs from left to right, but not evenly: short turns are widened and long ones and long pauses
narrowed until each turn can be seen and the whole can be read. All lengths are in CSS pixels.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

Times = Sequence[tuple[float | None, float | None]]

MEDIAN_WIDTH = 1.25
"""The median turn is this many times as wide as the narrowest may be."""
MAX_WIDTH = 3.5
MAX_PAUSE = 0.8
INSTANT = 0.2
"""Seconds that a turn without duration is taken to last."""
LATEST = 1e7
"""Seconds; no recording is longer, so a later time is no time."""
MAX_CROSSINGS = 30
"""Turns that overlap with more others than this, on average, are spaced evenly instead."""


class Spacing(NamedTuple):
    """Spans (left, right) of each utterance on one endless line, and the map from seconds to it.

    `clock` holds rising (seconds, pixels) points between which the map is straight; it is empty
    where utterances are spaced evenly. `pauses` holds (pixels, seconds) of silences drawn short.
    """

    spans: list[tuple[float, float]]
    clock: list[tuple[float, float]]
    pauses: list[tuple[float, float]]


class Row(NamedTuple):
    """A piece of the line: utterances `first` up to but not including `last`, drawn from `left`,
    `scale` times as wide."""

    first: int
    last: int
    left: float
    scale: float


def space(times: Times, narrowest: float) -> Spacing:
    """Place utterances by their times, or evenly where times are missing, run backwards or tangle.

    Args:
        times: (start, end) in seconds per utterance, in the order spoken.
        narrowest: the width that no utterance may fall below.
    """
    timed = valid_times(times)
    if timed is None:
        return _evenly(len(times), narrowest)
    edges = sorted({edge for span in timed for edge in span})
    crossed = [(bisect_left(edges, start), bisect_left(edges, end)) for start, end in timed]
    if sum(last - first for first, last in crossed) > MAX_CROSSINGS * len(timed):
        return _evenly(len(times), narrowest)
    lasting = median(end - start for start, end in timed)
    per_second = narrowest * MEDIAN_WIDTH / max(lasting, INSTANT)
    widths = [(b - a) * per_second for a, b in pairwise(edges)]
    pauses = _shorten_pauses(edges, crossed, widths, narrowest * MAX_PAUSE)
    for first, last in crossed:
        _rescale(widths, first, last, high=narrowest * MAX_WIDTH)
    for first, last in sorted(crossed, key=lambda cells: cells[1] - cells[0]):
        _rescale(widths, first, last, low=narrowest)
    places = [0.0]
    for width in widths:
        places.append(places[-1] + width)
    return Spacing(
        spans=[(places[first], places[last]) for first, last in crossed],
        clock=list(zip(edges, places, strict=True)),
        pauses=[((places[cell] + places[cell + 1]) / 2, seconds) for cell, seconds in pauses],
    )


def break_rows(
    spans: Sequence[tuple[float, float]], width: float, squeeze: float = 0.85, max_stretch: float = 1.8
) -> list[Row]:
    """Break the line into as few rows of `width` as hold it, equally full and stretched to fill it.

    Args:
        spans: what `space` returned.
        width: of a row, in pixels.
        squeeze: a line that fits into one row when drawn this many times as wide stays whole.
        max_stretch: no row is drawn more than this many times as wide.
    """
    if not spans:
        return []
    if len(_fill(spans, width / squeeze)) == 1:
        width = width / squeeze
        max_stretch = squeeze * max_stretch
    else:
        squeeze = 1.0
    fewest = len(_fill(spans, width))
    low, high = width / 2, width
    for _ in range(20):
        middle = (low + high) / 2
        if len(_fill(spans, middle)) > fewest:
            low = middle
        else:
            high = middle
    rows = []
    for first, last in _fill(spans, high):
        left = min(start for start, _ in spans[first:last])
        length = max(end for _, end in spans[first:last]) - left
        rows.append(Row(first, last, left, min(max_stretch, squeeze * width / length)))
    return rows


def place(clock: Sequence[tuple[float, float]], seconds: float) -> float:
    """Where a moment lies on the line, in pixels; moments outside are held at its ends."""
    after = bisect_right(clock, (seconds, math.inf))
    if after == 0:
        return clock[0][1]
    if after == len(clock):
        return clock[-1][1]
    (t0, x0), (t1, x1) = clock[after - 1], clock[after]
    return x0 + (x1 - x0) * (seconds - t0) / (t1 - t0)


def tick_step(seconds: float, room: int) -> int:
    """The shortest round number of seconds that puts at most `room` ticks on a stretch of time."""
    for step in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400):
        if seconds / step <= room:
            return step
    return 86400 * max(1, math.ceil(seconds / 86400 / max(room, 1)))


def clock_text(seconds: float) -> str:
    """Seconds as `m:ss` or `h:mm:ss`."""
    whole = int(seconds + 0.5)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def valid_times(times: Times) -> list[tuple[float, float]] | None:
    """Times without gaps, none shorter than `INSTANT`; None where one is missing or runs backwards."""
    result = []
    latest = 0.0
    for start, end in times:
        if start is None or end is None or not (latest <= start <= end <= LATEST):
            return None
        latest = start
        # A turn needs two edges that differ, even one without duration.
        result.append((start, max(end, start + INSTANT)))
    return result or None


def _evenly(count: int, narrowest: float) -> Spacing:
    step = narrowest * MEDIAN_WIDTH
    return Spacing([(step * i, step * (i + 1)) for i in range(count)], [], [])


def _shorten_pauses(
    edges: Sequence[float], crossed: Sequence[tuple[int, int]], widths: list[float], longest: float
) -> list[tuple[int, float]]:
    spoken = [False] * len(widths)
    for first, last in crossed:
        spoken[first:last] = [True] * (last - first)
    shortened = []
    for cell, heard in enumerate(spoken):
        if not heard and widths[cell] > longest:
            if widths[cell] > 2 * longest:
                shortened.append((cell, edges[cell + 1] - edges[cell]))
            widths[cell] = longest
    return shortened


def _rescale(widths: list[float], first: int, last: int, low: float = 0.0, high: float = math.inf) -> None:
    whole = sum(widths[first:last])
    wanted = min(max(whole, low), high)
    if wanted != whole:
        for cell in range(first, last):
            widths[cell] = widths[cell] * wanted / whole if whole else wanted / (last - first)


def _fill(spans: Sequence[tuple[float, float]], width: float) -> list[tuple[int, int]]:
    rows: list[tuple[int, int]] = []
    first, left, right = 0, *spans[0]
    for i, (start, end) in enumerate(spans):
        if i > first and max(right, end) - min(left, start) > width:
            rows.append((first, i))
            first, left, right = i, start, end
        left, right = min(left, start), max(right, end)
    rows.append((first, len(spans)))
    return rows
