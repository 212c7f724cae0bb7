"""Refitting to a few conversations, shrunk towards what ships."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.dummies.model import build_calibration

from heartsay.calibration import EmotionCalibration
from heartsay.calibration.adapting import (
    EXPECTED,
    Labelled,
    adapt_emotions,
    fit_weights,
    held_out,
    labelled,
)
from heartsay.metrics import coverage_per_conversation, negative_log_likelihood

CLASSES = 7


def emotion() -> EmotionCalibration:
    return build_calibration().emotions[0]


def talk(seed: int, conversations: int, weights: np.ndarray, temperature: float) -> Labelled:
    """Conversations of nine utterances whose labels follow other weights and another temperature."""
    draw = np.random.default_rng(seed)
    logits = 3.0 * draw.normal(size=(9 * conversations, CLASSES))
    scores = logits / temperature + weights
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    gold = np.array([draw.choice(CLASSES, p=row) for row in p])
    return labelled({"full": logits}, np.eye(CLASSES)[gold], np.repeat(np.arange(conversations), 9))


ELSEWHERE = np.array([0.0, -9.0, 1.0, 0.0, 1.5, -9.0, 0.0])
"""Two classes do not exist there."""


def gold(given: Labelled) -> np.ndarray:
    return given.shares.argmax(axis=1)


def test_much_data_finds_temperature_and_weights() -> None:
    fitted = fit_weights(emotion(), talk(0, 600, ELSEWHERE, 3.0))
    assert fitted.prior is not None
    prior = np.array(fitted.prior) - fitted.prior[0]
    assert fitted.mixture.temperature == pytest.approx(3.0, rel=0.06)
    assert prior[[2, 3, 4, 6]] == pytest.approx(ELSEWHERE[[2, 3, 4, 6]], abs=0.2)
    assert (prior[[1, 5]] < -4).all()


def test_few_labels_move_little_and_none_of_them_far() -> None:
    shipped = emotion()
    one = talk(1, 2, ELSEWHERE, 3.0)
    near, far = (fit_weights(shipped, some) for some in (one, talk(1, 100, ELSEWHERE, 3.0)))
    start = np.log(shipped.mixture.temperature)
    assert abs(np.log(near.mixture.temperature) - start) < abs(np.log(far.mixture.temperature) - start)
    assert np.ptp(near.prior) < np.ptp(far.prior)


def test_few_conversations_help_on_others() -> None:
    shipped, test = emotion(), talk(2, 300, ELSEWHERE, 3.0)
    before = negative_log_likelihood(shipped.apply(test.logits), gold(test))
    for seed in range(3):
        fitted = fit_weights(shipped, talk(10 + seed, 15, ELSEWHERE, 3.0))
        assert negative_log_likelihood(fitted.apply(test.logits), gold(test)) < before - 0.2


def test_where_nothing_differs_nothing_is_lost() -> None:
    shipped = emotion()
    same = np.zeros(CLASSES)
    test = talk(3, 300, same, shipped.mixture.temperature)
    before = negative_log_likelihood(shipped.apply(test.logits), gold(test))
    fitted = fit_weights(shipped, talk(4, 15, same, shipped.mixture.temperature))
    assert negative_log_likelihood(fitted.apply(test.logits), gold(test)) < before + 0.05


def test_sets_hold_what_was_asked_for_on_new_conversations() -> None:
    shipped, test = emotion(), talk(5, 400, ELSEWHERE, 3.0)
    held = []
    for seed in range(6):
        fitted = adapt_emotions(shipped, talk(20 + seed, 20, ELSEWHERE, 3.0))
        assert (fitted.sets.conversations, fitted.sets.expected) == (20, EXPECTED)
        assert fitted.sets.highest_coverage == pytest.approx(30 / 31)
        sets = fitted.sets.sets(fitted.apply(test.logits), 0.9)
        held.append(coverage_per_conversation(sets, gold(test), test.conversation).mean())
    assert 0.88 < np.mean(held) < 0.97
    before = shipped.sets.sets(shipped.apply(test.logits), 0.9)
    assert coverage_per_conversation(before, gold(test), test.conversation).mean() < np.mean(held) - 0.05


def test_what_is_accepted_is_wrong_about_as_often_as_asked_for() -> None:
    shipped, test = emotion(), talk(6, 400, ELSEWHERE, 3.0)
    wrong = []
    for seed in range(6):
        fitted = adapt_emotions(shipped, talk(40 + seed, 20, ELSEWHERE, 3.0))
        p = fitted.apply(test.logits)
        accepted = fitted.abstention.accept(p.max(axis=1))
        assert accepted.any()
        wrong.append((p.argmax(axis=1) != gold(test))[accepted].mean())
    assert np.mean(wrong) < shipped.abstention.risk + 0.07


def test_a_conversation_is_scored_by_the_others_alone() -> None:
    given = talk(7, 12, ELSEWHERE, 3.0)
    spoilt = given.shares.copy()
    first = given.conversation == 0
    spoilt[first] = np.roll(spoilt[first], 1, axis=1)
    found, again = held_out(emotion(), given), held_out(emotion(), given._replace(shares=spoilt))
    # Conversations 0 and 10 are of one fold.
    same = np.isin(given.conversation, (0, 10))
    assert found[same] == pytest.approx(again[same])
    assert not np.allclose(found[~same], again[~same])


def test_annotators_count_by_their_shares() -> None:
    given = talk(8, 30, ELSEWHERE, 3.0)
    twice = labelled(
        {"full": np.repeat(given.logits["full"], 2, axis=0)},
        np.repeat(given.shares, 2, axis=0),
        np.repeat(given.conversation, 2),
    )
    other = np.roll(given.shares, 1, axis=1)
    split = fit_weights(emotion(), given._replace(shares=(given.shares + other) / 2))
    both = twice.shares.copy()
    both[1::2] = other
    apart = fit_weights(emotion(), twice._replace(shares=both))
    assert split.mixture.temperature == pytest.approx(apart.mixture.temperature, rel=0.15)
    assert split.prior == pytest.approx(apart.prior, abs=0.25)


def test_it_leans_on_the_prior_that_ships() -> None:
    shipped = replace(emotion(), prior=(0.0, -3.0, 0.0, 0.0, 1.0, 0.0, 0.0))
    fitted = fit_weights(shipped, talk(9, 2, np.array(shipped.prior), shipped.mixture.temperature))
    away = np.array(fitted.prior) - np.array(shipped.prior)
    assert np.ptp(away) < 2.0


@pytest.mark.parametrize("shares", [np.full((9, 7), 0.2), np.full((9, 7), np.nan), np.eye(7)])
def test_shares_that_are_none_are_refused(shares: np.ndarray) -> None:
    with pytest.raises(ValueError, match="shares"):
        labelled({"full": np.zeros((9, 7))}, shares, np.zeros(9, np.int64))


def test_one_conversation_cannot_be_left_out() -> None:
    with pytest.raises(ValueError, match="two"):
        adapt_emotions(emotion(), talk(1, 1, ELSEWHERE, 3.0))
