import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.calibration import ConformalSets, fit_conformal

coverages = st.floats(0.01, 0.99)


def clustered(rng, conversations, lengths=(2, 25), classes=5):
    """Conversations that differ in how hard they are, so that their utterances resemble each other."""
    sizes = rng.integers(*lengths, conversations)
    group = np.repeat(np.arange(conversations), sizes)
    skill = rng.normal(1.0, 2.0, conversations)[group]
    labels = rng.integers(0, classes, len(group))
    logits = rng.normal(size=(len(group), classes))
    logits[np.arange(len(group)), labels] += skill
    p = np.exp(logits - logits.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True), labels, group


def data(seed=0, conversations=30):
    return clustered(np.random.default_rng(seed), conversations)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 20), coverages, coverages)
def test_sets_grow_with_coverage_and_are_never_empty(seed, a, b):
    rows, labels, group = data(seed)
    fitted = fit_conformal(rows, labels, group)
    small, large = fitted.sets(rows, min(a, b)), fitted.sets(rows, max(a, b))
    assert (small <= large).all()
    assert small[np.arange(len(rows)), rows.argmax(1)].all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 20), coverages)
def test_covers_at_least_as_promised_on_its_own_conversations(seed, coverage):
    """The average over conversations, with the mass at infinity, is what the quantile is built on."""
    rows, labels, group = data(seed)
    hit = fit_conformal(rows, labels, group).sets(rows, coverage)[np.arange(len(rows)), labels]
    per_conversation = np.bincount(group, hit) / np.bincount(group)
    assert per_conversation.mean() >= coverage - 1e-6


def naive_threshold(rows, labels, coverage):
    scores = np.sort(1.0 - rows[np.arange(len(rows)), labels])
    rank = math.ceil((len(scores) + 1) * coverage)
    return scores[rank - 1] if rank <= len(scores) else math.inf


def test_keeps_its_promise_for_new_conversations_where_pooling_does_not():
    """Long conversations are easy here: pooling listens to them most and promises short ones too much."""
    rng = np.random.default_rng(7)
    coverage, ours, pooled = 0.8, [], []

    def draw(conversations):
        long = rng.random(conversations) < 0.3
        group = np.repeat(np.arange(conversations), np.where(long, 40, 3))
        skill = np.where(long, 4.0, 0.5)[group] + rng.normal(0, 0.7, conversations)[group]
        labels = rng.integers(0, 5, len(group))
        logits = rng.normal(size=(len(group), 5))
        logits[np.arange(len(group)), labels] += skill
        p = np.exp(logits)
        return p / p.sum(1, keepdims=True), labels, group

    for _ in range(400):
        calibration, test = draw(15), draw(20)
        fitted = fit_conformal(*calibration)
        rows, labels, group = test
        at_gold = np.arange(len(rows)), labels
        by_size = np.bincount(group)
        for hits, member in (
            (ours, fitted.sets(rows, coverage)),
            (pooled, 1.0 - rows <= naive_threshold(*calibration[:2], coverage)),
        ):
            hits.append((np.bincount(group, member[at_gold]) / by_size).mean())
    standard_error = np.std(ours) / 20
    assert np.mean(ours) >= coverage - 2 * standard_error
    assert np.mean(ours) <= coverage + 1 / 16 + 0.05  # no wider than the mass at infinity asks for
    assert np.mean(pooled) < coverage - 0.1


def test_few_conversations_keep_the_promise_of_a_pooled_quantile_broken_by_clusters():
    """Equal lengths, strong clusters, one test utterance: the guarantee is exact for every K."""
    rng = np.random.default_rng(11)
    hits = []
    for _ in range(3000):
        rows, labels, group = clustered(rng, 10, lengths=(6, 7))
        calibration = group < 9
        fitted = fit_conformal(rows[calibration], labels[calibration], group[calibration])
        one = np.flatnonzero(~calibration)[:1]
        hits.append(fitted.sets(rows[one], 0.8)[0, labels[one[0]]])
    assert np.mean(hits) >= 0.8 - 3 * math.sqrt(0.8 * 0.2 / 3000)


def test_hand_worked_threshold():
    # Conversation a scores .1 and .3 (mass 1/6 each), b scores .2 (1/3), infinity 1/3.
    rows = np.array([[0.9, 0.1], [0.7, 0.3], [0.8, 0.2]])
    fitted = fit_conformal(rows, [0, 0, 0], ["a", "a", "b"])
    assert fitted.scores == pytest.approx([0.1, 0.2, 0.3], abs=2e-5)
    assert fitted.mass == pytest.approx([1 / 6, 1 / 2, 2 / 3])
    assert fitted.threshold(0.16) == pytest.approx(0.1, abs=2e-5)
    assert fitted.threshold(0.5) == pytest.approx(0.2, abs=2e-5)
    assert fitted.threshold(0.51) == pytest.approx(0.3, abs=2e-5)
    assert fitted.threshold(2 / 3) == pytest.approx(0.3, abs=2e-5)
    assert fitted.highest_coverage == pytest.approx(2 / 3)


def test_a_coverage_that_so_few_conversations_cannot_promise_gives_full_sets_and_says_so():
    rows, labels, group = data(conversations=9)
    fitted = fit_conformal(rows, labels, group)
    assert fitted.supports(0.9)
    assert not fitted.supports(0.91)
    assert fitted.sets(rows, 0.91).all()
    assert not fitted.sets(rows, 0.5).all()


def test_rounding_only_widens():
    rows, labels, group = data(3)
    fitted = fit_conformal(rows, labels, group)
    exact = np.sort(1.0 - rows[np.arange(len(rows)), labels])
    assert all(score >= exact[exact <= score].max() for score in fitted.scores)
    assert fitted.scores[-1] >= exact[-1]


def test_order_and_names_do_not_matter():
    rows, labels, group = data(5)
    order = np.random.default_rng(0).permutation(len(rows))
    renamed = np.array([f"dialogue {g}" for g in group])
    assert fit_conformal(rows[order], labels[order], renamed[order]) == fit_conformal(rows, labels, group)


def test_survives_json_compactly():
    rows, labels, group = data(4, conversations=110)
    fitted = fit_conformal(rows, labels, group)
    text = json.dumps(fitted.to_dict())
    assert ConformalSets.from_dict(json.loads(text)) == fitted
    assert len(text) < 30 * len(rows)


def test_unseen_coverage_values_are_refused():
    fitted = fit_conformal(*data())
    for coverage in (0.0, 1.0, -0.1, 90.0, math.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            fitted.sets([[0.5, 0.5, 0.0, 0.0, 0.0]], coverage)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_conformal([[2.0, -1.0]], [0], [0]), "logits"),
        (lambda: fit_conformal([[0.5, 0.5]], [0], [0, 1]), "one length"),
        (lambda: ConformalSets("aps", 2, (0.1, 0.2), (0.3, 2 / 3)), "kind"),
        (lambda: ConformalSets("lac", 2, (0.2, 0.1), (0.3, 2 / 3)), "rise"),
        (lambda: ConformalSets("lac", 2, (0.1, 0.2), (0.3, 0.9)), r"K/\(K\+1\)"),
        (lambda: ConformalSets("lac", 2, (), ()), "at least one"),
        (lambda: ConformalSets("lac", 2, (0.1, 0.2), (0.3, 2 / 3), 0), "one expected"),
        (lambda: ConformalSets("lac", 2, (0.1, 0.2), (0.3, 2 / 3), 3), r"K/\(K\+1\)"),
        (lambda: ConformalSets.from_dict({"method": "conformal"}), "missing: kind"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
