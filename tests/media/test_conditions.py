from __future__ import annotations

import numpy as np
import pytest

from heartsay.media.conditions import CONDITIONS, faster, louder, noisy, telephone

RATE = 16_000


def tone(frequency: float, level: float = 0.3) -> np.ndarray:
    return (level * np.sin(2 * np.pi * frequency * np.arange(RATE) / RATE)).astype(np.float32)


def power(samples: np.ndarray) -> float:
    return float(np.mean(np.square(samples[1600:-1600], dtype=np.float64)))


@pytest.mark.parametrize(("frequency", "passes"), [(100, False), (1000, True), (3000, True), (3900, False)])
def test_a_telephone_carries_its_band_alone(frequency: float, passes: bool) -> None:
    ratio = power(telephone(tone(frequency), RATE)) / power(tone(frequency))
    assert ratio == pytest.approx(1, abs=0.05) if passes else ratio < 1e-3


def test_a_telephone_rounds_soft_samples_less() -> None:
    for level in (0.5, 0.005):
        error = telephone(tone(1000, level), RATE) - tone(1000, level)
        assert 1e-4 < power(error) / power(tone(1000, level)) < 0.05


@pytest.mark.parametrize("slope", [0.0, -1.0])
def test_noise_lies_as_far_below_as_was_asked(slope: float) -> None:
    noise = noisy(tone(500), 15, np.random.default_rng(0), slope) - tone(500)
    assert 10 * np.log10(power(tone(500)) / power(noise)) == pytest.approx(15, abs=0.5)
    low, high = (np.abs(np.fft.rfft(noise))[part].mean() for part in (slice(100, 400), slice(4000, 7000)))
    assert low / high == pytest.approx((250 / 5500) ** (slope / 2), rel=0.15)


def test_louder_is_cut_at_full_scale_and_softer_is_not() -> None:
    assert louder(tone(500), 20).max() == 1.0
    assert louder(tone(500), -20) == pytest.approx(tone(500) / 10, abs=1e-6)


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_faster_is_shorter_and_higher(factor: float) -> None:
    quick = faster(tone(500), factor)
    assert len(quick) == pytest.approx(RATE / factor, abs=1)
    found = np.abs(np.fft.rfft(quick * np.hanning(len(quick)))).argmax() * RATE / len(quick)
    assert found == pytest.approx(500 * factor, abs=2)


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_takes_silence_and_leaves_the_recording_alone(name: str) -> None:
    silence, sound = np.zeros(RATE, np.float32), tone(500)
    assert np.isfinite(CONDITIONS[name](silence, RATE, np.random.default_rng(0))).all()
    before = sound.copy()
    worse = CONDITIONS[name](sound, RATE, np.random.default_rng(0))
    assert np.array_equal(sound, before)
    assert (name == "clean") == (len(worse) == len(sound) and np.array_equal(worse, sound))
