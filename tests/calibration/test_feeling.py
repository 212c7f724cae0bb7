from __future__ import annotations

import numpy as np
import pytest

from heartsay.calibration import fit_shift, shifted


def test_a_shift_moves_log_odds_and_keeps_the_order() -> None:
    p = np.array([0.0, 0.2, 0.5, 0.9, 1.0])
    moved = shifted(p, 1.0)
    assert np.log(moved[1] / (1 - moved[1])) == pytest.approx(np.log(0.25) + 1.0)
    assert (np.diff(moved) > 0).all()
    assert (shifted(p, None) == p).all()


def test_the_fitted_shift_gives_utterances_that_are_weighed_so_the_wanted_share() -> None:
    generator = np.random.default_rng(0)
    true = generator.uniform(0.05, 0.95, 20_000)
    felt = generator.random(20_000) < true
    assert fit_shift(true, felt, float(felt.mean())) == pytest.approx(0.0, abs=0.05)
    # Felt ones half as common, all else equal: their odds are halved.
    share = 0.5 * felt.mean() / (0.5 * felt.mean() + (~felt).mean())
    assert fit_shift(true, felt, share) == pytest.approx(np.log(0.5), abs=0.05)


@pytest.mark.parametrize(("felt", "share"), [([True, True], 0.5), ([True, False], 0.0), ([True, False], 1.0)])
def test_what_cannot_be_fitted_is_refused(felt: list[bool], share: float) -> None:
    with pytest.raises(ValueError, match="both kinds"):
        fit_shift([0.4, 0.6], felt, share)
