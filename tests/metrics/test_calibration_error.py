import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss
from torchmetrics.functional.classification import binary_calibration_error, multiclass_calibration_error

from heartsay.metrics import calibration_error as ce

NORMS = ("l1", "l2", "max")
scored = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def random_distributions(seed, n=400, classes=7):
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(classes, 0.4), n)
    return rows, rng.integers(0, classes, n)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n_bins", [5, 10, 15])
def test_top_label_error_agrees_with_torchmetrics(norm, n_bins):
    rows, gold = random_distributions(n_bins)
    oracle = multiclass_calibration_error(
        torch.tensor(rows), torch.tensor(gold), num_classes=7, n_bins=n_bins, norm=norm
    )
    ours = ce.expected_calibration_error(*ce.top_label(rows, gold), n_bins=n_bins, norm=norm)
    assert ours == pytest.approx(float(oracle), abs=1e-5)


@pytest.mark.parametrize("norm", NORMS)
def test_pair_error_agrees_with_torchmetrics(norm):
    rng = np.random.default_rng(3)
    probability = rng.beta(0.5, 3, 900)
    label = rng.random(900) < probability**1.3
    # torchmetrics bins the probability of class 1 and compares it with the share of class 1, as we do.
    oracle = binary_calibration_error(torch.tensor(probability), torch.tensor(label).long(), 15, norm)
    ours = ce.expected_calibration_error(probability, label, norm=norm)
    assert ours == pytest.approx(float(oracle), abs=1e-5)


@pytest.mark.parametrize("n_bins", [5, 10, 15])
def test_both_binnings_agree_with_netcal(n_bins):
    netcal = pytest.importorskip("netcal.metrics")
    rng = np.random.default_rng(n_bins)
    # Without ties and of a size that the bins divide, so that bins of equal mass are beyond dispute.
    confidence = rng.permutation(np.linspace(0.02, 0.98, 900))
    correct = rng.random(900) < confidence**1.3
    for equal_width, error in ((True, ce.expected_calibration_error), (False, ce.adaptive_calibration_error)):
        for norm, oracle in (("l1", netcal.ECE), ("max", netcal.MCE)):
            measured = oracle(n_bins, equal_intervals=equal_width).measure(confidence, correct.astype(int))
            assert error(confidence, correct, n_bins, norm) == pytest.approx(measured, abs=1e-9)


def test_confidence_of_exactly_one_shares_the_last_bin():
    bins = ce.reliability_bins([1.0, 0.95, 0.0], [True, False, False], n_bins=10)
    assert bins.counts.tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert bins.accuracy[-1] == 0.5
    assert bins.mean_confidence[-1] == pytest.approx(0.975)
    assert np.isnan(bins.accuracy[1])


def test_bins_are_closed_below():
    bins = ce.reliability_bins([0.5, 0.25, 0.7499], [True, True, True], n_bins=4)
    assert bins.edges.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert bins.counts.tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize("n_bins", [5, 10, 15, 20, 30])
def test_a_confidence_on_an_edge_is_in_the_bin_above_it(n_bins):
    on_edges = np.array([k / n_bins for k in range(n_bins)])
    bins = ce.reliability_bins(on_edges, np.ones(n_bins, bool), n_bins)
    assert bins.counts.tolist() == [1] * n_bins
    assert bins.edges[:-1].tolist() == on_edges.tolist()


def test_hand_worked_norms():
    confidence, correct = [0.9, 0.9, 0.9, 0.6], [True, True, False, False]
    # bins of 10: [.9,1): gap |.9 - 2/3| with mass 3/4; [.6,.7): gap .6 with mass 1/4
    a, b = 0.9 - 2 / 3, 0.6
    assert ce.expected_calibration_error(confidence, correct, 10) == pytest.approx(0.75 * a + 0.25 * b)
    assert ce.expected_calibration_error(confidence, correct, 10, "l2") == pytest.approx(
        (0.75 * a**2 + 0.25 * b**2) ** 0.5
    )
    assert ce.expected_calibration_error(confidence, correct, 10, "max") == pytest.approx(b)


