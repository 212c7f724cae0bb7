import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score

from heartsay.metrics import pairs as pm

pair_sets = st.sets(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.integers(0, 3)), max_size=20)


def test_hand_worked():
    gold = [("a", 1, 0), ("a", 1, 1), ("a", 2, 3), ("b", 0, 0)]  # ("a", 2, 3) is a future cause
    predicted = [("a", 1, 0), ("a", 1, 0), ("b", 0, 0), ("b", 1, 1)]  # one duplicate
    score = pm.pair_precision_recall_f1(predicted, gold)
    assert score.precision == pytest.approx(2 / 3)
    assert score.recall == pytest.approx(2 / 4)
    assert score.f1 == pytest.approx(4 / 7)


@settings(max_examples=50, deadline=None)
@given(pair_sets, pair_sets)
def test_f1_is_that_of_flags_over_all_cells(predicted, gold):
    cells = [(c, i, j) for c in "ab" for i in range(4) for j in range(4)]
    oracle = f1_score([x in gold for x in cells], [x in predicted for x in cells], zero_division=0)
    forward = pm.pair_precision_recall_f1(predicted, gold)
    backward = pm.pair_precision_recall_f1(gold, predicted)
    assert forward.f1 == pytest.approx(oracle)
    assert (forward.precision, forward.recall) == (backward.recall, backward.precision)
    counts = pm.pair_counts(predicted, gold, "ab")
    assert float(pm.f1_from_counts(counts.sum(axis=0))) == pytest.approx(oracle)


def test_nothing_to_find_or_nothing_found_scores_zero():
    assert pm.pair_precision_recall_f1([], [("a", 0, 0)]) == (0.0, 0.0, 0.0)
    assert pm.pair_precision_recall_f1([("a", 0, 0)], []) == (0.0, 0.0, 0.0)
    assert pm.pair_precision_recall_f1([], []) == (0.0, 0.0, 0.0)


def test_average_precision_groups_ties():
    rng = np.random.default_rng(0)
    probability = rng.random(300).round(1)
    label = rng.random(300) < probability
    assert pm.pair_average_precision(probability, label) == pytest.approx(
        average_precision_score(label, probability)
    )


def test_missed_gold_costs_exactly_what_it_cannot_recall():
    probability, label = np.r_[np.ones(10), np.zeros(90)], np.r_[np.ones(10), np.zeros(90)]
    assert pm.pair_average_precision(probability, label) == 1.0
    assert pm.pair_average_precision(probability, label, missed_gold=10) == 0.5  # its ceiling
    assert pm.pair_average_precision([0.3, 0.2], [0, 0], missed_gold=3) == 0.0


def test_self_pair_floor():
    gold = [("a", 0, 0), ("a", 2, 1)]
    assert pm.self_pair_floor({"a": 3, "b": 1}, gold) == (0.25, 0.5, pytest.approx(2 / 6))


def test_emotion_has_two_definitions_that_differ():
    # Utterance 3 is an emotion without a cause: the head definition counts it, the projected one cannot.
    gold_pairs, predicted_pairs = [("a", 1, 0)], [("a", 1, 1), ("a", 2, 0)]
    by_head = pm.non_neutral_precision_recall_f1([0, 4, 0, 6], [0, 6, 2, 0])
    assert by_head == (0.5, 0.5, 0.5)
    assert pm.pair_projected_emotion(predicted_pairs, gold_pairs) == (0.5, 1.0, pytest.approx(2 / 3))


def test_cause_has_two_definitions_that_differ():
    gold_pairs, predicted_pairs = [("a", 1, 0), ("a", 2, 0)], [("a", 1, 1), ("a", 2, 0)]
    assert pm.pair_projected_cause(predicted_pairs, gold_pairs) == (0.5, 1.0, pytest.approx(2 / 3))
    by_head = pm.non_neutral_precision_recall_f1([1, 0, 0], [1, 0, 0])
    assert by_head == (1.0, 1.0, 1.0)


def test_same_utterance_numbers_of_two_conversations_are_apart():
    assert pm.pair_precision_recall_f1([("a", 1, 0)], [("b", 1, 0)]).f1 == 0.0
    assert pm.pair_projected_emotion([("a", 1, 0)], [("b", 1, 0)]).f1 == 0.0


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="emotion utterance"):
        pm.pair_precision_recall_f1([(1, 0)], [])
    with pytest.raises(ValueError, match="logits"):
        pm.pair_average_precision([-2.0, 3.0], [0, 1])
    with pytest.raises(ValueError, match="missed_gold"):
        pm.pair_average_precision([0.5], [1], missed_gold=-1)
    with pytest.raises(KeyError):
        pm.pair_counts([("c", 0, 0)], [], ["a"])
