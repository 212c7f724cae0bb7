from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.report.spacing import (
    MAX_WIDTH,
    break_rows,
    clock_text,
    place,
    space,
    tick_step,
)

NARROWEST = 20.0


@st.composite
def timings(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Times in order of their starts, with pauses, overlaps and turns without duration."""
    result, start = [], draw(st.floats(0, 1000))
    for _ in range(draw(st.integers(1, 60))):
        start += draw(st.floats(0, 30))
        result.append((start, start + draw(st.floats(0, 20))))
    return result


@settings(max_examples=50, deadline=None)
@given(timings())
def test_time_runs_from_left_to_right_and_nothing_vanishes(times: list[tuple[float, float]]) -> None:
    spacing = space(times, NARROWEST)
    assert len(spacing.spans) == len(times)
    assert all(right - left >= NARROWEST - 1e-6 for left, right in spacing.spans)
    starts = [left for left, _ in spacing.spans]
    assert starts == sorted(starts)
    seconds, places = zip(*spacing.clock, strict=True) if spacing.clock else ((), ())
    assert list(seconds) == sorted(seconds)
    assert list(places) == sorted(places)


@settings(max_examples=50, deadline=None)
@given(timings(), st.floats(150, 1200))
def test_rows_hold_everyone_once_in_order(times: list[tuple[float, float]], width: float) -> None:
    spans = space(times, NARROWEST).spans
    rows = break_rows(spans, width)
    assert [i for row in rows for i in range(row.first, row.last)] == list(range(len(times)))
    for row in rows:
        ends = [(right - row.left) * row.scale for _, right in spans[row.first : row.last]]
        starts = [(left - row.left) * row.scale for left, _ in spans[row.first : row.last]]
        assert min(starts) >= -1e-6
        assert max(ends) <= width + 1e-6


def test_rows_are_about_equally_full() -> None:
    rows = break_rows(space([(None, None)] * 41, NARROWEST).spans, 40 * NARROWEST)
    sizes = [row.last - row.first for row in rows]
    assert len(sizes) == 2
    assert max(sizes) - min(sizes) <= 1


def test_a_line_that_almost_fits_stays_whole() -> None:
    spans = space([(None, None)] * 10, NARROWEST).spans
    (row,) = break_rows(spans, spans[-1][1] * 0.9)
    assert row.scale == pytest.approx(0.9)
    assert len(break_rows(spans, spans[-1][1] * 0.8)) == 2


def test_a_single_turn_is_not_blown_up() -> None:
    (row,) = break_rows([(0.0, 20.0)], 1000)
    assert row.scale < 2


def test_long_turns_are_wider_but_bounded() -> None:
    times = [(10.0 * i, 10.0 * i + lasting) for i, lasting in enumerate([1, 2, 4, 9, 2, 2, 2])]
    widths = [right - left for left, right in space(times, NARROWEST).spans]
    assert widths[1] < widths[2] < widths[3]
    (long_one,) = [right - left for left, right in space([*times, (80.0, 680.0)], NARROWEST).spans][-1:]
    assert long_one == pytest.approx(NARROWEST * MAX_WIDTH)


def test_a_long_pause_is_drawn_short_and_told() -> None:
    spacing = space([(0, 2), (2.5, 4), (600, 602)], NARROWEST)
    assert [seconds for _, seconds in spacing.pauses] == [596]
    assert spacing.spans[2][0] - spacing.spans[1][1] <= NARROWEST


@pytest.mark.parametrize(
    "times",
    [
        [(0.0, 1.0), (None, None)],
        [(5.0, 6.0), (1.0, 2.0)],
        [(2.0, 1.0)],
        [(math.nan, 1.0)],
        [(0.0, math.inf)],
        [(-1.0, 1.0)],
        [(1e300, 1e300)],
        [(float(i), 100.0 + i) for i in range(100)],
    ],
    ids=["missing", "backwards", "negative", "nan", "infinite", "before", "absurd", "tangled"],
)
def test_times_that_cannot_be_drawn_give_even_spacing(times: list[tuple[float | None, float | None]]) -> None:
    spacing = space(times, NARROWEST)
    assert spacing.clock == []
    assert len({round(right - left, 6) for left, right in spacing.spans}) == 1
    assert all(b[0] == a[1] for a, b in zip(spacing.spans, spacing.spans[1:], strict=False))


def test_nothing_takes_no_room() -> None:
    assert space([], NARROWEST).spans == []
    assert break_rows([], 100) == []


def test_place_is_straight_between_points_and_held_outside() -> None:
    clock = [(0.0, 0.0), (10.0, 100.0), (20.0, 110.0)]
    assert [place(clock, t) for t in (-5, 0, 5, 10, 15, 20, 99)] == [0, 0, 50, 100, 105, 110, 110]


def test_ticks_are_round_and_fit() -> None:
    assert [tick_step(s, 10) for s in (3, 30, 90, 900, 36000)] == [1, 5, 10, 120, 3600]
    for seconds in (0.5, 77, 5e5, 9e6):
        assert seconds / tick_step(seconds, 8) <= 8


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3600, "1:00:00"), (36061, "10:01:01")]
)
def test_clock_text(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text
