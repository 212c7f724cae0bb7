import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score
from sklearn.metrics import confusion_matrix as sklearn_confusion

from heartsay.metrics import classification as cl

CLASSES = 7
MELD_TEST_COUNTS = (1256, 281, 50, 208, 402, 68, 345)

labelled = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=80)


@settings(max_examples=50, deadline=None)
@given(labelled)
def test_agrees_with_scikit_learn(rows):
    gold, guess = np.array(rows).T
    every = list(range(7))
    assert cl.weighted_f1(gold, guess, CLASSES) == pytest.approx(
        f1_score(gold, guess, labels=every, average="weighted", zero_division=0)
    )
    assert cl.macro_f1(gold, guess, CLASSES) == pytest.approx(
        f1_score(gold, guess, labels=every, average="macro", zero_division=0)
    )
    np.testing.assert_allclose(
        cl.per_class_f1(gold, guess, CLASSES),
        f1_score(gold, guess, labels=every, average=None, zero_division=0),
    )
    np.testing.assert_array_equal(
        cl.confusion_matrix(gold, guess, CLASSES), sklearn_confusion(gold, guess, labels=every)
    )
    assert cl.accuracy(gold, guess, CLASSES) == pytest.approx(accuracy_score(gold, guess))


@settings(max_examples=30, deadline=None)
@given(labelled, st.permutations(range(7)), st.randoms())
def test_order_of_utterances_and_names_of_classes_do_not_matter(rows, renaming, random):
    gold, guess = np.array(rows).T
    shuffled = list(rows)
    random.shuffle(shuffled)
    new_gold, new_guess = np.array(renaming)[np.array(shuffled)].T
    assert cl.weighted_f1(new_gold, new_guess, CLASSES) == pytest.approx(cl.weighted_f1(gold, guess, CLASSES))
    assert cl.macro_f1(new_gold, new_guess, CLASSES) == pytest.approx(cl.macro_f1(gold, guess, CLASSES))


def test_hand_worked():
    gold, guess = [0, 0, 0, 1], [0, 0, 1, 1]  # F1 of 0: 2*2/(3+2)=.8; of 1: 2*1/(1+2)=2/3
    np.testing.assert_allclose(cl.per_class_f1(gold, guess, classes=2), [0.8, 2 / 3])
    assert cl.weighted_f1(gold, guess, classes=2) == pytest.approx((3 * 0.8 + 2 / 3) / 4)
    assert cl.macro_f1(gold, guess, classes=2) == pytest.approx((0.8 + 2 / 3) / 2)
    assert cl.accuracy(gold, guess, classes=2) == 0.75


def test_majority_floor_of_meld_test_is_the_known_one():
    gold = np.repeat(np.arange(7), MELD_TEST_COUNTS)
    assert cl.majority_class_floor(gold, CLASSES) == pytest.approx(0.313, abs=5e-4)
    assert cl.majority_class_floor(gold, CLASSES, majority=4) < cl.majority_class_floor(gold, CLASSES)


def test_confusions_score_in_batches():
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 9, (5, 7, 7))
    together = cl.weighted_f1_from_confusion(stack)
    assert together.shape == (5,)
    np.testing.assert_allclose(together, [float(cl.weighted_f1_from_confusion(one)) for one in stack])


@pytest.mark.parametrize(
    ("gold", "guess", "message"),
    [
        ([0, 1], [0], "one length"),
        ([], [], "non-empty"),
        ([0, 7], [0, 1], r"0\.\.6"),
        ([0, -1], [0, 1], r"0\.\.6"),
        ([0.0, 1.0], [0, 1], "whole-number"),
        ([[0, 1]], [[0, 1]], "vector"),
    ],
)
def test_bad_input_is_refused(gold, guess, message):
    with pytest.raises(ValueError, match=message):
        cl.weighted_f1(gold, guess, CLASSES)


def test_recall_is_averaged_over_the_classes_that_occur() -> None:
    gold, guess = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 2]
    assert cl.unweighted_average_recall(gold, guess, 5) == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
