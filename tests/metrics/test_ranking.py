import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from undertone.metrics.ranking import auroc, average_precision

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
