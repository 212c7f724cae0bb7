from __future__ import annotations

import numpy as np
import pytest

from heartsay.calibration import (
    ConformalSets,
    ProjectData,
    ProjectLabels,
    Sureness,
    fit_conformal,
    fit_sets,
    fit_slope,
)
from heartsay.calibration.bundle import temperature_mixture
from heartsay.calibration.projects import HOME_BUDGET, strictest
from heartsay.calibration.softmax import softmax
from heartsay.calibration.temperature import Temperature
from heartsay.metrics import coverage, expected_calibration_error

MIXTURE = temperature_mixture(Temperature(1.0))
USUAL = Sureness(temperature=1.0, mean=0.6, spread=0.1, weight=5.0, slope=0.0, unlike=1.0)
NEUTRAL = 0


def top(probabilities: np.ndarray) -> np.ndarray:
    return probabilities.argmax(axis=1)


def labels(seed: int, talks: int, sharper: float, tilt: float = 0.0) -> ProjectLabels:
    """Talk of which every second conversation is read too surely, `sharper` times, with an excess of 2.

    Args:
        seed: of the draws.
        talks: conversations of ten utterances.
        sharper: factor of their logits.
        tilt: how much rarer neutral is labelled than the model thinks, in nats.
    """
    draw = np.random.default_rng(seed)
    talk = np.repeat(np.arange(talks), 10)
    honest = 1.5 * draw.normal(size=(len(talk), 4)) + np.array([1.0, 0, 0, 0])
    theirs = softmax(honest - tilt * np.eye(4)[NEUTRAL])
    gold = np.array([draw.choice(4, p=p) for p in theirs])
    excess = 2.0 * (talk % 2)
    return ProjectLabels({"full": honest * np.where(excess, sharper, 1.0)[:, None]}, gold, talk, excess)


def error(part: ProjectLabels, slope: float) -> float:
    probabilities = part.probabilities(MIXTURE, USUAL.with_slope(slope))
    return expected_calibration_error(probabilities.max(axis=1), top(probabilities) == part.gold)


def test_the_slope_that_serves_the_others_is_found() -> None:
    home, other = labels(0, 100, 1.0), labels(1, 1500, 2.5)
    calm = home._replace(excess=np.zeros(len(home.gold)))  # home pays nothing
    found = fit_slope(MIXTURE, USUAL, top, [calm], [other])
    assert found.slope == pytest.approx(np.log(2.5) / 2, abs=0.1)
    assert error(other, found.slope) < 0.5 * error(other, 0.0)


def test_home_pays_no_more_than_its_budget() -> None:
    home, other = labels(0, 200, 1.0), labels(1, 200, 4.0)
    found = fit_slope(MIXTURE, USUAL, top, [home], [other])
    sure = [home.probabilities(MIXTURE, USUAL.with_slope(s)).max(axis=1).mean() for s in (0.0, found.slope)]
    assert 0.5 * HOME_BUDGET < sure[0] - sure[1] <= HOME_BUDGET
    assert error(home, found.slope) <= error(home, 0.0) + HOME_BUDGET + 0.01


def test_without_others_nothing_is_softened() -> None:
    home = labels(0, 50, 1.0)
    assert fit_slope(MIXTURE, USUAL, top, [home], []).slope == 0.0
    plain = fit_conformal(home.probabilities(MIXTURE, USUAL), home.gold, home.conversation)
    assert fit_sets(MIXTURE, USUAL, NEUTRAL, [home, labels(1, 50, 1.0)], []) == plain


def test_sets_keep_their_promise_in_every_project() -> None:
    home, other = labels(0, 300, 1.0), labels(1, 300, 1.0, tilt=2.5)
    alone = fit_sets(MIXTURE, USUAL, NEUTRAL, [home], [])
    both = fit_sets(MIXTURE, USUAL, NEUTRAL, [home], [other])

    def covered(sets: ConformalSets, part: ProjectLabels, rows: np.ndarray) -> float:
        return coverage(sets.sets(part.probabilities(MIXTURE, USUAL), 0.9)[rows], part.gold[rows])

    new = labels(2, 300, 1.0, tilt=2.5)
    every = np.ones(len(new.gold), np.bool_)
    assert covered(alone, new, every) < 0.87
    assert covered(both, new, every) > 0.88
    again = labels(3, 300, 1.0)
    for group in (again.gold == NEUTRAL, again.gold != NEUTRAL):
        assert covered(both, again, group) > 0.88


def test_the_strictest_table_holds_what_each_holds() -> None:
    parts = [labels(seed, talks, 1.0, tilt) for seed, talks, tilt in ((0, 40, 0.0), (1, 60, 1.0))]
    tables = [fit_conformal(p.probabilities(MIXTURE, USUAL), p.gold, p.conversation) for p in parts]
    found = strictest(tables)
    assert found.conversations == 40
    for level in (0.3, 0.5, 0.8, 0.9, 0.95):
        assert found.threshold(level) == max(table.threshold(level) for table in tables)
    assert strictest(tables[:1]) == tables[0]


def test_a_role_is_home_own_or_other() -> None:
    assert ProjectData("meld", "dev", 1, 2, "home").to_dict()["role"] == "home"
    with pytest.raises(ValueError, match="'guest'"):
        ProjectData("meld", "dev", 1, 2, "guest")
