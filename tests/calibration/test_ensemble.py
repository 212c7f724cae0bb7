import numpy as np
import pytest

from heartsay.calibration import ensemble_probabilities
from heartsay.metrics import brier_score, negative_log_likelihood


def test_probabilities_are_averaged_and_not_logits():
    logits = np.log([[[0.9, 0.1]], [[0.5, 0.5]]])
    np.testing.assert_allclose(ensemble_probabilities(logits), [[0.7, 0.3]])


def test_one_member_is_its_softmax_and_order_does_not_matter():
    logits = np.random.default_rng(0).normal(size=(4, 10, 7)) * 30
    rows = ensemble_probabilities(logits)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0)
    np.testing.assert_allclose(rows, ensemble_probabilities(logits[::-1]))
    alone = np.exp(logits[0] - logits[0].max(axis=1, keepdims=True))
    np.testing.assert_allclose(ensemble_probabilities(logits[:1]), alone / alone.sum(axis=1, keepdims=True))


def test_no_worse_than_its_members_on_average():
    """Proper scores are convex: an ensemble cannot lose to the mean of its members."""
    rng = np.random.default_rng(1)
    logits, gold = rng.normal(size=(5, 200, 7)) * 2, rng.integers(0, 7, 200)
    members = [ensemble_probabilities(member[None]) for member in logits]
    together = ensemble_probabilities(logits)
    for score in (brier_score, negative_log_likelihood):
        assert score(together, gold) < np.mean([score(member, gold) for member in members])


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="3 axes"):
        ensemble_probabilities([[0.1, 0.2]])
    with pytest.raises(ValueError, match="NaN"):
        ensemble_probabilities([[[np.nan, 0.2]]])
