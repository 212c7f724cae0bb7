import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.metrics.pair_ranking import (
    hit_at_1,
    margin_violation,
    pair_gaps,
    pair_ranking,
    row_numbers,
)

candidate_lists = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.booleans(), st.integers(-3, 3)),
    min_size=1,
    max_size=40,
)


def columns(candidates):
    conversation, emotion, label, score = zip(*candidates, strict=True)
    return np.array(score) / 3, np.array(label), row_numbers(conversation, emotion)


@settings(max_examples=50, deadline=None)
@given(candidate_lists, st.floats(0, 1))
def test_agrees_with_a_loop_over_rows(candidates, margin):
    score, label, row = columns(candidates)
    gaps, hits = {}, []
    for utterance in {c[:2] for c in candidates}:
        members = [k for k, c in enumerate(candidates) if c[:2] == utterance]
        right = [k for k in members if label[k]]
        wrong = [score[k] for k in members if not label[k]]
        if right and wrong:
            gaps |= {k: score[k] - max(wrong) for k in right}
            hits.append(max(score[k] for k in right) > max(wrong))
    found = pair_gaps(score, label, row)
    assert found.candidate.tolist() == sorted(gaps)
    assert found.gap.tolist() == pytest.approx([gaps[k] for k in sorted(gaps)])
    assert hit_at_1(score, label, row) == pytest.approx(np.mean(hits) if hits else np.nan, nan_ok=True)
    violation = margin_violation(found.gap, margin)
    if not gaps:
        assert all(math.isnan(x) for x in violation)
        return
    short = [margin - g for g in gaps.values() if g < margin]
    assert violation.rate == pytest.approx(len(short) / len(gaps))
    assert violation.severity == pytest.approx(sum(short) / len(gaps))
    assert violation.severity_of_violations == pytest.approx(sum(short) / len(short) if short else 0.0)


def test_hand_worked():
    # Two causes of one emotion, the weaker losing to a rival; a row without rivals; one without gold.
    row = row_numbers(["a"] * 4 + ["b"] * 2, [2, 2, 2, 2, 0, 1])
    label = [1, 1, 0, 0, 1, 0]
    probability = np.array([0.9, 0.5, 0.6, 0.1, 0.2, 0.99])
    log_odds = np.log(probability / (1 - probability))
    ranking = pair_ranking(probability, log_odds, label, row)
    assert ranking.gold_pairs == 2
    assert (ranking.mean_gap, ranking.median_gap) == (pytest.approx(0.1), pytest.approx(0.1))
    assert ranking.mean_log_odds_gap == pytest.approx((math.log(9) + 0 - 2 * math.log(1.5)) / 2)
    assert ranking.at_margin == pytest.approx((0.5, 0.15, 0.3))
    assert ranking.at_zero == pytest.approx((0.5, 0.05, 0.1))
    assert ranking.hit_at_1 == 1.0


def test_a_tie_is_no_hit_and_no_error_of_ranking():
    assert hit_at_1([0.5, 0.5], [1, 0], [0, 0]) == 0.0
    assert margin_violation(pair_gaps([0.5, 0.5], [1, 0], [0, 0]).gap, 0.0).rate == 0.0


def test_same_utterance_numbers_of_two_conversations_are_apart():
    assert len(set(row_numbers(["a", "a", "b", "b"], [0, 1, 0, 1]))) == 4
    assert row_numbers([3, 3, 1], [7, 7, 7]).tolist() == [0, 0, 1]


def test_nothing_to_rank_is_not_a_number():
    ranking = pair_ranking([0.5, 0.6], [0.0, 0.4], [0, 0], [0, 0])
    assert ranking.gold_pairs == 0
    assert math.isnan(ranking.mean_gap)
    assert math.isnan(ranking.hit_at_1)
    assert math.isnan(ranking.at_margin.severity)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pair_ranking([2.0], [0.0], [1], [0]), "logits"),
        (lambda: pair_ranking([0.5, 0.5], [0.0], [1, 0], [0, 0]), "one length"),
        (lambda: pair_gaps([float("nan")], [1], [0]), "NaN"),
        (lambda: margin_violation([0.1], -0.1), "margin"),
        (lambda: row_numbers(["a"], [-1]), "0 or more"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
