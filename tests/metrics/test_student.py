import numpy as np
import pytest
from scipy import stats

from heartsay.metrics.student import expanded_tail, meant_tail, paired_t, t_quantile, t_tail


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 30, 279, 393])
def test_tails_and_quantiles_are_those_of_scipy(freedom):
    for t in (-1.0, 0.0, 0.3, 2.0, 5.0):
        assert t_tail(t, freedom) == pytest.approx(stats.t.sf(t, freedom), abs=1e-10)
    for tail in (0.0005, 0.025, 0.4, 0.5, 0.9):
        assert t_quantile(tail, freedom) == pytest.approx(stats.t.isf(tail, freedom), abs=1e-9)


def test_a_paired_difference_is_that_of_scipy():
    values = np.random.default_rng(0).normal(0.4, 1, 5)
    found = paired_t(values.tolist())
    theirs = stats.ttest_1samp(values, 0.0)
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval(0.95)))
    assert paired_t([0.0, 0.0]) == (0.0, 0.0, 0.0, 1.0)
    assert paired_t([2.0, 2.0]) == (2.0, 2.0, 2.0, 0.0)


def test_an_expanded_interval_of_normal_draws_is_that_of_students_t():
    # The bootstrap of a mean of n values is about normal, its deviation short of the factor n / (n - 1).
    n, deviation = 6, 1.0
    wide = -stats.norm.ppf(expanded_tail(0.025, n)) * deviation / np.sqrt(n) * np.sqrt((n - 1) / n)
    assert wide == pytest.approx(stats.t.isf(0.025, n - 1) * deviation / np.sqrt(n))
    assert meant_tail(expanded_tail(0.025, n), n) == pytest.approx(0.025)
    assert expanded_tail(0.025, 10_000) == pytest.approx(0.025, rel=0.01)


def test_what_cannot_be_tested_is_refused():
    with pytest.raises(ValueError, match="two differences"):
        paired_t([1.0])
    with pytest.raises(ValueError, match="freedom"):
        t_tail(1.0, 0)
    with pytest.raises(ValueError, match="probability"):
        t_quantile(1.0, 3)
