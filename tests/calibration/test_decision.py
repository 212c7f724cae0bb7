import numpy as np
import pytest

from heartsay.calibration import decide, fit_decision
from heartsay.metrics import macro_f1, weighted_f1


def rare_talk(seed: int = 0, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated distributions over three classes, one of them rare, and labels drawn of them."""
    draw = np.random.default_rng(seed)
    rows = draw.dirichlet([4.0, 2.0, 0.4], size=count)
    return rows, np.array([draw.choice(3, p=row) for row in rows])


def test_weights_are_a_share_of_the_log_odds_of_a_class_against_the_most_frequent():
    rows = np.array([[0.8, 0.1, 0.1], [0.4, 0.5, 0.1]])
    share = rows.mean(axis=0)
    np.testing.assert_allclose(fit_decision(rows, 1.0), np.log(share[0] / share))
    np.testing.assert_allclose(fit_decision(rows, 0.5), 0.5 * np.log(share[0] / share))
    assert fit_decision(rows, 0.0) == (0.0, 0.0, 0.0)


def test_a_weight_multiplies_the_probability():
    rows = np.array([[0.5, 0.3, 0.2], [0.8, 0.1, 0.1], [1.0, 0.0, 0.0]])
    assert decide(rows, np.log([1.0, 1.0, 3.0])).tolist() == [2, 0, 0]
    assert decide(rows, np.array([0.0, 0.0, 700.0])).tolist() == [2, 2, 0]  # the impossible is never named
    with pytest.raises(ValueError, match="2 log-weights for 3 classes"):
        decide(rows, np.zeros(2))


def test_a_rare_class_is_found_on_talk_that_the_weights_were_not_fitted_on():
    weights = np.array(fit_decision(rare_talk()[0]))
    rows, gold = rare_talk(1)
    plain, weighed = rows.argmax(axis=1), decide(rows, weights)
    assert (weighed == 2).sum() > (plain == 2).sum()
    assert macro_f1(gold, weighed, 3) > macro_f1(gold, plain, 3) + 0.02
    assert weighted_f1(gold, weighed, 3) > weighted_f1(gold, plain, 3) - 0.005


def test_a_class_without_any_probability_is_weighed_as_one_in_a_million():
    rows = np.array([[0.5, 0.5, 0.0]])
    np.testing.assert_allclose(fit_decision(rows), [0.0, 0.0, 0.5 * np.log(0.5e6)])
    assert decide(rows, np.array(fit_decision(rows))).tolist() == [0]
