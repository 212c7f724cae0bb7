"""What a narrow line cut off is found and filled in; what it carried stays."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from heartsay.media import Sound, log_mel, narrow_band, resampled
from heartsay.media.conditions import CONDITIONS
from heartsay.media.log_mel import MEL_BANDS
from heartsay.media.voice_functionals import mel_centres

RATE = 16_000
CENTRE = mel_centres(MEL_BANDS)


def voice(seed: int, pitch: float = 130.0) -> np.ndarray:
    """Harmonics that fall off by 6 dB an octave under a beating envelope, and some breath."""
    time = np.arange(RATE) / RATE
    random = np.random.default_rng(seed)
    wave = sum(
        np.sin(2 * np.pi * pitch * k * time + random.uniform(0, 6)) / k for k in range(1, int(7500 / pitch))
    )
    envelope = 0.55 + 0.45 * np.sin(2 * np.pi * 3 * time + random.uniform(0, 6))
    sound = 0.2 * wave * envelope + 0.002 * random.standard_normal(RATE)
    return sound.astype(np.float32)


def heard(sound: np.ndarray, condition: str) -> np.ndarray:
    return log_mel(CONDITIONS[condition](sound, RATE, np.random.default_rng(0)))


@pytest.mark.parametrize(
    ("condition", "missing"),
    [
        ("clean", ""),
        ("noise 5 dB", ""),
        ("20 dB softer", ""),
        ("20 dB louder, clipped", ""),
        ("8,000 samples a second", "above 4,000 Hz"),
        ("telephone", "above 3,400 Hz and below 300 Hz"),
        ("telephone with noise 15 dB", "above 3,400 Hz and below 300 Hz"),
    ],
)
def test_what_a_line_did_not_carry_is_found(condition: str, missing: str) -> None:
    found = narrow_band.lacking(heard(voice(1), condition))
    assert found.any() == bool(missing)
    assert not missing or narrow_band.named(found) == missing
    edges = {"": (0, 9000), "above 4,000 Hz": (0, 3900), "above 3,400 Hz and below 300 Hz": (320, 3400)}
    low, high = edges[missing]
    assert np.array_equal(found, (low >= CENTRE) | (high < CENTRE))


def decoded(sound: np.ndarray, folder: Path) -> np.ndarray:
    """A WAV file of 8,000 samples a second, read as recordings are."""
    path = folder / "call.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((resampled(sound, RATE, 8000).clip(-1, 1) * 32767).astype("<i2").tobytes())
    return np.concatenate([block[0] for block in Sound(path, RATE).blocks()])


def changed(sound: np.ndarray, how: str) -> np.ndarray:
    """The same, with what happens to calls."""
    if how == "a click":
        sound = sound.copy()
        sound[len(sound) // 2] += 0.05
    return {"30 dB softer": sound * 10**-1.5, "clipped": (10 * sound).clip(-1, 1)}.get(how, sound)


@pytest.mark.parametrize("how", ["as it is", "a click", "30 dB softer", "clipped"])
@pytest.mark.parametrize("line", ["8,000 samples a second", "telephone"])
def test_a_line_is_found_in_files_as_they_are_decoded(tmp_path: Path, line: str, how: str) -> None:
    pytest.importorskip("av")
    call = CONDITIONS[line](voice(2), RATE, np.random.default_rng(0))
    assert narrow_band.lacking(log_mel(decoded(changed(call, how), tmp_path)))[CENTRE > 4000].all()
    assert not narrow_band.lacking(log_mel(changed(voice(2), how))).any()


def test_what_is_filled_in_is_near_what_was_there_and_the_rest_stays() -> None:
    pitches = np.linspace(90, 240, 24)
    pairs = [(heard(voice(k, p), "telephone"), log_mel(voice(k, p))) for k, p in enumerate(pitches)]
    weights = narrow_band.fit(pairs)
    assert weights.shape == (narrow_band.INPUTS, narrow_band.OUTPUTS)
    whole = log_mel(voice(99, 150.0))
    narrow = heard(voice(99, 150.0), "telephone")
    missing = narrow_band.lacking(narrow)
    filled = narrow_band.completed(narrow, weights, missing)
    assert filled.dtype == np.float32
    assert np.array_equal(filled[:, ~missing], narrow[:, ~missing])

    def error(frames: np.ndarray) -> float:
        return float(np.sqrt(np.mean((frames[:, missing] - whole[:, missing]) ** 2)))

    assert error(filled) < 6
    assert error(narrow) > 20


def test_how_loud_a_recording_is_does_not_count() -> None:
    weights = narrow_band.fit([(heard(voice(k), "telephone"), log_mel(voice(k))) for k in range(8)])
    narrow = heard(voice(9), "telephone")
    missing = narrow_band.lacking(narrow)
    softer = narrow_band.completed(narrow - 20, weights, missing)
    assert softer == pytest.approx(narrow_band.completed(narrow, weights, missing) - 20, abs=1e-3)


@pytest.mark.parametrize("frames", [1, 2])
def test_few_frames_are_enough(frames: int) -> None:
    weights = np.zeros((narrow_band.INPUTS, narrow_band.OUTPUTS), np.float32)
    narrow = heard(voice(1), "telephone")[:frames]
    assert np.isfinite(narrow_band.completed(narrow, weights, narrow_band.lacking(narrow))).all()


def test_missing_bands_have_words() -> None:
    assert narrow_band.named(narrow_band.PAST_HALF) == "above 4,000 Hz"
    assert narrow_band.named(narrow_band.ABOVE | narrow_band.BELOW) == "above 3,400 Hz and below 300 Hz"
