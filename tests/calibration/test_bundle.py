import json
from dataclasses import replace

import numpy as np
import pytest
from tests.dummies.model import build_calibration

from undertone.calibration.bundle import Calibration, link_features, pair_features


def test_a_calibration_without_links_is_written_and_read_as_before():
    plain = replace(build_calibration(), links=None)
    saved = plain.to_dict()
    assert "links" not in saved
    assert Calibration.from_dict(json.loads(json.dumps(saved))) == plain
    with pytest.raises(ValueError, match="no rule"):
        plain.show_links([9.0], np.zeros((1, 7)), [0], 0.3)


def test_links_travel_with_the_calibration_and_change_nothing_else():
    full = build_calibration()
    plain = replace(full, links=None)
    loaded = Calibration.from_dict(json.loads(json.dumps(full.to_dict())))
    assert loaded == full
    assert {**full.to_dict(), "links": None} == {**plain.to_dict(), "links": None}
    log_odds, neutral, distance = [2.0, -1.0], [0.3, 0.6], [0, -2]
    np.testing.assert_array_equal(
        loaded.pair_confidence(log_odds, neutral, distance),
        plain.pair_confidence(log_odds, neutral, distance),
    )


def test_links_that_are_something_else_are_refused():
    saved = {**build_calibration().to_dict(), "links": {"method": "magic"}}
    with pytest.raises(ValueError, match="magic"):
        Calibration.from_dict(saved)


def test_links_over_the_threshold_are_shown_unless_the_cause_comes_later():
    calibration = build_calibration()  # from a score of 0.6 at a level of 0.1, of 0.2 at 0.3
    log_odds = np.log([0.95, 0.5, 0.5, 0.1, 0.99]) - np.log([0.05, 0.5, 0.5, 0.9, 0.01])
    distance = [0, 1, 5, 0, -1]
    shown = {
        level: calibration.show_links(log_odds, np.zeros((5, 7)), distance, level) for level in (0.1, 0.3)
    }
    assert shown[0.1].tolist() == [True, False, False, False, False]
    assert shown[0.3].tolist() == [True, True, True, False, False]


def test_the_score_owes_nothing_to_the_fitted_temperature():
    calibration = build_calibration()
    assert calibration.emotion.value != 1.0
    logits = np.random.default_rng(0).normal(size=(4, 7))
    log_odds, distance = np.arange(4.0), np.array([0, 1, 2, -1])
    share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        link_features(log_odds, logits, distance), pair_features(log_odds, share[:, 0], distance)
    )
