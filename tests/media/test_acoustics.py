from __future__ import annotations

import numpy as np
import pytest
from tests.dummies.recordings import tone

pytest.importorskip("opensmile", reason="the extra acoustics is not installed")

from heartsay.media.acoustics import SMILE_RATE, smile_features, smile_names


def test_egemaps_hears_pitch_and_says_nothing_of_too_little_sound() -> None:
    names = smile_names("egemaps")
    sound = sum(tone(1.0, 200.0 * k, SMILE_RATE, 0.3 / k) for k in range(1, 15))
    found = smile_features(np.asarray(sound), "egemaps")
    pitch = found[names.index("F0semitoneFrom27.5Hz_sma3nz_amean")]
    assert pitch == pytest.approx(12 * np.log2(200 / 27.5), abs=0.2)
    assert found.shape == (88,)
    assert np.isnan(smile_features(np.zeros(300), "egemaps")).all()


def test_compare_has_its_6373_numbers() -> None:
    found = smile_features(np.random.default_rng(0).normal(0, 0.1, SMILE_RATE), "compare")
    assert found.shape == (6373,)
    assert len(set(smile_names("compare"))) == 6373
    assert np.isfinite(found).all()
