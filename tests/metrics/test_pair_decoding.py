from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.metrics.pair_decoding import best_threshold


def f1_at(threshold: float, scores: list[float], gold: list[bool], gold_pairs: int) -> float:
    decoded = [is_gold for score, is_gold in zip(scores, gold, strict=True) if score >= threshold]
    return 2 * sum(decoded) / (len(decoded) + gold_pairs)


candidates = st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=1, max_size=40)


@settings(max_examples=100, deadline=None)
@given(candidates, st.integers(0, 10))
def test_no_threshold_does_better(drawn: list[tuple[int, bool]], out_of_reach: int) -> None:
    scores, gold = [s / 3 for s, _ in drawn], [g for _, g in drawn]
    gold_pairs = sum(gold) + out_of_reach
    f1, threshold = best_threshold(np.array(scores), np.array(gold), gold_pairs)
    assert f1 == pytest.approx(max(f1_at(s, scores, gold, gold_pairs) for s in scores))
    assert f1_at(threshold, scores, gold, gold_pairs) == pytest.approx(f1)


def test_equal_scores_are_decoded_together() -> None:
    # Between the two equal scores the gold one alone would give 1.0, but no threshold parts them.
    assert best_threshold(np.array([0.7, 0.7]), np.array([True, False]), 1) == (2 / 3, 0.7)


def test_gold_out_of_reach_costs_recall() -> None:
    scores, gold = np.array([0.9, 0.1]), np.array([True, False])
    assert best_threshold(scores, gold, 1)[0] == 1.0
    assert best_threshold(scores, gold, 3)[0] == 0.5


def test_without_candidates_there_is_no_threshold() -> None:
    with pytest.raises(ValueError, match="without candidate pairs"):
        best_threshold(np.zeros(0), np.zeros(0, dtype=bool), 3)
