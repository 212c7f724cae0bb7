import numpy as np
import pytest

from heartsay.metrics import brier_score, weighted_f1
from heartsay.metrics.missing_rate import missing_rate_curve

SURE, SPLIT, WRONG = np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]), np.array([[0.0, 1.0]])


def test_hand_worked():
    curve = missing_rate_curve({0.4: [SURE, WRONG, SPLIT], 0.0: [SURE], 0.1: [SURE, SPLIT]}, [0], brier_score)
    assert curve.rates.tolist() == [0.0, 0.1, 0.4]
    assert curve.draws.tolist() == [1, 2, 3]
    np.testing.assert_allclose(curve.mean, [0.0, 0.25, 2.5 / 3])
    np.testing.assert_allclose(curve.deviation, [np.nan, 0.5 / np.sqrt(2), np.std([0, 2, 0.5], ddof=1)])


def test_any_metric_and_a_stacked_array_of_draws():
    rng = np.random.default_rng(0)
    gold = rng.integers(0, 3, 50)
    readings = rng.dirichlet(np.ones(3), (4, 50))
    curve = missing_rate_curve({0.2: readings}, gold, lambda p, y: weighted_f1(y, np.argmax(p, 1), 3))
    scores = [weighted_f1(gold, reading.argmax(1), 3) for reading in readings]
    assert curve.mean[0] == pytest.approx(np.mean(scores))
    assert curve.deviation[0] == pytest.approx(np.std(scores, ddof=1))


@pytest.mark.parametrize(
    ("draws", "message"),
    [({}, "at least one rate"), ({1.5: [SURE]}, r"\[0, 1\]"), ({0.1: []}, "at least one draw")],
)
def test_bad_input_is_refused(draws, message):
    with pytest.raises(ValueError, match=message):
        missing_rate_curve(draws, [0], brier_score)
