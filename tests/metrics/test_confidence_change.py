import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.evidence.views import OTHER_CONTEXT, OWN_CONTEXT
from heartsay.metrics import confidence_change as cc

FULL = np.array([0.5, 0.5, 0.8, 0.2])
REMOVED = {
    "text": np.array([0.25, 0.5, 0.9, 0.1]),
    "voice": np.array([0.5, 0.4, 0.9, 0.1]),
    "own_context": np.array([1.0, 0.1, 0.8, 0.1]),
}
tenths = st.integers(0, 10).map(lambda tenth: tenth / 10)
confidences = st.lists(st.tuples(tenths, tenths, tenths, tenths), min_size=1, max_size=30)


def test_gold_confidence_picks_the_gold_column():
    assert cc.gold_confidence([[0.2, 0.8], [0.7, 0.3]], [1, 0]).tolist() == [0.8, 0.7]
    with pytest.raises(ValueError, match="sum to 1"):
        cc.gold_confidence([[0.2, 0.2]], [1])


def test_gain_hand_worked_in_both_units():
    np.testing.assert_allclose(cc.confidence_gain(FULL, REMOVED["own_context"]), [np.log(2), 0, 0, 0])
    np.testing.assert_allclose(
        cc.confidence_gain(FULL, REMOVED["own_context"], "probability"), [0.5, 0, 0, 0]
    )


def test_cel_hand_worked():
    nats = np.log(2) + 2 * np.log(0.9 / 0.8)
    assert cc.cel(FULL, REMOVED) == pytest.approx(nats)
    assert cc.cel_per_utterance(FULL, REMOVED) == pytest.approx(nats / 4)
    assert cc.cel(FULL, REMOVED, "probability") == pytest.approx(0.5 + 2 * 0.1)
    np.testing.assert_allclose(
        cc.summed_confidence_gain(FULL, REMOVED, "probability"), [0.5, 0, 0.2, 0], atol=1e-12
    )


def test_certainty_lost_altogether_stays_finite():
    assert cc.cel([0.0], {"text": [1.0]}) == pytest.approx(-np.log(1e-12))
    assert cc.cel([1.0], {"text": [0.0]}) == 0.0


def test_shares_hand_worked_with_ties_apart():
    shares = cc.uncertain_shares(FULL, REMOVED)
    assert list(shares) == ["text", "voice", "own_context", "modalities", "contexts", "all"]
    assert shares["text"] == (0.25, 0.25)
    assert shares["voice"] == (0.25, 0.25)
    assert shares["own_context"] == (0.25, 0.25)
    # The first ties without voice and the second without text; the third gains, the fourth only loses.
    assert shares["modalities"] == (0.25, 0.5)
    assert shares["contexts"] == shares["own_context"]
    # The first gains without own context, so its tie without voice no longer counts.
    assert shares["all"] == (0.5, 0.25)


def test_tolerance_turns_rounding_into_ties():
    full, removed = np.array([0.5, 0.5]), {"own_context": np.array([0.5 + 1e-8, 0.6])}
    assert cc.uncertain_shares(full, removed)["own_context"] == (1.0, 0.0)
    assert cc.uncertain_shares(full, removed, tolerance=1e-6)["own_context"] == (0.5, 0.5)


def test_a_union_without_a_removal_is_left_out():
    shares = cc.uncertain_shares(FULL, {"own_context": REMOVED["own_context"]})
    assert list(shares) == ["own_context", "contexts", "all"]


def test_contexts_are_named_as_the_views_name_them():
    assert (OWN_CONTEXT.name, OTHER_CONTEXT.name) == cc.CONTEXTS


@settings(max_examples=50, deadline=None)
@given(confidences, st.sampled_from(["nats", "probability"]))
def test_relations_between_the_measures(rows, unit):
    full, *others = np.array(rows).T
    removed = dict(zip(["text", "own_context", "other_context"], others, strict=True))
    shares = cc.uncertain_shares(full, removed)
    # No gain anywhere means that nobody is uncertain, and the other way round.
    gain = cc.summed_confidence_gain(full, removed, unit)
    assert shares["all"].larger == pytest.approx((gain > 0).mean())
    assert cc.cel(full, removed, unit) == pytest.approx(
        sum(cc.cel(full, {name: other}, unit) for name, other in removed.items())
    )
    assert max(shares[n].larger for n in removed) <= shares["all"].larger
    assert shares["all"].larger <= sum(shares[n].larger for n in removed) + 1e-12
    for share in shares.values():
        assert 0.0 <= share.larger <= share.larger + share.tied <= 1.0 + 1e-12
    # The model against itself is tied everywhere.
    assert cc.uncertain_shares(full, {"text": full})["all"] == (0.0, 1.0)
    assert cc.cel(full, {"text": full}, unit) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cc.cel(FULL, {}), "at least one removal"),
        (lambda: cc.uncertain_shares(FULL, {}), "at least one removal"),
        (lambda: cc.confidence_gain([-1.2], [-0.3]), "logits"),
        (lambda: cc.confidence_gain([0.5], [0.5, 0.5]), "one length"),
        (lambda: cc.confidence_gain([0.5], [0.5], "bits"), "unit"),
        (lambda: cc.uncertain_shares([0.5], {"text": [0.5, 0.5]}), "one length"),
        (lambda: cc.uncertain_shares(FULL, REMOVED, tolerance=-1.0), "tolerance"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
