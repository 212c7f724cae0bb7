import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from heartsay.metrics import selective as sl

answered = st.lists(
    st.tuples(st.integers(0, 10).map(lambda tenth: tenth / 10), st.booleans()), min_size=1, max_size=50
)


def columns(rows):
    confidence, correct = zip(*rows, strict=True)
    return np.array(confidence), np.array(correct)


def test_hand_worked():
    confidence, correct = [0.9, 0.8, 0.8, 0.1], [True, False, True, False]
    coverages, risks = sl.risk_coverage_curve(confidence, correct)
    assert coverages.tolist() == [0.25, 0.75, 1.0]
    assert risks.tolist() == [0.0, pytest.approx(1 / 3), 0.5]
    # After the first, half an error is expected among two, a whole one among three.
    assert sl.aurc(confidence, correct) == pytest.approx((0 + 0.5 / 2 + 1 / 3 + 2 / 4) / 4)


@settings(max_examples=30, deadline=None)
@given(answered, st.integers(0, 2**32 - 1))
def test_ties_are_scored_as_the_average_over_their_orders(rows, seed):
    confidence, correct = columns(rows)
    random = np.random.default_rng(seed)
    totals = []
    for _ in range(400):
        order = np.lexsort((random.random(len(rows)), -np.asarray(confidence)))
        errors = np.cumsum(~correct[order])
        totals.append((errors / np.arange(1, len(rows) + 1)).mean())
    error = 5 * np.std(totals) / 20 + 1e-9
    assert sl.aurc(confidence, correct) == pytest.approx(np.mean(totals), abs=error)


@settings(max_examples=50, deadline=None)
@given(answered, st.randoms())
def test_bounds_and_order(rows, random):
    confidence, correct = columns(rows)
    shuffled = list(rows)
    random.shuffle(shuffled)
    area = sl.aurc(confidence, correct)
    assert 0.0 <= area <= 1.0
    assert area == pytest.approx(sl.aurc(*columns(shuffled)))
    coverages, risks = sl.risk_coverage_curve(confidence, correct)
    assert coverages[-1] == 1.0
    assert (np.diff(coverages) > 0).all()
    assert risks[-1] == pytest.approx(1 - correct.mean())


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=50))
def test_best_worst_and_no_confidence(correct):
    correct = np.array(correct)
    perfect, backwards = correct.astype(float), 1.0 - correct
    assert sl.aurc(np.full(len(correct), 0.3), correct) == pytest.approx(1 - correct.mean())
    assert sl.aurc(perfect, correct) <= sl.aurc(backwards, correct)


def test_misclassification_scores_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    confidence = rng.random(200).round(1)
    correct = rng.random(200) < confidence
    assert sl.misclassification_auroc(confidence, correct) == pytest.approx(
        roc_auc_score(correct, confidence)
    )
    assert sl.misclassification_average_precision(confidence, correct) == pytest.approx(
        average_precision_score(~correct, 1 - confidence)
    )
    assert math.isnan(sl.misclassification_auroc([0.5], [True]))


def test_logits_are_refused():
    with pytest.raises(ValueError, match="logits"):
        sl.aurc([3.2, -1.0], [True, False])
    with pytest.raises(ValueError, match="one length"):
        sl.risk_coverage_curve([0.5], [True, False])
