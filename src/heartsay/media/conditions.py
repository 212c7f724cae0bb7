"""The same sound under worse conditions: what a model that is to be robust is measured under.

Each function takes one channel, (N,), and its sample rate and gives one channel at the same rate. Whatever is
random follows from a generator that the caller seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from heartsay.media.log_mel import resampled

Samples = NDArray[np.float32]

TELEPHONE_BAND = (300.0, 3400.0)
"""What a telephone line carries, in Hz (ITU-T G.712)."""

TELEPHONE_RATE = 8_000
EDGE = 100.0
"""Width of the slopes of the band in Hz, half a cosine each."""

MU = 255
"""Of the law by which a telephone line rounds loud samples more than soft ones (ITU-T G.711)."""


def telephone_gain(frequency: NDArray[np.floating]) -> NDArray[np.float64]:
    """What the line leaves of the amplitude at each frequency in Hz, from 0 to 1."""
    low, high = TELEPHONE_BAND
    inside = np.minimum((frequency - (low - EDGE)) / EDGE, ((high + EDGE) - frequency) / EDGE).clip(0, 1)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * inside))


def telephone(samples: Samples, rate: int) -> Samples:
    """As it comes out of a telephone line: 300 to 3,400 Hz, 8,000 samples a second, 8 bits by the mu law."""
    gain = telephone_gain(np.fft.rfftfreq(len(samples), 1 / rate))
    narrow = np.fft.irfft(np.fft.rfft(samples) * gain, len(samples))
    line = resampled(narrow.astype(np.float32), rate, TELEPHONE_RATE).clip(-1, 1)
    coded = np.round(np.sign(line) * np.log1p(MU * np.abs(line)) / np.log1p(MU) * 127) / 127
    decoded = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(MU)) / MU
    return _as_long(resampled(decoded.astype(np.float32), TELEPHONE_RATE, rate), len(samples))


def coarse(samples: Samples, rate: int) -> Samples:
    """As a recording of 8,000 samples a second keeps it: nothing above 4,000 Hz, all that is below."""
    return _as_long(resampled(resampled(samples, rate, TELEPHONE_RATE), TELEPHONE_RATE, rate), len(samples))


def noisy(samples: Samples, decibel: float, random: np.random.Generator, slope: float = -1.0) -> Samples:
    """With noise that lies so many dB below the mean power of the sound.

    Args:
        samples: one channel.
        decibel: ratio of signal to noise.
        random: of the noise.
        slope: power of the frequency that its power follows: 0 white, -1 pink.
    """
    spectrum = np.fft.rfft(random.standard_normal(len(samples)))
    bin_number = np.maximum(1, np.arange(len(spectrum)))
    noise = np.fft.irfft(spectrum * bin_number ** (slope / 2), len(samples))
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    scale = np.sqrt(power / max(float(np.mean(noise**2)), 1e-20) * 10 ** (-decibel / 10))
    return np.asarray(samples + scale * noise, np.float32)


def louder(samples: Samples, decibel: float) -> Samples:
    """By so many dB, negative for softer, and cut where it leaves the range from -1 to 1."""
    return np.asarray(np.clip(samples * 10 ** (decibel / 20), -1, 1), np.float32)


def faster(samples: Samples, factor: float) -> Samples:
    """As a tape that runs so many times as fast: shorter and higher, longer and lower below 1."""
    steps = 100
    return resampled(samples, round(steps * factor), steps)


Condition = Callable[[Samples, int, np.random.Generator], Samples]

CONDITIONS: Mapping[str, Condition] = {
    "clean": lambda samples, rate, random: samples,
    "8,000 samples a second": lambda samples, rate, random: coarse(samples, rate),
    "telephone": lambda samples, rate, random: telephone(samples, rate),
    "noise 15 dB": lambda samples, rate, random: noisy(samples, 15, random),
    "noise 5 dB": lambda samples, rate, random: noisy(samples, 5, random),
    "telephone with noise 15 dB": lambda samples, rate, random: telephone(noisy(samples, 15, random), rate),
    "20 dB softer": lambda samples, rate, random: louder(samples, -20),
    "20 dB louder, clipped": lambda samples, rate, random: louder(samples, 20),
    "speed 0.9": lambda samples, rate, random: faster(samples, 0.9),
    "speed 1.1": lambda samples, rate, random: faster(samples, 1.1),
}
"""What a voice model is measured under, by name."""


def _as_long(samples: Samples, length: int) -> Samples:
    """Cut or filled with zeros, where resampling there and back came out a sample off."""
    return np.pad(samples, (0, max(0, length - len(samples))))[:length]
