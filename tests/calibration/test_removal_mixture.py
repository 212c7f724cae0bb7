import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from heartsay.calibration import RemovalMixture, fit_removal_mixture, fit_temperature
from heartsay.calibration.softmax import softmax
from heartsay.metrics import negative_log_likelihood

rows = arrays(np.float64, (12, 4), elements=st.floats(-8, 8))
labels = st.lists(st.integers(0, 3), min_size=12, max_size=12)


def sampled(weights, temperature, n=20_000, seed=0):
    """Logits of three views whose labels are drawn from their mixture."""
    rng = np.random.default_rng(seed)
    logits = {name: rng.normal(0, 3, (n, 5)) for name in ("full", "text", "voice")}
    p = RemovalMixture(tuple(logits), weights, temperature).apply(logits)
    return logits, (p.cumsum(1) < rng.random((n, 1))).sum(1).clip(0, 4)


def test_recovers_the_mixture_of_a_simulation():
    fitted = fit_removal_mixture(*sampled((0.5, 0.3, 0.2), 1.6))
    assert fitted.weights == pytest.approx((0.5, 0.3, 0.2), abs=0.03)
    assert fitted.temperature == pytest.approx(1.6, rel=0.05)


def test_with_one_view_it_is_temperature_scaling():
    logits, gold = sampled((1.0, 0.0, 0.0), 2.0, 800)
    fitted = fit_removal_mixture({"full": logits["full"]}, gold)
    assert fitted.weights == (1.0,)
    assert fitted.temperature == pytest.approx(fit_temperature(logits["full"], gold).value, rel=1e-3)


def test_agrees_with_a_torch_optimiser():
    logits, gold = sampled((0.6, 0.3, 0.1), 1.3, 600, seed=3)
    z, y = torch.tensor(np.stack(list(logits.values()))), torch.tensor(gold)
    raw = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([raw], max_iter=500, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        mixed = torch.log_softmax(raw[:3], 0)[:, None, None] + torch.log_softmax(z / raw[3].exp(), -1)
        loss = torch.nn.functional.nll_loss(torch.logsumexp(mixed, 0), y)
        loss.backward()
        return loss

    optimiser.step(closure)
    fitted = fit_removal_mixture(logits, gold)
    assert negative_log_likelihood(fitted.apply(logits), gold) == pytest.approx(closure().item(), abs=1e-5)
    assert fitted.weights == pytest.approx(torch.softmax(raw[:3], 0).tolist(), abs=5e-3)


@settings(max_examples=40, deadline=None)
@given(rows, rows, labels)
def test_never_less_likely_than_temperature_scaling_of_a_view(first, second, gold):
    fitted = fit_removal_mixture({"full": first, "text": second}, gold)
    found = negative_log_likelihood(fitted.apply({"full": first, "text": second}), gold)
    for view in (first, second):
        alone = fit_temperature(view, gold).apply(view)
        assert found <= negative_log_likelihood(alone, gold) + 1e-3


@settings(max_examples=40, deadline=None)
@given(rows, rows)
def test_gives_distributions_between_those_it_mixes(first, second):
    mixed = RemovalMixture(("full", "text"), (0.7, 0.3), 1.5).apply({"full": first, "text": second})
    both = np.stack([softmax(first / 1.5), softmax(second / 1.5)])
    assert mixed.sum(1) == pytest.approx(np.ones(12))
    assert (mixed >= both.min(0) - 1e-12).all()
    assert (mixed <= both.max(0) + 1e-12).all()


def test_views_are_found_by_name_not_by_order():
    logits, gold = sampled((0.5, 0.3, 0.2), 1.0, 50)
    fitted = fit_removal_mixture(logits, gold)
    assert np.array_equal(fitted.apply(dict(reversed(logits.items()))), fitted.apply(logits))


def test_survives_json():
    fitted = RemovalMixture(("full", "text"), (0.25, 0.75), 1.5)
    assert RemovalMixture.from_dict(json.loads(json.dumps(fitted.to_dict()))) == fitted


@pytest.mark.parametrize(
    ("views", "weights", "temperature"),
    [
        ((), (), 1.0),
        (("full", "full"), (0.5, 0.5), 1.0),
        (("full",), (0.5, 0.5), 1.0),
        (("full", "text"), (1.5, -0.5), 1.0),
        (("full", "text"), (0.5, 0.4), 1.0),
        (("full",), (1.0,), 0.0),
    ],
)
def test_refuses_numbers_that_are_no_mixture(views, weights, temperature):
    with pytest.raises(ValueError, match=r"mixture|weights|temperature"):
        RemovalMixture(views, weights, temperature)


def test_names_a_view_that_is_missing():
    with pytest.raises(ValueError, match="missing: text"):
        RemovalMixture(("full", "text"), (0.5, 0.5), 1.0).apply({"full": [[0.0, 1.0]]})


def test_refuses_views_of_different_shape():
    with pytest.raises(ValueError, match="one shape"):
        fit_removal_mixture({"full": [[0.0, 1.0]], "text": [[0.0, 1.0, 2.0]]}, [0])


def test_a_gold_class_without_any_chance_leaves_a_mixture():
    fitted = fit_removal_mixture({"full": [[0.0, 5000.0]], "text": [[0.0, 5000.0]]}, [0])
    assert sum(fitted.weights) == pytest.approx(1.0)
