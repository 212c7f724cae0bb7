from __future__ import annotations

import re

import pytest
from tests.dummies.analysis import card

from heartsay.card import ReliabilityBin, RiskPoint
from heartsay.report import charts


def test_bars_are_as_tall_as_the_bins_were_right() -> None:
    bins = [
        ReliabilityBin(lower=0.0, upper=0.5, count=0),
        ReliabilityBin(lower=0.5, upper=0.75, count=5, confidence=0.6, accuracy=0.5),
        ReliabilityBin(lower=0.75, upper=1.0, count=50, confidence=0.9, accuracy=1.0),
    ]
    first, second = charts.reliability_bars(bins)
    assert first.height == pytest.approx((charts.BOTTOM - charts.TOP) / 2)
    assert second.y == pytest.approx(charts.TOP)
    assert first.stated == pytest.approx(charts.up(0.6))
    assert second.count_height == pytest.approx(10 * first.count_height)
    assert (first.few, second.few) == (True, False)
    assert first.x + first.width < second.x


def test_a_diagram_of_nothing_has_no_bars() -> None:
    assert charts.reliability_bars([]) == []
    assert charts.reliability_bars([ReliabilityBin(lower=0, upper=1, count=0)]) == []


@pytest.mark.parametrize(
    ("risks", "ceiling"), [([], 0.1), ([0.0], 0.1), ([0.3], 0.3), ([0.31], 0.4), ([1.0], 1.0)]
)
def test_the_risk_axis_ends_at_a_round_number(risks: list[float], ceiling: float) -> None:
    assert charts.risk_ceiling([RiskPoint(coverage=1, risk=r) for r in risks]) == pytest.approx(ceiling)


def test_the_curve_passes_its_points() -> None:
    points = card().risk_coverage.points
    path = charts.risk_path(points, 0.4)
    numbers = [float(n) for n in re.findall(r"[\d.]+", path)]
    assert len(numbers) == 2 * len(points)
    assert numbers[-2] == pytest.approx(charts.RIGHT)
    assert numbers[-1] == pytest.approx(charts.up(0.36 / 0.4), abs=0.06)
    assert charts.risk_path(points[:1], 0.4) == ""


def test_grids_span_the_chart() -> None:
    assert [g.text for g in charts.grid_up(0.4)] == ["0", "8", "16", "24", "32", "40"]
    assert (charts.grid_up()[0].at, charts.grid_up()[-1].at) == (charts.BOTTOM, charts.TOP)
    assert (charts.grid_across()[0].at, charts.grid_across()[-1].at) == (charts.LEFT, charts.RIGHT)
