import numpy as np
import pytest

from heartsay.metrics import bootstrap as module
from heartsay.metrics.bootstrap import PairedRun, bootstrap_interval, paired_bootstrap_over_runs
from heartsay.metrics.classification import confusion_matrix, weighted_f1, weighted_f1_from_confusion
from heartsay.metrics.pairs import f1_from_counts
from heartsay.metrics.resampling import resampled_mean, resampled_weighted_f1
from heartsay.metrics.student import meant_tail


def labelled(seed=0, conversations=60, skill=(0.6, 0.5), length=10):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(conversations), length)
    gold = rng.integers(0, 7, len(group))
    guesses = [np.where(rng.random(len(group)) < s, gold, rng.integers(0, 7, len(group))) for s in skill]
    return group, gold, guesses


def by_selection(metric):
    """Any metric of a selection as one of counts: slow, and plain enough to compare with."""

    def score(counts):
        picks = (np.repeat(np.arange(counts.shape[1]), row) for row in counts)
        return np.array([metric(pick) if len(pick) else np.nan for pick in picks])

    return score


def by_sums(first, second, metric, **settings):
    """Compare by a metric of what conversations sum to, (K, ...), as of confusion matrices."""

    def scorer(statistics):
        return lambda drawn: metric(np.tensordot(drawn.astype(float), statistics, axes=1))

    run = PairedRun(np.arange(len(first)), scorer(first), scorer(second))
    return paired_bootstrap_over_runs([run], **settings)


def confusions(group, gold, guess):
    return np.stack([confusion_matrix(gold[group == k], guess[group == k], 7) for k in np.unique(group)])


def test_sums_of_conversations_and_selected_utterances_agree():
    group, gold, (first, second) = labelled()
    summed = by_sums(
        confusions(group, gold, first),
        confusions(group, gold, second),
        weighted_f1_from_confusion,
        draws=600,
        seed=3,
    )
    run = PairedRun(
        group,
        by_selection(lambda index: weighted_f1(gold[index], first[index], 7)),
        by_selection(lambda index: weighted_f1(gold[index], second[index], 7)),
    )
    np.testing.assert_allclose(summed, paired_bootstrap_over_runs([run], draws=600, seed=3))
    assert summed.difference == pytest.approx(weighted_f1(gold, first, 7) - weighted_f1(gold, second, 7))


def test_a_real_difference_is_found_and_its_sign_follows_the_order():
    group, gold, (first, second) = labelled(skill=(0.8, 0.4))
    a, b = confusions(group, gold, first), confusions(group, gold, second)
    forward = by_sums(a, b, weighted_f1_from_confusion, draws=1000)
    backward = by_sums(b, a, weighted_f1_from_confusion, draws=1000)
    assert 0 < forward.low < forward.difference < forward.high
    assert forward.p_value == pytest.approx(2 * meant_tail(1 / 1001, 60))  # no draw against it
    assert backward.difference == -forward.difference
    assert (backward.low, backward.high) == pytest.approx((-forward.high, -forward.low))


def test_a_system_against_itself_is_no_difference():
    group, gold, (first, _) = labelled()
    a = confusions(group, gold, first)
    result = by_sums(a, a, weighted_f1_from_confusion, draws=200)
    assert result == (0.0, 0.0, 0.0, 1.0)


def test_same_seed_same_result_other_seed_another():
    counts = np.random.default_rng(1).integers(0, 5, (2, 30, 3)).astype(float)
    first = by_sums(*counts, f1_from_counts, draws=300, seed=5)
    assert first == by_sums(*counts, f1_from_counts, draws=300, seed=5)
    assert first != by_sums(*counts, f1_from_counts, draws=300, seed=6)


def mean(sums):
    return sums[:, 0] / sums[:, 1]


def test_interval_is_that_of_theory_when_utterances_move_together():
    """Whole conversations are right or wrong: the interval must know 100 opinions, not 1000."""
    rng = np.random.default_rng(2)
    right = rng.random(100) < 0.7
    a = np.c_[right * 10.0, np.full(100, 10.0)]
    b = np.c_[np.zeros(100), np.full(100, 10.0)]
    result = by_sums(a, b, mean, draws=4000)
    half = 1.96 * np.sqrt(right.mean() * (1 - right.mean()) / 100)
    assert (result.high - result.low) / 2 == pytest.approx(half, rel=0.1)


def test_p_value_is_honest_where_nothing_differs():
    rng = np.random.default_rng(4)
    small = 0
    for trial in range(200):
        effect = rng.normal(size=(2, 40)) / 3 + rng.normal(size=40)
        a, b = (np.c_[e, np.ones(40)] for e in effect)
        small += by_sums(a, b, mean, draws=300, seed=trial).p_value <= 0.1
    assert 0.04 <= small / 200 <= 0.18


@pytest.mark.parametrize(("conversations", "most"), [(5, 0.07), (10, 0.08), (20, 0.08)])
def test_few_conversations_do_not_make_a_difference_of_luck(conversations, most):
    """A bare percentile bootstrap calls 16% and 8% of these different at 5%."""
    rng = np.random.default_rng(conversations)
    null = [mean_run(np.arange(conversations), rng.normal(size=conversations)) for _ in range(400)]
    found = [
        paired_bootstrap_over_runs([run], draws=400, seed=k).p_value <= 0.05 for k, run in enumerate(null)
    ]
    assert np.mean(found) <= most


def test_an_interval_over_few_groups_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(3)
    held = 0
    for trial in range(300):
        found = bootstrap_interval(resampled_mean(rng.normal(size=8)), np.arange(8), draws=500, seed=trial)
        held += found.low <= 0.0 <= found.high
    assert held / 300 >= 0.925


