import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from heartsay.calibration import Temperature, fit_temperature
from heartsay.calibration.temperature import HIGHEST, LOWEST
from heartsay.metrics import negative_log_likelihood

logit_rows = arrays(np.float64, (12, 4), elements=st.floats(-30, 30))


def sampled(temperature, n=4000, seed=0):
    """Logits whose labels are drawn at `temperature`: that is then the right answer."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (n, 7))
    p = Temperature(temperature).apply(logits)
    return logits, (p.cumsum(1) < rng.random((n, 1))).sum(1).clip(0, 6)


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_recovers_the_temperature_of_a_simulation(true):
    assert fit_temperature(*sampled(true, 20_000)).value == pytest.approx(true, rel=0.05)


def test_agrees_with_a_torch_optimiser():
    logits, labels = sampled(1.7, 800, seed=4)
    z, y = torch.tensor(logits), torch.tensor(labels)
    log_t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [log_t], max_iter=200, tolerance_grad=1e-12, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def closure():
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(z / log_t.exp(), y)
        loss.backward()
        return loss

    optimiser.step(closure)
    assert fit_temperature(logits, labels).value == pytest.approx(log_t.exp().item(), rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(logit_rows, st.lists(st.integers(0, 3), min_size=12, max_size=12), st.floats(-2.9, 2.9))
def test_fit_is_positive_and_no_other_temperature_does_better(logits, labels, log_other):
    fitted = fit_temperature(logits, labels)
    assert fitted.value * (1 + 1e-9) >= LOWEST
    assert fitted.value <= HIGHEST * (1 + 1e-9)

    def loss(temperature):
        z = logits / temperature
        top = z.max(1)
        return np.mean(top + np.log(np.exp(z - top[:, None]).sum(1)) - z[np.arange(12), labels])

    assert loss(fitted.value) <= loss(np.exp(log_other)) + 1e-9


@settings(max_examples=50, deadline=None)
@given(logit_rows, st.floats(0.05, 20))
def test_never_changes_the_decision(logits, value):
    logits = logits.round(1)
    p = Temperature(value).apply(logits)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    best = logits.max(axis=1)
    chosen = logits[np.arange(len(logits)), p.argmax(axis=1)]
    np.testing.assert_array_equal(chosen, best)


def test_softens_an_overconfident_model():
    logits, labels = sampled(3.0)
    before = negative_log_likelihood(Temperature(1.0).apply(logits), labels)
    after = negative_log_likelihood(fit_temperature(logits, labels).apply(logits), labels)
    assert after < before


def test_data_that_set_no_bound_end_at_the_documented_one():
    logits = np.eye(3) * 5.0
    assert fit_temperature(logits, [0, 1, 2]).value == pytest.approx(LOWEST)
    assert fit_temperature(-logits, [0, 1, 2]).value == pytest.approx(HIGHEST)
    assert fit_temperature(np.zeros((3, 3)), [0, 1, 2]).value > 0.0


def test_extreme_logits_do_not_overflow():
    p = Temperature(0.05).apply([[1e4, 0.0, -1e4]])
    np.testing.assert_array_equal(p, [[1.0, 0.0, 0.0]])


def test_survives_json():
    fitted = fit_temperature(*sampled(1.9))
    assert Temperature.from_dict(json.loads(json.dumps(fitted.to_dict()))) == fitted


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Temperature(0.0), "positive"),
        (lambda: Temperature(-1.0), "positive"),
        (lambda: Temperature(float("nan")), "positive"),
        (lambda: Temperature.from_dict({"method": "vector", "value": 1.0}), "method"),
        (lambda: Temperature.from_dict({"method": "temperature"}), "missing: value"),
        (lambda: fit_temperature([[1.0, np.inf]], [0]), "infinity"),
        (lambda: fit_temperature([[1.0, 0.0]], [2]), r"0\.\.1"),
        (lambda: fit_temperature([[1.0, 0.0]], [0, 1]), "one length"),
        (lambda: Temperature(1.0).apply([1.0, 2.0]), "2 axes"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
