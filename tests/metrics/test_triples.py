import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.metrics.triples import FOUR, SIX, triple_scores

triple_sets = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.integers(1, 3), st.sampled_from((*SIX, "neutral")), st.integers(1, 3)
    ),
    max_size=30,
)


def by_confusion(predicted, gold):
    """The task's own way: a confusion matrix of 7 categories, in which row and column 0 stand for none."""
    order = ("neutral", *SIX)
    predicted, gold = list(dict.fromkeys(predicted)), list(dict.fromkeys(gold))
    matrix = np.zeros((7, 7))
    for triple in predicted:
        category = order.index(triple[2])
        matrix[category if triple in gold else 0, category] += 1
    for triple in gold:
        if triple not in predicted:
            matrix[order.index(triple[2]), 0] += 1
    right, guessed, true = np.diag(matrix), matrix.sum(0), matrix.sum(1)
    p, r = right / (guessed + 1e-8), right / (true + 1e-8)
    f = 2 * p * r / (p + r + 1e-8)
    micro_p = right[1:].sum() / (guessed[1:].sum() + 1e-8)
    micro_r = right[1:].sum() / (true[1:].sum() + 1e-8)
    means = {}
    for name, chosen in (("six", SIX), ("four", FOUR)):
        rows = [order.index(c) for c in chosen]
        with np.errstate(invalid="ignore"):
            weight = true[rows] / true[rows].sum()
        means[name] = [(x[rows] * weight).sum() for x in (p, r, f)]
    return means, [micro_p, micro_r, 2 * micro_p * micro_r / (micro_p + micro_r + 1e-8)]


@settings(max_examples=80, deadline=None)
@given(triple_sets, triple_sets)
def test_agrees_with_the_confusion_matrix_of_the_task(predicted, gold):
    means, micro = by_confusion(predicted, gold)
    found = triple_scores(predicted, gold)
    assert list(found.weighted_six) == pytest.approx(means["six"], rel=1e-12, nan_ok=True)
    assert list(found.weighted_four) == pytest.approx(means["four"], rel=1e-12, nan_ok=True)
    assert list(found.micro) == pytest.approx(micro, rel=1e-12)


def test_hand_worked():
    gold = [("a", 1, "joy", 1), ("a", 2, "joy", 1), ("a", 3, "fear", 3), ("b", 1, "anger", 1)]
    predicted = [("a", 1, "joy", 1), ("a", 2, "anger", 1), ("a", 3, "fear", 3), ("a", 3, "fear", 3)]
    found = triple_scores(predicted, gold)
    # joy: 1 of 1 right, 1 of 2 found; fear all; anger: none right, none found.
    assert found.per_category["joy"].f1 == pytest.approx(2 / 3)
    assert found.weighted_six.f1 == pytest.approx(0.5 * 2 / 3 + 0.25 * 1 + 0.25 * 0)
    assert found.weighted_four.f1 == pytest.approx(2 / 3 * 2 / 3)
    assert found.micro == pytest.approx((2 / 3, 2 / 4, 4 / 7))
    assert found.gold == {"anger": 1, "disgust": 0, "fear": 1, "joy": 2, "sadness": 0, "surprise": 0}


def test_the_same_pair_with_another_emotion_is_wrong_and_missing():
    found = triple_scores([("a", 1, "joy", 1)], [("a", 1, "anger", 1)])
    assert (found.weighted_six.f1, found.micro.f1) == (0.0, 0.0)


def test_neutral_never_counts():
    gold = [("a", 1, "joy", 1)]
    spoilt = triple_scores([*gold, ("a", 2, "neutral", 1)], [*gold, ("a", 3, "neutral", 1)])
    assert spoilt == triple_scores(gold, gold)


def test_without_gold_the_weighted_means_are_not_numbers():
    found = triple_scores([("a", 1, "joy", 1)], [])
    assert math.isnan(found.weighted_six.f1)
    assert found.micro.f1 == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: triple_scores([("a", 1, 2)], []), "emotion utterance"),
        (lambda: triple_scores([], [("a", 1, 2, "joy")]), "emotion utterance"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
