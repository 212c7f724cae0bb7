import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from undertone.calibration import VectorScaling, fit_temperature, fit_vector_scaling
from undertone.metrics import negative_log_likelihood

TRUE_BIAS = np.array([1.0, 0.0, -1.5, 0.5])


def sampled(n=8000, temperature=2.0, bias=TRUE_BIAS, seed=0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (n, len(bias)))
    p = VectorScaling(temperature, tuple(bias)).apply(logits)
    return logits, (p.cumsum(1) < rng.random((n, 1))).sum(1).clip(0, len(bias) - 1)


def test_recovers_temperature_and_biases_of_a_simulation():
    fitted = fit_vector_scaling(*sampled(30_000))
    assert fitted.temperature == pytest.approx(2.0, rel=0.05)
    assert np.array(fitted.bias) == pytest.approx(TRUE_BIAS - TRUE_BIAS.mean(), abs=0.08)


def test_agrees_with_a_torch_optimiser():
    logits, labels = sampled(500, seed=3)
    z, y = torch.tensor(logits), torch.tensor(labels)
    theta = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [theta], max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def closure():
        optimiser.zero_grad()
        scaled = theta[0].exp() * z + theta[1:]
        loss = torch.nn.functional.cross_entropy(scaled, y, reduction="sum") + 0.5 * (theta**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    oracle = theta.detach().numpy()
    fitted = fit_vector_scaling(logits, labels)
    assert fitted.temperature == pytest.approx(float(np.exp(-oracle[0])), rel=1e-4)
    assert np.array(fitted.bias) == pytest.approx(oracle[1:], abs=1e-4)


def test_beats_a_temperature_where_classes_are_out_of_proportion():
    logits, labels = sampled()
    half = len(labels) // 2
    vector = fit_vector_scaling(logits[:half], labels[:half]).apply(logits[half:])
    single = fit_temperature(logits[:half], labels[:half]).apply(logits[half:])
    assert (
        negative_log_likelihood(vector, labels[half:]) < negative_log_likelihood(single, labels[half:]) - 0.05
    )


def test_a_strong_pull_leaves_everything_as_it_was():
    fitted = fit_vector_scaling(*sampled(500), ridge=1e9)
    assert fitted.temperature == pytest.approx(1.0, abs=1e-4)
    assert np.array(fitted.bias) == pytest.approx(0.0, abs=1e-4)


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float64, (10, 4), elements=st.floats(-30, 30)),
    st.lists(st.integers(0, 3), min_size=10, max_size=10),
)
def test_any_data_give_a_finite_fit_no_worse_than_the_identity(logits, labels):
    fitted = fit_vector_scaling(logits, labels)
    assert fitted.temperature > 0.0
    assert sum(fitted.bias) == pytest.approx(0.0, abs=1e-3)

    def penalised(scaling):
        theta = np.r_[np.log(scaling.temperature), scaling.bias]
        z = logits / scaling.temperature + np.array(scaling.bias)
        top = z.max(1)
        nll = top + np.log(np.exp(z - top[:, None]).sum(1)) - z[np.arange(10), labels]
        return nll.sum() + 0.5 * theta @ theta

    assert penalised(fitted) <= penalised(VectorScaling(1.0, (0.0,) * 4)) + 1e-6


def test_weights_act_as_relative_importance():
    logits, labels = sampled(400)
    doubled = fit_vector_scaling(logits, labels, np.full(400, 2.0))
    plain = fit_vector_scaling(logits, labels)
    assert doubled.temperature == pytest.approx(plain.temperature)
    favoured = fit_vector_scaling(logits, labels, np.where(labels == 2, 5.0, 1.0))
    assert favoured.bias[2] > plain.bias[2]


def test_survives_json():
    fitted = fit_vector_scaling(*sampled(300))
    assert VectorScaling.from_dict(json.loads(json.dumps(fitted.to_dict()))) == fitted


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: VectorScaling(-1.0, (0.0, 0.0)), "positive"),
        (lambda: VectorScaling(1.0, (0.0,)), "two classes"),
        (lambda: VectorScaling(1.0, (0.0, float("nan"))), "finite"),
        (lambda: VectorScaling(1.0, (0.0, 0.0)).apply([[1.0, 2.0, 3.0]]), "2 classes"),
        (lambda: VectorScaling.from_dict({"method": "vector"}), "missing: temperature, bias"),
        (lambda: fit_vector_scaling([[1.0, 0.0]], [0], ridge=0.0), "ridge"),
        (lambda: fit_vector_scaling([[1.0, 0.0]], [5]), r"0\.\.1"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
