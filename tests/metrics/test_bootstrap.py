import numpy as np
import pytest

from undertone.metrics import confusion_matrix, f1_from_counts, weighted_f1, weighted_f1_from_confusion
from undertone.metrics.bootstrap import paired_bootstrap, paired_bootstrap_indices


def labelled(seed=0, conversations=60, skill=(0.6, 0.5), length=10):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(conversations), length)
    gold = rng.integers(0, 7, len(group))
    guesses = [np.where(rng.random(len(group)) < s, gold, rng.integers(0, 7, len(group))) for s in skill]
    return group, gold, guesses


def confusions(group, gold, guess):
    return np.stack([confusion_matrix(gold[group == k], guess[group == k]) for k in np.unique(group)])


def test_both_roads_agree():
    group, gold, (first, second) = labelled()
    by_sums = paired_bootstrap(
        confusions(group, gold, first),
        confusions(group, gold, second),
        weighted_f1_from_confusion,
        draws=600,
        seed=3,
    )
    by_indices = paired_bootstrap_indices(
        group,
        lambda index: weighted_f1(gold[index], first[index]),
        lambda index: weighted_f1(gold[index], second[index]),
        draws=600,
        seed=3,
    )
    np.testing.assert_allclose(by_sums, by_indices)
    assert by_sums.difference == pytest.approx(weighted_f1(gold, first) - weighted_f1(gold, second))


def test_a_real_difference_is_found_and_its_sign_follows_the_order():
    group, gold, (first, second) = labelled(skill=(0.8, 0.4))
    a, b = confusions(group, gold, first), confusions(group, gold, second)
    forward = paired_bootstrap(a, b, weighted_f1_from_confusion, draws=1000)
    backward = paired_bootstrap(b, a, weighted_f1_from_confusion, draws=1000)
    assert 0 < forward.low < forward.difference < forward.high
    assert forward.p_value == pytest.approx(2 / 1001)
    assert backward.difference == -forward.difference
    assert (backward.low, backward.high) == pytest.approx((-forward.high, -forward.low))


def test_a_system_against_itself_is_no_difference():
    group, gold, (first, _) = labelled()
    a = confusions(group, gold, first)
    result = paired_bootstrap(a, a, weighted_f1_from_confusion, draws=200)
    assert result == (0.0, 0.0, 0.0, 1.0)


def test_same_seed_same_result_other_seed_another():
    counts = np.random.default_rng(1).integers(0, 5, (2, 30, 3)).astype(float)
    first = paired_bootstrap(*counts, f1_from_counts, draws=300, seed=5)
    assert first == paired_bootstrap(*counts, f1_from_counts, draws=300, seed=5)
    assert first != paired_bootstrap(*counts, f1_from_counts, draws=300, seed=6)


def mean(sums):
    return sums[:, 0] / sums[:, 1]


def test_interval_is_that_of_theory_when_utterances_move_together():
    """Whole conversations are right or wrong: the interval must know 100 opinions, not 1000."""
    rng = np.random.default_rng(2)
    right = rng.random(100) < 0.7
    a = np.c_[right * 10.0, np.full(100, 10.0)]
    b = np.c_[np.zeros(100), np.full(100, 10.0)]
    result = paired_bootstrap(a, b, mean, draws=4000)
    half = 1.96 * np.sqrt(right.mean() * (1 - right.mean()) / 100)
    assert (result.high - result.low) / 2 == pytest.approx(half, rel=0.1)


def test_p_value_is_honest_where_nothing_differs():
    rng = np.random.default_rng(4)
    small = 0
    for trial in range(200):
        effect = rng.normal(size=(2, 40)) / 3 + rng.normal(size=40)
        a, b = (np.c_[e, np.ones(40)] for e in effect)
        small += paired_bootstrap(a, b, mean, draws=300, seed=trial).p_value <= 0.1
    assert 0.04 <= small / 200 <= 0.18


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: paired_bootstrap(np.ones((1, 2)), np.ones((1, 2)), mean), "two conversations"),
        (lambda: paired_bootstrap(np.ones((3, 2)), np.ones((4, 2)), mean), "one shape"),
        (lambda: paired_bootstrap(np.full((3, 2), np.nan), np.ones((3, 2)), mean), "NaN"),
        (lambda: paired_bootstrap(np.ones((3, 2)), np.ones((3, 2)), mean, level=95), "level"),
        (lambda: paired_bootstrap(np.ones((3, 2)), np.ones((3, 2)), mean, draws=0), "draws"),
        (lambda: paired_bootstrap_indices([0, 0], len, len), "two conversations"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
