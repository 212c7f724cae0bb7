from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from heartsay.calibration import Sureness, fit_sureness

USUAL = Sureness(temperature=1.0, mean=0.5, spread=0.1, weight=0.0, slope=0.5, unlike=1.0)


def logits(confidence: float, rows: int) -> np.ndarray:
    """Rows (N, 2) whose top probability is the confidence."""
    return np.tile([np.log(confidence / (1 - confidence)), 0.0], (rows, 1))


def test_excess_is_the_mean_of_the_conversation_in_spreads() -> None:
    read = np.concatenate([logits(0.6, 1), logits(0.8, 1), logits(0.5, 2)])
    np.testing.assert_allclose(USUAL.excess(read, ["a", "a", "b", "b"]), [2.0, 2.0, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(USUAL.softening(np.array([0.0, 2.0])), [1.0, np.e])


def test_talk_that_is_less_sure_than_usual_is_not_sharpened() -> None:
    unsure = replace(USUAL, mean=0.9).excess(logits(0.6, 3), np.zeros(3, np.int64))
    assert unsure.tolist() == [0.0, 0.0, 0.0]


def test_few_utterances_say_less_than_many() -> None:
    shrunk = replace(USUAL, weight=4.0)
    one, many = (shrunk.excess(logits(0.9, n), np.zeros(n, np.int64))[0] for n in (1, 400))
    assert one == pytest.approx(4.0 / 5)
    assert many == pytest.approx(4.0, rel=0.02)


def test_what_is_usual_is_found_again() -> None:
    draw = np.random.default_rng(0)
    talk = np.repeat(np.arange(400), 12)
    own = 0.75 + 0.05 * draw.normal(size=400)
    confidence = np.clip(own[talk] + 0.08 * draw.normal(size=len(talk)), 0.51, 0.99)
    read = np.stack([np.log(confidence / (1 - confidence)), np.zeros(len(talk))], axis=1)
    found = fit_sureness(1.5 * read, talk, 1.5)
    assert found.mean == pytest.approx(0.75, abs=0.01)
    assert found.spread == pytest.approx(0.05, rel=0.15)
    assert found.weight == pytest.approx((0.08 / 0.05) ** 2, rel=0.3)
    assert (found.slope, found.temperature) == (0.0, 1.5)
    excess = found.excess(1.5 * read, talk)[::12]
    assert np.mean(excess > found.unlike) == pytest.approx(0.05, abs=0.01)


def test_a_single_conversation_can_be_usual() -> None:
    found = fit_sureness(logits(0.7, 5), np.zeros(5, np.int64), 1.0)
    assert found.excess(logits(0.7, 5), np.zeros(5, np.int64)).max() == pytest.approx(0.0, abs=1e-6)


def test_it_survives_json() -> None:
    assert Sureness.from_dict(json.loads(json.dumps(USUAL.to_dict()))) == USUAL


@pytest.mark.parametrize(
    "wrong", [{"spread": 0.0}, {"temperature": -1.0}, {"slope": -0.1}, {"mean": 1.2}, {"unlike": np.nan}]
)
def test_numbers_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="sureness needs"):
        replace(USUAL, **wrong)
