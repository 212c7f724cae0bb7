"""Reliability diagram and risk-coverage curve as numbers, in CSS pixels from the chart's top left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heartsay.card import ReliabilityBin, RiskPoint

LEFT, RIGHT = 40.0, 328.0
TOP, BOTTOM = 12.0, 212.0
COUNTS_TOP, COUNTS_BOTTOM = 254.0, 288.0
FEW = 10
"""Bins with fewer predictions than this are drawn faintly: their accuracy is mostly chance."""


class Bar(NamedTuple):
    """A bin of the reliability diagram, and of the histogram of counts below it."""

    x: float
    width: float
    y: float
    height: float
    stated: float
    count_y: float
    count_height: float
    few: bool


class Grid(NamedTuple):
    """A labelled grid line at `at` (x or y)."""

    at: float
    text: str


def reliability_bars(bins: Sequence[ReliabilityBin]) -> list[Bar]:
    """One bar per bin that counts anything; `stated` is the y of the bin's mean confidence."""
    most = max((b.count for b in bins), default=0)
    bars = []
    for b in bins:
        if b.count == 0 or b.accuracy is None or b.confidence is None:
            continue
        x = across(b.lower)
        y = up(b.accuracy)
        tall = (COUNTS_BOTTOM - COUNTS_TOP) * b.count / most
        bars.append(
            Bar(
                x=x + 1,
                width=across(b.upper) - x - 2,
                y=y,
                height=BOTTOM - y,
                stated=up(b.confidence),
                count_y=COUNTS_BOTTOM - tall,
                count_height=tall,
                few=b.count < FEW,
            )
        )
    return bars


def risk_ceiling(points: Sequence[RiskPoint]) -> float:
    """The top of the risk axis: the highest risk, rounded up to a multiple of a tenth."""
    highest = max((point.risk for point in points), default=0.0)
    return min(1.0, max(0.1, -(-round(highest * 100, 6) // 10) / 10))


def risk_path(points: Sequence[RiskPoint], ceiling: float) -> str:
    """The curve as an SVG path; empty for fewer than two points."""
    if len(points) < 2:
        return ""
    return "M" + "L".join(f"{across(p.coverage):.1f} {up(p.risk / ceiling):.1f}" for p in points)


def grid_across(steps: int = 5) -> list[Grid]:
    """Vertical lines at even fractions, labelled in percent."""
    return [Grid(across(k / steps), f"{100 * k / steps:.0f}") for k in range(steps + 1)]


def grid_up(ceiling: float = 1.0, steps: int = 5) -> list[Grid]:
    """Horizontal lines at even fractions of the ceiling, labelled in percent."""
    return [Grid(up(k / steps), f"{100 * ceiling * k / steps:g}") for k in range(steps + 1)]


def across(fraction: float) -> float:
    """The x of a fraction of the chart's width."""
    return LEFT + (RIGHT - LEFT) * fraction


def up(fraction: float) -> float:
    """The y of a fraction of the chart's height."""
    return BOTTOM - (BOTTOM - TOP) * fraction