def f1_run(seed=0, **settings):
    group, gold, guesses = labelled(seed, **settings)
    return PairedRun(group, *(resampled_weighted_f1(gold, guess, 7) for guess in guesses))


def mean_run(ids, effect):
    return PairedRun(ids, resampled_mean(effect), resampled_mean(np.zeros(len(effect))))


def test_weighted_f1_of_utterances_is_that_of_summed_confusions():
    group, gold, (first, second) = labelled()
    summed = by_sums(
        confusions(group, gold, first),
        confusions(group, gold, second),
        weighted_f1_from_confusion,
        draws=600,
        seed=3,
    )
    np.testing.assert_allclose(paired_bootstrap_over_runs([f1_run()], draws=600, seed=3), summed)


def test_difference_is_the_mean_over_runs_and_memory_does_not_change_the_draws(monkeypatch):
    runs = [f1_run(seed, skill=(0.7, 0.5)) for seed in range(3)]
    single = [paired_bootstrap_over_runs([run], draws=10).difference for run in runs]
    result = paired_bootstrap_over_runs(runs, draws=300)
    assert result.difference == pytest.approx(np.mean(single))
    assert 0 < result.low < result.difference < result.high
    monkeypatch.setattr(module, "CELLS", 10_000)
    assert paired_bootstrap_over_runs(runs, draws=300) == result


def test_the_same_conversations_under_five_seeds_are_not_five_test_sets():
    """Seeds that agree add nothing; folds of other conversations do."""
    effect = np.random.default_rng(0).normal(size=40)
    same = [mean_run(np.arange(40), effect) for _ in range(5)]
    folds = [mean_run(np.arange(40) + 40 * fold, effect) for fold in range(5)]
    one, five, wide = (
        paired_bootstrap_over_runs(runs, resample_runs=False, draws=2000) for runs in (same[:1], same, folds)
    )
    np.testing.assert_allclose(five, one)
    assert (wide.high - wide.low) == pytest.approx((one.high - one.low) / 5**0.5, rel=0.1)


def test_a_difference_that_hangs_on_the_seed_is_not_claimed_for_new_ones():
    ids = np.arange(60)
    noise = np.random.default_rng(1).normal(size=60) / 10
    runs = [mean_run(ids, noise + shift) for shift in (1.0, -0.8, 0.9, -0.7, 0.6)]
    assert paired_bootstrap_over_runs(runs, resample_runs=False).p_value < 0.01
    assert paired_bootstrap_over_runs(runs).p_value > 0.2


def test_over_runs_p_value_is_honest_where_nothing_differs():
    rng = np.random.default_rng(6)
    small = 0
    for _ in range(200):
        effects = rng.normal(size=(5, 40)) + rng.normal(size=40) + rng.normal(size=(5, 1)) / 10
        runs = [mean_run(np.arange(40), effect) for effect in effects]
        small += paired_bootstrap_over_runs(runs, draws=200).p_value <= 0.1
    assert 0.03 <= small / 200 <= 0.18


def test_a_run_that_a_draw_leaves_empty_is_left_out():
    runs = [mean_run(np.array(["a"]), [1.0]), mean_run(np.array(["b"]), [3.0])]
    result = paired_bootstrap_over_runs(runs, resample_runs=False, draws=200)
    assert (result.difference, result.low, result.high) == (2.0, 1.0, 3.0)


def test_undefined_draws_speak_against_a_difference():
    """A metric that some draws leave undefined must not gain significance by them."""
    ids, positive = np.arange(3), np.array([1, 0, 0])

    def score(picked):
        return 1.0 if positive[picked].any() else np.nan

    run = PairedRun(ids, by_selection(score), resampled_mean(np.zeros(3)))
    result = paired_bootstrap_over_runs([run], draws=300)
    assert result[:3] == (1.0, 1.0, 1.0)
    assert result.p_value == pytest.approx(2 * (2 / 3) ** 3, abs=0.15)
    nowhere = PairedRun(ids, by_selection(lambda picked: np.nan), resampled_mean(np.zeros(3)))
    assert paired_bootstrap_over_runs([nowhere], draws=20).p_value == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: by_sums(np.ones((1, 2)), np.ones((1, 2)), mean), "two conversations"),
        (lambda: by_sums(np.ones((3, 2)), np.ones((3, 2)), mean, level=95), "level"),
        (lambda: by_sums(np.ones((3, 2)), np.ones((3, 2)), mean, draws=0), "draws"),
        (lambda: paired_bootstrap_over_runs([]), "at least one run"),
        (lambda: paired_bootstrap_over_runs([mean_run([0, 0], [1.0, 2.0])]), "two conversations"),
        (lambda: paired_bootstrap_over_runs([mean_run([0, 1], [1.0, 2.0, 3.0])]), "3 utterances"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_an_interval_is_as_wide_as_theory_has_it():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(200), 5)
    values = (rng.normal(0, 1, 200)[group] + rng.normal(0, 0.1, 1000)) / 2
    found = bootstrap_interval(resampled_mean(values), group, draws=2000)
    error = values.reshape(200, 5).mean(1).std() / np.sqrt(200)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)
    alone = bootstrap_interval(resampled_mean(values), np.arange(1000), draws=2000)
    assert alone.high - alone.low < 0.7 * (found.high - found.low), "members of a group are no new evidence"


def test_a_score_that_no_draw_gives_has_no_interval():
    found = bootstrap_interval(lambda counts: np.full(len(counts), np.nan), [1, 2], draws=10)
    assert np.isnan(found).all()
    with pytest.raises(ValueError, match="at least two"):
        bootstrap_interval(resampled_mean([1.0, 0.0]), [1, 1])
    with pytest.raises(ValueError, match="level"):
        bootstrap_interval(resampled_mean([1.0, 0.0]), [1, 2], level=1.0)
