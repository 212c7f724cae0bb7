import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.metrics import aurc, expected_calibration_error, weighted_f1
from heartsay.metrics import resampling as rs
from heartsay.metrics.ranking import auroc

CLASSES = 3
# Few distinct confidences, so that most examples have ties.
utterances = st.lists(
    st.tuples(st.integers(0, 5).map(lambda fifth: fifth / 5), st.integers(0, 2), st.integers(0, 2)),
    min_size=1,
    max_size=25,
)


def draws(n, seed):
    rng = np.random.default_rng(seed)
    return rng.multinomial(n, np.full(n, 1 / n), size=4)


@settings(max_examples=60, deadline=None)
@given(utterances, st.integers(0, 99), st.integers(1, 6))
def test_equal_to_the_plain_metric_on_repeated_data(rows, seed, n_bins):
    confidence, gold, guess = (np.array(column) for column in zip(*rows, strict=True))
    values, hit = confidence - gold, gold == guess
    counts = draws(len(rows), seed)
    pairs = [
        (rs.resampled_mean(values), lambda i: values[i].mean()),
        (
            rs.resampled_weighted_f1(gold, guess, CLASSES),
            lambda i: weighted_f1(gold[i], guess[i], CLASSES),
        ),
        (rs.resampled_aurc(confidence, hit), lambda i: aurc(confidence[i], hit[i])),
    ]
    for norm in ("l1", "l2", "max"):
        pairs.append(
            (
                rs.resampled_calibration_error(confidence, hit, n_bins, norm),
                lambda i, norm=norm: expected_calibration_error(confidence[i], hit[i], n_bins, norm),
            )
        )
    for quick, plain in pairs:
        expected = [plain(np.repeat(np.arange(len(rows)), row)) for row in counts]
        np.testing.assert_allclose(quick(counts), expected, atol=1e-12)


def test_an_empty_resample_is_no_crash():
    none = np.zeros((1, 2), dtype=np.int64)
    for metric in (
        rs.resampled_mean([0.1, 0.2]),
        rs.resampled_aurc([0.1, 0.2], [True, False]),
        rs.resampled_weighted_f1([0, 1], [0, 1], CLASSES),
        rs.resampled_calibration_error([0.1, 0.2], [True, False]),
    ):
        assert metric(none).tolist() == [0.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rs.resampled_aurc([0.1, 0.2], [True, False])(np.ones((1, 3), dtype=int)), "2 utterances"),
        (lambda: rs.resampled_mean([0.1])(np.ones((1, 3), dtype=int)), "1 utterances"),
        (lambda: rs.resampled_aurc([2.0], [True]), "logits"),
        (lambda: rs.resampled_calibration_error([0.5], [True], norm="l3"), "norm"),
        (lambda: rs.resampled_calibration_error([0.5], [True], 0), "n_bins"),
        (lambda: rs.resampled_weighted_f1([0], [0, 1], CLASSES), "one length"),
        (lambda: rs.resampled_mean([np.nan]), "NaN"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_auroc_of_resamples_is_that_of_the_data_repeated() -> None:
    random = np.random.default_rng(3)
    scores, positive = random.integers(0, 6, 40) / 5, random.random(40) < 0.4
    counts = random.integers(0, 3, (20, 40))
    found = rs.resampled_auroc(scores, positive)(counts)
    for drawn, value in zip(counts, found, strict=True):
        assert value == pytest.approx(auroc(np.repeat(scores, drawn), np.repeat(positive, drawn)))
    assert np.isnan(rs.resampled_auroc(scores, np.zeros(40, bool))(counts)).all()
