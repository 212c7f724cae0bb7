from __future__ import annotations

import numpy as np
import pytest

from heartsay.errors import InputError
from heartsay.media.log_mel import BLOCK, MEL_BANDS, log_mel, resampled
from heartsay.media.voice_functionals import HOP, mel_centres

RATE = 16_000


def tone(frequency: float, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)


@pytest.mark.parametrize("band", [5, 20, 45, 60])
def test_a_tone_is_loudest_in_its_own_band(band: int) -> None:
    frames = log_mel(tone(float(mel_centres(MEL_BANDS)[band])))
    assert frames.shape == (98, MEL_BANDS)
    assert set(frames.argmax(1).tolist()) <= {band - 1, band, band + 1}, "a bin may lie nearer to a neighbour"


def test_ten_times_the_power_is_ten_decibels_and_silence_is_the_floor() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE) * 0.01
    assert log_mel(noise * np.sqrt(10)) - log_mel(noise) == pytest.approx(10, abs=0.01)
    assert log_mel(np.zeros(RATE)) == pytest.approx(-100)


def test_frames_do_not_depend_on_the_block_that_they_are_in() -> None:
    noise = np.random.default_rng(0).standard_normal((BLOCK + 5) * HOP)
    late = log_mel(noise[BLOCK * HOP :])
    assert log_mel(noise)[BLOCK:] == pytest.approx(late, abs=1e-4)


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros(399), RATE, "400 samples"),
        (np.zeros((RATE, 2)), RATE, "one channel"),
        (np.zeros(RATE), 8000, "16000 samples per second"),
        (np.full(RATE, np.nan), RATE, "finite"),
    ],
)
def test_what_cannot_be_described_has_its_sentence(samples: np.ndarray, rate: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        log_mel(samples, rate)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
def test_a_tone_stays_what_it_is_at_another_rate(rate: int) -> None:
    other = resampled(tone(440, 2.0, rate), rate, RATE)
    assert len(other) == 2 * RATE
    assert other[800:-800] == pytest.approx(tone(440, 2.0)[800:-800], abs=1e-3)


def test_what_the_lower_rate_cannot_carry_is_taken_off_and_not_mirrored() -> None:
    assert np.abs(resampled(tone(6_000), RATE, 8_000)[400:-400]).max() < 1e-3


@pytest.mark.parametrize("length", [0, 1, 7, 400, 16_001])
def test_any_length_can_be_resampled(length: int) -> None:
    there = resampled(np.ones(length, np.float32), RATE, 44_100)
    assert len(there) == round(length * 44_100 / RATE)
    assert there == pytest.approx(1.0, abs=0.2)
