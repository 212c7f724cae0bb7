import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score
from torchmetrics.functional.classification import multiclass_auroc, multiclass_average_precision

from heartsay.metrics.ranking import (
    auroc,
    average_precision,
    weighted_one_vs_rest_auroc,
    weighted_one_vs_rest_average_precision,
)

# Few distinct scores, so that most examples have ties.
scored = st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: 0 < sum(positive for _, positive in rows) < len(rows)
)


@settings(max_examples=60, deadline=None)
@given(scored)
def test_agrees_with_scikit_learn(rows):
    scores, positive = np.array(rows).T
    assert auroc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))
    assert average_precision(scores, positive) == pytest.approx(average_precision_score(positive, scores))


@settings(max_examples=30, deadline=None)
@given(scored)
def test_only_the_order_of_scores_matters(rows):
    scores, positive = np.array(rows).T
    assert auroc(np.exp(scores), positive) == pytest.approx(auroc(scores, positive))
    assert auroc(-scores, positive) == pytest.approx(1 - auroc(scores, positive))
    assert average_precision(np.exp(scores), positive) == pytest.approx(average_precision(scores, positive))


def test_undefined_is_nan():
    assert math.isnan(auroc([0.1, 0.2], [True, True]))
    assert math.isnan(auroc([0.1, 0.2], [False, False]))
    assert math.isnan(average_precision([0.1, 0.2], [False, False]))


def test_nan_scores_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        auroc([0.1, np.nan], [True, False])


def readings(n=400, classes=7, seed=0):
    rng = np.random.default_rng(seed)
    gold = rng.choice(classes, n, p=np.arange(1, classes + 1) / (classes * (classes + 1) / 2))
    logits = rng.normal(size=(n, classes))
    logits[np.arange(n), gold] += 1.0
    rows = np.exp(logits)
    return rows / rows.sum(axis=1, keepdims=True), gold


def test_one_vs_rest_agrees_with_scikit_learn_and_torchmetrics():
    rows, gold = readings()
    area, precision = (
        weighted_one_vs_rest_auroc(rows, gold),
        weighted_one_vs_rest_average_precision(rows, gold),
    )
    assert area == pytest.approx(roc_auc_score(gold, rows, multi_class="ovr", average="weighted"))
    assert precision == pytest.approx(average_precision_score(np.eye(7)[gold], rows, average="weighted"))
    tensors = torch.tensor(rows), torch.tensor(gold)
    assert area == pytest.approx(float(multiclass_auroc(*tensors, 7, average="weighted")), abs=1e-5)
    assert precision == pytest.approx(
        float(multiclass_average_precision(*tensors, 7, average="weighted")), abs=1e-5
    )


def test_absent_classes_are_left_out():
    rows, gold = readings()
    kept = gold != 2
    rows, gold = rows[kept], gold[kept]
    names = [c for c in range(7) if c != 2]
    support = [(gold == c).sum() for c in names]
    areas = [roc_auc_score(gold == c, rows[:, c]) for c in names]
    precisions = [average_precision_score(gold == c, rows[:, c]) for c in names]
    assert weighted_one_vs_rest_auroc(rows, gold) == pytest.approx(np.average(areas, weights=support))
    assert weighted_one_vs_rest_average_precision(rows, gold) == pytest.approx(
        np.average(precisions, weights=support)
    )


def test_one_class_only_has_no_rest():
    assert math.isnan(weighted_one_vs_rest_auroc([[0.4, 0.6], [0.5, 0.5]], [1, 1]))
    assert weighted_one_vs_rest_average_precision([[0.4, 0.6], [0.5, 0.5]], [1, 1]) == 1.0


def test_chance_is_a_half_and_the_sum_of_squared_shares():
    """The test split of MELD: a score that knows nothing, whatever it is, has these two floors."""
    support = np.array([1256, 281, 50, 208, 402, 68, 345])
    gold = np.repeat(np.arange(7), support)
    rows = np.tile(support / support.sum(), (len(gold), 1))
    assert weighted_one_vs_rest_auroc(rows, gold) == pytest.approx(0.5)
    assert weighted_one_vs_rest_average_precision(rows, gold) == pytest.approx(0.2918, abs=5e-5)


def test_one_vs_rest_refuses_what_is_no_distribution():
    with pytest.raises(ValueError, match="sum to 1"):
        weighted_one_vs_rest_auroc([[0.5, 0.2]], [0])
    with pytest.raises(ValueError, match="one length"):
        weighted_one_vs_rest_average_precision([[0.5, 0.5]], [0, 1])