@settings(max_examples=50, deadline=None)
@given(scored, st.integers(1, 20))
def test_errors_stay_in_range_and_norms_are_ordered(rows, n_bins):
    confidence, correct = zip(*rows, strict=True)
    for error in (ce.expected_calibration_error, ce.adaptive_calibration_error):
        l1, l2, largest = (error(confidence, correct, n_bins, norm) for norm in NORMS)
        assert 0.0 <= l1 <= l2 + 1e-12
        assert l2 <= largest + 1e-12
        assert largest <= 1.0


@settings(max_examples=50, deadline=None)
@given(scored, st.randoms())
def test_order_does_not_matter_even_with_ties(rows, random):
    rows = [(round(confidence, 1), correct) for confidence, correct in rows]
    shuffled = list(rows)
    random.shuffle(shuffled)
    for error in (ce.expected_calibration_error, ce.adaptive_calibration_error):
        assert error(*zip(*shuffled, strict=True)) == pytest.approx(error(*zip(*rows, strict=True)))


def test_adaptive_bins_have_equal_mass():
    confidence = np.array([0.01, 0.02, 0.03, 0.04, 0.5, 0.9])
    correct = np.array([0, 0, 0, 1, 1, 1])
    # two bins of three: |.02 - 0| and |.48 - 1|
    assert ce.adaptive_calibration_error(confidence, correct, 2) == pytest.approx(0.5 * 0.02 + 0.5 * 0.52)


def test_perfectly_calibrated_simulation_has_small_errors():
    rng = np.random.default_rng(5)
    confidence = rng.random(200_000)
    correct = rng.random(200_000) < confidence
    assert ce.expected_calibration_error(confidence, correct) < 0.005
    assert ce.adaptive_calibration_error(confidence, correct) < 0.005


def test_classwise_error_sees_what_top_label_hides():
    # The top class is calibrated; the mass that is left is given to the wrong one of two rare classes.
    rows = np.tile([0.6, 0.4, 0.0], (10, 1))
    gold = np.array([0] * 6 + [2] * 4)
    assert ce.expected_calibration_error(*ce.top_label(rows, gold)) == pytest.approx(0.0, abs=1e-12)
    assert ce.classwise_calibration_error(rows, gold) == pytest.approx(0.8 / 3)


def test_brier_and_log_loss_agree_with_scikit_learn():
    rows, gold = random_distributions(2)
    assert ce.negative_log_likelihood(rows, gold) == pytest.approx(
        log_loss(gold, np.maximum(rows, 1e-12), labels=range(7)), rel=1e-6
    )
    probability, label = rows[:, 0], gold == 0
    assert ce.brier_score(np.c_[1 - probability, probability], label.astype(int)) == pytest.approx(
        2 * brier_score_loss(label, probability)
    )


def test_impossible_gold_costs_much_but_not_everything():
    assert ce.negative_log_likelihood([[1.0, 0.0]], [1]) == pytest.approx(-np.log(1e-12))
    assert ce.brier_score([[1.0, 0.0]], [1]) == 2.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ce.expected_calibration_error([1.2], [True]), r"\[0, 1\]"),
        (lambda: ce.expected_calibration_error([-3.0, 2.0], [1, 0]), "logits"),
        (lambda: ce.expected_calibration_error([np.nan], [True]), "NaN"),
        (lambda: ce.expected_calibration_error([0.5], [2]), "true and false"),
        (lambda: ce.expected_calibration_error([0.5, 0.5], [True]), "one length"),
        (lambda: ce.expected_calibration_error([], []), "non-empty"),
        (lambda: ce.expected_calibration_error([0.5], [True], 0), "n_bins"),
        (lambda: ce.expected_calibration_error([0.5], [True], norm="l3"), "norm"),
        (lambda: ce.top_label([[2.0, -1.0]], [0]), "logits"),
        (lambda: ce.top_label([[0.5, 0.4]], [0]), "sum to 1"),
        (lambda: ce.top_label([[0.5, 0.5]], [2]), r"0\.\.1"),
        (lambda: ce.brier_score([[0.5, 0.5]], [0, 1]), "one length"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
