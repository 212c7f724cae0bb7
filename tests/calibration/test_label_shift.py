from __future__ import annotations

import numpy as np
import pytest

from heartsay.calibration import label_shift
from heartsay.calibration.label_shift import guess_shares

HOME = np.array([0.6, 0.3, 0.1])


def drawn(shares: np.ndarray, count: int = 4000) -> np.ndarray:
    """Distributions that are calibrated at home, of data with other shares and nothing else that differs."""
    random = np.random.default_rng(0)
    gold = random.choice(3, size=count, p=shares)
    scores = random.normal(size=(count, 3))
    scores[np.arange(count), gold] += 2.0
    weighted = np.exp(2.0 * scores) * HOME  # normal with a shift of 2 and variance 1: log-odds of 2 times it
    return weighted / weighted.sum(axis=1, keepdims=True)


def test_without_being_held_back_it_finds_the_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_shift, "HELD_BACK", 0.0)
    shares = np.array([0.2, 0.3, 0.5])
    assert guess_shares(drawn(shares), HOME) == pytest.approx(shares, abs=0.03)
    assert guess_shares(drawn(HOME), HOME) == pytest.approx(HOME, abs=0.03)


def test_it_goes_part_of_the_way() -> None:
    shares = np.array([0.2, 0.3, 0.5])
    found = guess_shares(drawn(shares), 10 * HOME)
    assert found.sum() == pytest.approx(1.0)
    assert HOME[2] < found[2] < shares[2]
    assert HOME[0] > found[0] > shares[0]


@pytest.mark.parametrize("home", [[0.5, 0.5], [0.5, 0.5, 0.0], [1.0, 1.0, -1.0]])
def test_shares_that_are_none_are_refused(home: list[float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        guess_shares(np.full((2, 3), 1 / 3), home)
