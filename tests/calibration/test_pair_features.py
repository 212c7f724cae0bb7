import numpy as np
import pytest

from heartsay.calibration import PAIR_FEATURES, link_features, pair_features

ALL = (
    "pair_log_odds",
    "non_neutral_log_odds",
    "is_self",
    "is_previous",
    "is_second",
    "is_future",
    "log_distance",
)


def test_signs_are_those_worked_out_by_hand():
    found = pair_features([1.5, -2.0, 0.0, 0.5], [0.2, 0.5, 1.0, 0.0], [0, 1, 2, -3], ALL)
    edge = np.log(1e-6) - np.log1p(-1e-6)
    np.testing.assert_allclose(
        found,
        [
            [1.5, np.log(4), 1, 0, 0, 0, 0],
            [-2.0, 0, 0, 1, 0, 0, np.log(2)],
            [0.0, edge, 0, 0, 1, 0, np.log(3)],
            [0.5, -edge, 0, 0, 0, 1, 0],
        ],
        atol=1e-12,
    )


def test_signs_come_in_the_order_of_their_names():
    given = ([1.0, 2.0], [0.3, 0.4], [1, 4])
    both = pair_features(*given, ("log_distance", "pair_log_odds"))
    np.testing.assert_array_equal(both, pair_features(*given, ALL)[:, [6, 0]])
    assert pair_features(*given).shape == (2, len(PAIR_FEATURES))


def test_a_name_that_is_no_sign_is_refused():
    with pytest.raises(ValueError, match="no sign is_tuesday"):
        pair_features([1.0], [0.5], [0], ("is_self", "is_tuesday"))


@pytest.mark.parametrize("neutral", [0, 2])
def test_the_score_of_a_link_owes_nothing_to_the_fitted_temperature(neutral):
    logits = np.random.default_rng(0).normal(size=(4, 7))
    log_odds, distance = np.arange(4.0), np.array([0, 1, 2, -1])
    share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        link_features(log_odds, logits, distance, neutral, ALL),
        pair_features(log_odds, share[:, neutral], distance, ALL),
    )
