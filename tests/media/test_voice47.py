"""The 47 numbers are librosa's own at its defaults."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.dummies.recordings import tone

from heartsay.errors import InputError
from heartsay.media import VOICE47, VOICE47_RATE, voice47

RANDOM = np.random.default_rng(3)


def sounds() -> dict[str, NDArray[np.floating]]:
    vowel = sum(tone(1.3, 140.0 * k, VOICE47_RATE, 0.3 / k) for k in range(1, 20))
    noise = RANDOM.normal(0, 0.05, 30_000)
    return {
        "a vowel in noise": np.asarray(vowel + RANDOM.normal(0, 0.01, len(np.atleast_1d(vowel)))),
        "noise": noise,
        "noise after a silence": np.concatenate([np.zeros(20_000), noise]),
        "less than a frame": noise[:700],
        "silence": np.zeros(5_000),
        "quiet and detuned": tone(2.0, 452.0, VOICE47_RATE, 0.001) + RANDOM.normal(0, 1e-5, 44_100),
    }


def by_librosa(librosa: Any, samples: NDArray[np.floating]) -> NDArray[np.floating]:
    feature, sound = librosa.feature, {"y": samples.astype(np.float32), "sr": VOICE47_RATE}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of short and of silent sound
        cepstra, chroma = feature.mfcc(**sound), feature.chroma_stft(**sound)
        rest = [
            feature.spectral_centroid(**sound).mean(),
            feature.spectral_rolloff(**sound).mean(),
            feature.spectral_bandwidth(**sound).mean(),
            feature.zero_crossing_rate(sound["y"]).mean(),
            chroma.mean(),
            chroma.std(),
            feature.rms(y=sound["y"]).mean(),
        ]
    return np.concatenate([cepstra.mean(1), cepstra.std(1), rest])


@pytest.mark.parametrize("name", sounds())
def test_they_are_librosas(name: str) -> None:
    librosa = pytest.importorskip("librosa", reason="librosa is not installed")
    samples = sounds()[name]
    found = voice47(samples)
    assert found.shape == (len(VOICE47),) == (47,)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_librosa(librosa, samples), rtol=2e-5, atol=2e-3)


def test_of_silence_all_numbers_are_finite() -> None:
    assert np.isfinite(voice47(np.zeros(1))).all()


@pytest.mark.parametrize(
    ("samples", "rate"),
    [
        (np.zeros(900), 16_000),
        (np.zeros((2, 900)), VOICE47_RATE),
        (np.zeros(0), VOICE47_RATE),
        (np.full(900, np.nan), VOICE47_RATE),
    ],
)
def test_what_cannot_be_described_is_refused(samples: NDArray[np.floating], rate: int) -> None:
    with pytest.raises(InputError, match="22,050"):
        voice47(samples, rate)
