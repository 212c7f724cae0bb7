import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from heartsay.calibration import LogisticCalibration, fit_logistic_calibration
from heartsay.metrics import expected_calibration_error, pair_average_precision


def pairs(n=6000, slope=0.5, intercept=-1.0, seed=0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(-2, 2.5, n)
    return logits, rng.random(n) < 1 / (1 + np.exp(-(slope * logits + intercept)))


def unpenalised(x, y):
    return LogisticRegression(C=np.inf, tol=1e-10, max_iter=2000).fit(x, y)


def fit(logits, labels, **options):
    return fit_logistic_calibration(np.reshape(logits, (-1, 1)), labels, ["logit"], **options)


def test_the_prior_hardly_moves_a_fit_on_real_amounts_of_data():
    logits, labels = pairs()
    free, held = fit(logits, labels, ridge=0.0), fit(logits, labels)
    assert held.weights == pytest.approx(free.weights, rel=1e-3)


def test_features_agree_with_scikit_learn():
    logits, labels = pairs()
    features = np.c_[logits, np.random.default_rng(1).normal(size=len(logits)) + labels, logits > 0]
    oracle = unpenalised(features, labels)
    fitted = fit_logistic_calibration(features, labels, ("logit", "emotion", "self"), ridge=0.0)
    np.testing.assert_allclose(fitted.weights, oracle.coef_[0], rtol=1e-3)
    assert fitted.intercept == pytest.approx(float(oracle.intercept_[0]), rel=1e-3)
    np.testing.assert_allclose(fitted.apply(features), oracle.predict_proba(features)[:, 1], atol=1e-4)


def test_fitted_on_one_half_calibrates_the_other():
    logits, labels = pairs(20_000)
    fitted = fit(logits[:10_000], labels[:10_000])
    raw = 1 / (1 + np.exp(-logits[10_000:]))
    calibrated = fitted.apply(logits[10_000:, None])
    assert expected_calibration_error(calibrated, labels[10_000:]) < 0.015
    assert expected_calibration_error(raw, labels[10_000:]) > 0.05
    assert pair_average_precision(calibrated, labels[10_000:]) == pytest.approx(
        pair_average_precision(raw, labels[10_000:])
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-40, 40), st.booleans()), min_size=1, max_size=30))
def test_any_labels_give_a_finite_fit(rows):
    logits, labels = map(np.array, zip(*rows, strict=True))
    probability = fit(logits, labels).apply(logits[:, None])
    assert ((probability >= 0) & (probability <= 1)).all()


def test_separable_and_one_sided_data_stay_finite():
    assert np.isfinite(fit([-1.0, 1.0], [False, True]).weights).all()
    assert fit([-1.0, 1.0], [False, False]).apply([[0.0]])[0] < 0.05
    huge = fit([1e3, -1e3], [True, False])
    assert huge.apply([[1e3], [-1e3]]) == pytest.approx([1.0, 0.0], abs=0.05)


def test_survive_json():
    logits, labels = pairs(500)
    logistic = fit_logistic_calibration(np.c_[logits, logits**2], labels, ["logit", "square"])
    assert LogisticCalibration.from_dict(json.loads(json.dumps(logistic.to_dict()))) == logistic


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: LogisticCalibration.from_dict({"method": "logistic", "weights": [1.0]}),
            "missing: intercept",
        ),
        (lambda: LogisticCalibration((1.0,), 0.0, ()), "1 weights for 0"),
        (lambda: LogisticCalibration((float("nan"),), 0.0, ("logit",)), "finite"),
        (lambda: fit([0.0, 1.0], [0.5, 1]), "true and false"),
        (lambda: fit([0.0], [1, 0]), "one length"),
        (lambda: fit([0.0], [1], ridge=-1.0), "ridge"),
        (lambda: fit_logistic_calibration([[0.0, 1.0]], [1], ["logit"]), "1 names"),
        (lambda: LogisticCalibration((1.0,), 0.0, ("logit",)).apply([[1.0, 2.0]]), "logit"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
