from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsay.errors import InputError
from heartsay.media.voice_functionals import (
    FUNCTIONALS,
    SAMPLE_RATE,
    mel_filters,
    track_pitch,
    voice_functionals,
)

Floats = NDArray[np.float64]


def vowel(pitch: Floats | float, seconds: float = 1.0) -> Floats:
    """A harmonic tone whose overtones fall off as a voice's do."""
    count = int(seconds * SAMPLE_RATE)
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(pitch, count)) / SAMPLE_RATE
    return 0.1 * sum((np.sin(k * phase) / k for k in range(1, 8)), np.zeros(count))


def named(samples: Floats) -> dict[str, float]:
    return dict(zip(FUNCTIONALS, voice_functionals(samples).tolist(), strict=True))


def test_every_number_has_a_name_of_its_own() -> None:
    assert len(set(FUNCTIONALS)) == len(FUNCTIONALS) == len(voice_functionals(vowel(150)))
    assert 100 <= len(FUNCTIONALS) <= 200


@pytest.mark.parametrize("pitch", [75.0, 118.0, 210.0, 440.0])
def test_pitch_is_found_within_a_twentieth_of_a_semitone(pitch: float) -> None:
    found, periodicity = track_pitch(vowel(pitch), 90)
    inner = slice(5, -5)
    assert found[inner] == pytest.approx(12 * np.log2(pitch / 60), abs=0.05)
    assert periodicity[inner].min() > 0.9


def test_noise_has_no_pitch() -> None:
    noise = np.random.default_rng(0).normal(size=SAMPLE_RATE) * 0.1
    values = named(noise)
    assert values["share of voiced frames"] < 0.05
    assert values["pitch: slope"] == 0


def test_a_rising_voice_has_a_rising_slope() -> None:
    rising = np.linspace(100, 200, SAMPLE_RATE)  # an octave in a second
    assert named(vowel(rising))["pitch: slope"] == pytest.approx(12, abs=0.7)
    assert named(vowel(rising[::-1]))["pitch: slope"] == pytest.approx(-12, abs=0.7)


def test_twice_the_amplitude_is_six_decibels_and_changes_nothing_else() -> None:
    breath = np.random.default_rng(0).normal(size=SAMPLE_RATE) * 0.01  # no band is empty
    soft, loud = named(vowel(150) + breath), named(2 * vowel(150) + 2 * breath)
    for name, value in soft.items():
        six = name.startswith(("mel", "level")) and name.endswith(("mean", "%")) and "change" not in name
        assert loud[name] == pytest.approx(value + 20 * np.log10(2) * six, abs=0.01), name


def test_silence_around_the_words_is_no_voice() -> None:
    quiet = np.zeros(SAMPLE_RATE // 2)
    alone, framed = named(vowel(150)), named(np.concatenate([quiet, vowel(150), quiet]))
    assert framed["mel 5: mean"] == pytest.approx(alone["mel 5: mean"], abs=0.5)
    assert framed["pitch: 50%"] == pytest.approx(alone["pitch: 50%"], abs=0.1)
    assert framed["share of active frames"] == pytest.approx(0.5, abs=0.05)
    assert framed["pauses per second"] == 0


def test_a_pause_between_words_is_counted() -> None:
    quiet = np.zeros(SAMPLE_RATE // 2)
    assert named(np.concatenate([vowel(150), quiet, vowel(150)]))["pauses per second"] == pytest.approx(
        1 / 2.5, abs=0.02
    )


@pytest.mark.parametrize("samples", [np.zeros(400), np.zeros(SAMPLE_RATE), np.ones(900), vowel(150, 0.03)])
def test_the_shortest_and_the_emptiest_sound_give_finite_numbers(samples: Floats) -> None:
    assert np.isfinite(voice_functionals(samples)).all()


def test_each_mel_band_hears_its_own_tone_best() -> None:
    filters = mel_filters()
    assert filters.sum(0) == pytest.approx(1)
    peaks = filters.argmax(0)
    assert (np.diff(peaks) > 0).all()


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros(1000), 8000, "16000 samples per second"),
        (np.zeros((1000, 2)), SAMPLE_RATE, "one channel"),
        (np.zeros(399), SAMPLE_RATE, "400 samples"),
        (np.full(1000, np.nan), SAMPLE_RATE, "NaN"),
    ],
)
def test_what_is_no_utterance_is_refused(samples: Floats, rate: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        voice_functionals(samples, rate)
