import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from heartsay.calibration import AbstentionRule, fit_abstention
from heartsay.calibration.selective import _binomial_below


def draw(rng, conversations, spread):
    """Errors that come in clusters: `spread` is how much conversations differ beyond their confidence."""
    sizes = rng.integers(3, 20, conversations)
    group = np.repeat(np.arange(conversations), sizes)
    evidence = rng.normal(0.6, 1.5, len(group))
    skill = rng.normal(0, spread, conversations)[group]
    confidence = 1 / (1 + np.exp(-evidence))
    return confidence, rng.random(len(group)) < 1 / (1 + np.exp(-0.8 * evidence - skill)), group


@pytest.mark.parametrize("spread", [0.0, 1.5])
def test_keeps_the_risk_for_new_conversations_as_often_as_promised(spread):
    rng = np.random.default_rng(0)
    confidence, correct, _ = draw(rng, 20_000, spread)
    broken, shares = 0, []
    for _ in range(150):
        rule = fit_abstention(*draw(rng, 114, spread), risk=0.3, delta=0.1)
        accepted = rule.accept(confidence)
        shares.append(accepted.mean())
        broken += bool(accepted.any()) and (~correct[accepted]).mean() > 0.3
    assert broken / 150 <= 0.1 + 0.05
    assert np.mean(shares) > 0.3  # and it does not get there by accepting nothing


def test_ignoring_conversations_would_break_it():
    rng = np.random.default_rng(1)
    confidence, correct, _ = draw(rng, 20_000, 3.0)
    broken = {"clustered": 0, "each alone": 0}
    for _ in range(100):
        conf, hit, group = draw(rng, 60, 3.0)
        for name, unit in (("clustered", group), ("each alone", np.arange(len(group)))):
            accepted = fit_abstention(conf, hit, unit, risk=0.35).accept(confidence)
            broken[name] += bool(accepted.any()) and (~correct[accepted]).mean() > 0.35
    assert broken["clustered"] <= 15
    assert broken["each alone"] > broken["clustered"] + 5


def test_accepts_everything_when_everything_is_good_enough():
    rng = np.random.default_rng(2)
    confidence, group = rng.uniform(0.3, 1, 800), np.arange(800) // 8
    rule = fit_abstention(confidence, np.ones(800, bool), group)
    assert rule.accepted_share == 1.0
    assert rule.accept(confidence).all()


def test_abstains_from_everything_when_nothing_can_be_trusted():
    rng = np.random.default_rng(3)
    confidence = rng.random(400)
    for correct, group in (
        (np.zeros(400, bool), np.arange(400) // 8),
        (np.ones(400, bool), np.arange(400) // 200),  # right, but two conversations prove little
        (np.ones(400, bool), np.zeros(400, int)),
    ):
        rule = fit_abstention(confidence, correct, group, risk=0.1)
        assert (rule.threshold, rule.accepted_share) == (1.0, 0.0)
        assert not rule.accept([0.0, 0.5, 1.0]).any()


def test_more_risk_accepts_more_and_more_certainty_less():
    data = draw(np.random.default_rng(4), 150, 0.5)
    shares = [fit_abstention(*data, risk=risk).accepted_share for risk in (0.15, 0.25, 0.35)]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]
    assert fit_abstention(*data, delta=0.01).accepted_share <= fit_abstention(*data, delta=0.2).accepted_share


def test_share_is_that_of_the_rule_on_its_own_data():
    confidence, correct, group = draw(np.random.default_rng(5), 100, 0.5)
    rule = fit_abstention(confidence.round(1), correct, group)
    assert rule.accepted_share == rule.accept(confidence.round(1)).mean()
    accepted = rule.accept(confidence.round(1))
    assert (~correct[accepted]).mean() < rule.risk


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 300), st.floats(0.01, 0.99), st.data())
def test_binomial_tail_agrees_with_scipy(trials, probability, data):
    successes = data.draw(st.integers(0, trials))
    assert _binomial_below(successes, trials, probability) == pytest.approx(
        float(binom.cdf(successes, trials, probability)), rel=1e-6, abs=1e-12
    )


def test_survives_json():
    rule = fit_abstention(*draw(np.random.default_rng(6), 100, 0.5))
    assert AbstentionRule.from_dict(json.loads(json.dumps(rule.to_dict()))) == rule


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_abstention([0.5], [True], [0], risk=0.0), "risk"),
        (lambda: fit_abstention([0.5], [True], [0], delta=1.0), "delta"),
        (lambda: fit_abstention([1.5], [True], [0]), "logits"),
        (lambda: fit_abstention([0.5, 0.6], [True], [0, 1]), "one length"),
        (lambda: AbstentionRule(1.5, 0.3, 0.5), "threshold"),
        (lambda: AbstentionRule(0.5, 0.3, 0.5).accept([2.0]), "logits"),
        (lambda: AbstentionRule.from_dict({"method": "abstention"}), "missing"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
