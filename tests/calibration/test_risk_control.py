import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.calibration import LinkRule, fit_link_rule

link_lists = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 8), st.booleans()), min_size=1, max_size=40)


def draw(rng, conversations, skill=1.5, spread=0.7, sharpness=1.0):
    """Candidate links, few of them right; conversations differ in how right their confidence is.

    A sharpness other than 1 makes confidence overconfident or shy.
    """
    sizes = rng.integers(1, 30, conversations)
    group = np.repeat(np.arange(conversations), sizes)
    evidence = rng.normal(-1.0, skill, len(group))
    shift = rng.normal(0.0, spread, conversations)[group]
    correct = rng.random(len(group)) < 1 / (1 + np.exp(-evidence - shift))
    return 1 / (1 + np.exp(-sharpness * evidence)), correct, group


def wrong_shares(shown, correct, group):
    count = np.bincount(group, weights=shown)
    return np.bincount(group, weights=shown & ~correct) / np.maximum(count, 1)


@pytest.mark.parametrize("level", [0.1, 0.3, 0.5])
@pytest.mark.parametrize("sharpness", [1.0, 3.0])
def test_keeps_the_expected_share_for_new_conversations(level, sharpness):
    rng = np.random.default_rng(0)
    fresh = draw(rng, 1_500, sharpness=sharpness)
    shares, links = [], []
    for _ in range(80):
        rule = fit_link_rule(*draw(rng, 40, sharpness=sharpness))
        shown = rule.show(fresh[0], level)
        shares.append(wrong_shares(shown, *fresh[1:]).mean())
        links.append(shown.sum() / 1_500)
    assert np.mean(shares) <= level
    if level >= 0.3:
        assert np.mean(links) > 0.5  # and it does not get there by showing nothing


def test_the_share_among_all_links_shown_is_near_the_level_too():
    rng = np.random.default_rng(1)
    confidence, correct, _ = draw(rng, 1_500)
    wrong = shown = 0
    for _ in range(100):
        kept = fit_link_rule(*draw(rng, 100)).show(confidence, 0.3)
        wrong, shown = wrong + (kept & ~correct).sum(), shown + kept.sum()
    assert shown > 0
    assert wrong / shown <= 0.3 + 0.02


def test_taking_the_share_at_its_word_would_break_it():
    """The most lenient threshold whose mean share is within the level, with no bound and no worst case."""
    rng = np.random.default_rng(2)
    fresh = draw(rng, 1_500)
    shares = {"bounded": [], "at its word": []}
    for _ in range(100):
        confidence, correct, group = draw(rng, 8)
        steps = np.unique(confidence)[::-1]
        means = [wrong_shares(confidence >= t, correct, group).mean() for t in steps]
        fitting = [t for t, mean in zip(steps, means, strict=True) if mean <= 0.3]
        rule = fit_link_rule(confidence, correct, group)
        for name, t in (("bounded", rule.threshold(0.3)), ("at its word", min(fitting, default=2.0))):
            shares[name].append(wrong_shares(fresh[0] >= t, *fresh[1:]).mean())
    assert np.mean(shares["bounded"]) <= 0.3
    assert np.mean(shares["at its word"]) > 0.3


@settings(max_examples=50, deadline=None)
@given(link_lists, st.integers(1, 99))
def test_agrees_with_a_search_over_thresholds(links, percent):
    group, tenths, correct = (np.array(column) for column in zip(*links, strict=True))
    confidence = tenths / 8
    total, level = len(set(group.tolist())), percent / 100
    best = np.inf
    for t in sorted(set(confidence), reverse=True):
        highest = 0.0
        for c in set(group.tolist()):
            at = []
            for u in (u for u in confidence if u >= t):
                kept = (group == c) & (confidence >= u)
                at.append((kept & ~correct).sum() / max(kept.sum(), 1))
            highest += max(at)
        kept = confidence >= t
        within = (highest + 1) / (total + 1) <= level + 1e-9
        pooled = ((kept & ~correct).sum() + 1) / (kept.sum() + 1) <= level
        if within and pooled:
            best = t
    rule = fit_link_rule(confidence, correct, group)
    if level < 1 / (total + 1) - 1e-9:
        assert not rule.supports(level)
        return
    assert rule.threshold(level) == best


def test_a_higher_level_never_hides_a_link():
    rule = fit_link_rule(*draw(np.random.default_rng(3), 120))
    confidence = np.linspace(0, 1, 200)
    shown = [rule.show(confidence, level) for level in (0.1, 0.17, 0.3, 0.305, 0.5, 0.9)]
    assert all((fewer <= more).all() for fewer, more in pairwise(shown))
    assert shown[-1].sum() > shown[0].sum()


def test_the_lowest_level_follows_from_the_number_of_conversations():
    perfect = fit_link_rule(np.full(400, 0.9), np.ones(400, bool), np.arange(400) // 4)
    assert perfect.conversations == 100
    assert perfect.supports(0.01)
    assert perfect.show([0.95, 0.5], 0.01).tolist() == [True, False]
    with pytest.raises(ValueError, match="needs 199 calibration conversations"):
        perfect.threshold(0.005)
    few = fit_link_rule(np.full(8, 0.9), np.ones(8, bool), np.arange(8) // 2)
    assert not few.supports(0.19)
    assert few.supports(0.2)
    with pytest.raises(ValueError, match=r"with 4 the lowest is 0\.2"):
        few.show([0.9], 0.1)


def test_shows_nothing_when_links_are_wrong_too_often():
    confidence, _, group = draw(np.random.default_rng(4), 50)
    rule = fit_link_rule(confidence, np.zeros(len(group), bool), group)
    assert rule.levels == ()
    assert not rule.show([0.0, 1.0], 0.9).any()


def test_order_does_not_matter_and_it_survives_json():
    confidence, correct, group = draw(np.random.default_rng(6), 60)
    rule = fit_link_rule(confidence, correct, group)
    mixed = np.random.default_rng(0).permutation(len(group))
    assert fit_link_rule(confidence[mixed], correct[mixed], group[mixed]) == rule
    assert LinkRule.from_dict(json.loads(json.dumps(rule.to_dict()))) == rule
    assert len(rule.levels) > 5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_link_rule([1.5], [True], [0]), "logits"),
        (lambda: fit_link_rule([0.5, 0.6], [True], [0, 1]), "one length"),
        (lambda: LinkRule(10, (0.2, 0.3), (0.5, 0.6), (1.0, 2.0)), "fall"),
        (lambda: LinkRule(10, (0.2,), (0.5, 0.6), (1.0,)), "as many"),
        (lambda: LinkRule(10, (0.05,), (0.5,), (1.0,)), "cannot support"),
        (lambda: LinkRule(10, (0.2,), (1.5,), (1.0,)), "lie in"),
        (lambda: LinkRule(0, (), (), ()), "one calibration"),
        (lambda: LinkRule(10, (), (), ()).threshold(1.0), "both excluded"),
        (lambda: LinkRule.from_dict({"method": "links"}), "missing"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
