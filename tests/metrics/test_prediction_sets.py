import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from heartsay.metrics import prediction_sets as ps

SETS = np.array([[True, True, False], [False, True, False], [True, False, False], [True, True, True]])
GOLD = np.array([0, 0, 1, 1])


def test_hand_worked():
    assert ps.coverage(SETS, GOLD) == 0.5
    assert ps.mean_set_size(SETS) == pytest.approx(7 / 4)
    assert ps.coverage_per_conversation(SETS, GOLD, ["b", "a", "a", "a"]).tolist() == [
        1.0,
        pytest.approx(1 / 3),
    ]


@settings(max_examples=50, deadline=None)
@given(arrays(bool, (20, 4)), st.lists(st.integers(0, 3), min_size=20, max_size=20), st.integers(1, 20))
def test_parts_add_up_to_the_whole(sets, gold, conversations):
    gold = np.array(gold)
    group = np.arange(20) % conversations
    whole = ps.coverage(sets, gold)
    by_conversation = ps.coverage_per_conversation(sets, gold, group)
    assert (by_conversation * np.bincount(group)).sum() / 20 == pytest.approx(whole)


def test_extremes():
    assert ps.coverage(np.ones((3, 2), bool), [0, 1, 0]) == 1.0
    assert ps.mean_set_size(np.ones((3, 2), bool)) == 2.0
    assert ps.coverage(np.zeros((3, 2), bool), [0, 1, 0]) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ps.coverage(SETS.astype(float), GOLD), "boolean"),
        (lambda: ps.coverage(SETS, [0, 0, 1, 3]), r"0\.\.2"),
        (lambda: ps.coverage(SETS, [0, 0, 1]), "one length"),
        (lambda: ps.coverage_per_conversation(SETS, GOLD, [0, 1]), "one length"),
        (lambda: ps.coverage_per_conversation(SETS, GOLD, [0.5] * 4), "ids"),
        (lambda: ps.mean_set_size(np.zeros((0, 3), bool)), "non-empty"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
