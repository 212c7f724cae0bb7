import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.metrics import checks


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["b", "a", "c"]), min_size=1, max_size=20))
def test_groups_are_numbered_by_first_appearance(ids):
    numbers = checks.group_numbers(ids)
    order = list(dict.fromkeys(ids))
    assert numbers.tolist() == [order.index(name) for name in ids]


def test_float32_and_rounded_distributions_pass_and_others_do_not():
    rng = np.random.default_rng(0)
    rows = rng.dirichlet(np.ones(7), 100)
    checks.probability_rows(rows.astype(np.float32))
    checks.probability_rows(rows.round(4))
    with pytest.raises(ValueError, match="row 3 sums to"):
        checks.probability_rows(np.where(np.arange(100)[:, None] == 3, rows * 0.99, rows))
    with pytest.raises(ValueError, match="two classes"):
        checks.probability_rows([[1.0]])


def test_what_is_not_a_number_is_named():
    with pytest.raises(ValueError, match="confidence must be an array of numbers"):
        checks.unit_interval(["high"], "confidence")
    with pytest.raises(ValueError, match="confidence must be an array of numbers"):
        checks.unit_interval([[0.1], [0.1, 0.2]], "confidence")


def test_lengths_are_listed():
    with pytest.raises(ValueError, match="a 2, b 3"):
        checks.same_length(a=np.zeros(2), b=np.zeros(3))
