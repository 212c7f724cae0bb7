import json
from dataclasses import replace

import numpy as np
import pytest
from tests.dummies.model import build_calibration, with_removals

from heartsay.calibration import RemovalMixture
from heartsay.calibration.bundle import Calibration, link_features, pair_features


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


def test_removals_travel_with_the_calibration_and_change_nothing_else():
    plain, full = build_calibration(), with_removals(build_calibration())
    assert "removals" not in plain.to_dict()
    loaded = Calibration.from_dict(json.loads(json.dumps(full.to_dict())))
    assert loaded == full
    assert {k: v for k, v in full.to_dict().items() if k != "removals"} == plain.to_dict()


def test_a_mixture_serves_only_where_the_removals_were_read():
    calibration = with_removals(build_calibration())
    logits, own, other = np.random.default_rng(1).normal(size=(3, 5, 7))
    alone = calibration.emotion_probabilities(logits)
    np.testing.assert_array_equal(alone, calibration.emotion.apply(logits))
    mixed = calibration.emotion_probabilities(logits, {"other": other, "own": own})
    expected = calibration.removals.mixture.apply({"full": logits, "own": own, "other": other})
    np.testing.assert_array_equal(mixed, expected)
    assert calibration.rules(removed=False) == (calibration.sets, calibration.abstention)
    assert calibration.rules(removed=True)[1] == calibration.removals.abstention
    assert build_calibration().rules(removed=True)[1] == calibration.abstention


def test_a_mixture_of_other_views_is_refused():
    saved = with_removals(build_calibration()).to_dict()
    saved["removals"]["mixture"] = RemovalMixture(("full", "text"), (0.5, 0.5), 1.0).to_dict()
    with pytest.raises(ValueError, match="full, own, other"):
        Calibration.from_dict(saved)
    del saved["removals"]["sets"]
    with pytest.raises(ValueError, match="sets"):
        Calibration.from_dict(saved)
