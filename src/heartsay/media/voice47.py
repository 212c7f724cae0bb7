"""The 47 numbers that published voice features of MELD consist of: means and deviations of cepstra, spectrum,
chroma and level, as librosa's defaults give them at 22.05 kHz.

Frames of 2,048 samples every 512, centred on their place, with zeros around the sound. They are computed with
numpy alone and equal librosa 0.11 within rounding (McFee et al., "librosa: Audio and Music Signal Analysis in
Python", SciPy 2015). That the published file was made by this recipe can be checked by distribution only.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import InputError

Floats = NDArray[np.float32]

VOICE47_RATE = 22_050
"""Samples per second that the numbers are defined at."""

FFT, HOP = 2048, 512
"""Samples of a frame and of its transform, and between frames."""

CEPSTRA, MEL_BANDS, PITCHES = 20, 128, 12
FLOOR, RANGE = 1e-10, 80.0
"""Least power of a mel band, and how many dB below the loudest a band may lie."""

ROLLOFF = 0.85
"""Share of a frame's magnitudes that lies below its rolloff."""

PITCH_RANGE, PITCH_SHARE = (150.0, 4000.0), 0.1
"""Where peaks are looked for that tell the tuning, in Hz, and how high they must be beside the highest."""

VOICE47: tuple[str, ...] = (
    *(f"mfcc{k}_mean" for k in range(1, CEPSTRA + 1)),
    *(f"mfcc{k}_std" for k in range(1, CEPSTRA + 1)),
    *("centroid_mean", "rolloff_mean", "bandwidth_mean", "zcr_mean", "chroma_mean", "chroma_std", "rms_mean"),
)
"""What each number is, in order. Frequencies in Hz, level in full scale."""


def voice47(samples: NDArray[np.floating], rate: int = VOICE47_RATE) -> Floats:
    """Describe the voice of one utterance.

    Args:
        samples: from -1 to 1, one channel, (N,).
        rate: samples per second; must be `VOICE47_RATE`.

    Returns:
        One finite number per name in `VOICE47`, (47,).

    Raises:
        InputError: another rate, several channels, no samples, or samples that are not finite.
    """
    if rate != VOICE47_RATE or samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all():
        raise InputError(
            expected=f"one channel of finite samples, {VOICE47_RATE:,} a second",
            found=f"an array of shape {samples.shape} at {rate:,} a second",
            where="audio samples",
            do="decode the recording again, mix its channels and resample it",
        )
    sound = samples.astype(np.float32)
    frames = _frames(np.pad(sound, FFT // 2))  # (T, FFT)
    power = _power(frames)  # (T, FFT/2+1)
    cepstra = _cepstra(power)  # (T, CEPSTRA)
    chroma = _chroma(power)  # (T, PITCHES)
    values = [
        cepstra.mean(0),
        cepstra.std(0),
        _spectrum(np.sqrt(power)),
        [_zero_crossings(sound), chroma.mean(), chroma.std()],
        [np.sqrt(np.mean(frames**2, 1)).mean()],
    ]
    return np.concatenate(values).astype(np.float32)


def _frames(padded: Floats) -> Floats:
    frames: Floats = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    return frames


def _power(frames: Floats) -> Floats:
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)).astype(np.float32)
    spectrum = np.fft.rfft(frames * window)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)


def _cepstra(power: Floats) -> Floats:
    decibel: Floats = np.float32(10) * np.log10(np.maximum(power @ _mel_filters(), np.float32(FLOOR)))
    cepstra: Floats = np.maximum(decibel, decibel.max() - np.float32(RANGE)) @ _cosines()
    return cepstra


@cache
def _mel_filters() -> Floats:
    """Triangles on Slaney's mel scale, each of one area, (FFT/2+1, MEL_BANDS)."""
    highest = 15 + 27 * np.log(VOICE47_RATE / 2 / 1000) / np.log(6.4)  # linear to 1 kHz, where it is 15
    mel = np.linspace(0, highest, MEL_BANDS + 2)
    edges = np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))
    frequency = np.fft.rfftfreq(FFT, 1 / VOICE47_RATE)[:, None]
    rising = (frequency - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - frequency) / np.diff(edges)[1:]
    triangles = np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])
    return np.asarray(triangles, np.float32)


@cache
def _cosines() -> Floats:
    """The first rows of the orthonormal cosine transform, (MEL_BANDS, CEPSTRA)."""
    angle = np.pi * np.outer(np.arange(MEL_BANDS) + 0.5, np.arange(CEPSTRA)) / MEL_BANDS
    scale = np.full(CEPSTRA, np.sqrt(2 / MEL_BANDS))
    scale[0] = np.sqrt(1 / MEL_BANDS)
    return np.asarray(np.cos(angle) * scale, np.float32)


def _spectrum(magnitude: Floats) -> list[float]:
    """Means over the frames of centroid, rolloff and bandwidth, in Hz."""
    frequency = np.fft.rfftfreq(FFT, 1 / VOICE47_RATE)
    total = magnitude.sum(1, keepdims=True)
    share = magnitude / np.where(total < np.finfo(np.float32).tiny, 1, total)
    centroid = share @ frequency  # (T,)
    spread = np.sqrt(np.maximum(0, (share * (frequency - centroid[:, None]) ** 2).sum(1)))
    gathered = np.cumsum(magnitude, 1)
    rolloff = frequency[(gathered >= ROLLOFF * gathered[:, -1:]).argmax(1)]
    return [float(centroid.mean()), float(rolloff.mean()), float(spread.mean())]


def _zero_crossings(sound: Floats) -> float:
    """Mean share of neighbouring samples of a frame that differ in sign; what is nearly zero is positive."""
    negative = np.pad(sound, FFT // 2, mode="edge") < -FLOOR
    changes = np.concatenate([[0], np.cumsum(negative[1:] != negative[:-1])])
    starts = np.arange(0, len(negative) - FFT + 1, HOP)
    return float(((changes[starts + FFT - 1] - changes[starts]) / FFT).mean())


def _chroma(power: Floats) -> Floats:
    """Share of each pitch class in each frame, the strongest of a frame 1, (T, PITCHES)."""
    raw = power @ _pitch_filters(_tuning(power))
    highest = raw.max(1, keepdims=True)
    chroma: Floats = raw / np.maximum(highest, np.finfo(np.float32).tiny)
    return chroma


def _tuning(power: Floats) -> int:
    """By how many hundredths of a semitone, -50 to 49, most louder peaks lie above equal temperament."""
    frequency = np.fft.rfftfreq(FFT, 1 / VOICE47_RATE)
    first, stop = np.searchsorted(frequency, PITCH_RANGE)
    before, here, after = power[:, first - 1 : stop - 1], power[:, first:stop], power[:, first + 1 : stop + 1]
    least = PITCH_SHARE * power.max(1, keepdims=True)
    # A neighbour that is too low counts as silence, which no peak is lower than.
    peak = (here > least) & (here > np.where(before > least, before, 0))
    peak &= here >= np.where(after > least, after, 0)
    frame, bin_ = np.nonzero(peak)
    left, middle, right = before[frame, bin_], here[frame, bin_], after[frame, bin_]
    curve, slope = left + right - 2 * middle, (right - left) / 2
    bent = np.abs(slope) < np.abs(curve)
    shift = np.where(bent, -slope / np.where(bent, curve, 1), 0)
    height = middle + slope * shift / 2
    pitch = (bin_ + first + shift) * VOICE47_RATE / FFT
    if not len(pitch):
        return 0
    semitones = PITCHES * np.log2(pitch[height >= np.median(height)] / 27.5)
    residual = np.mod(semitones, 1.0)
    residual[residual >= 0.5] -= 1
    counts, _ = np.histogram(residual, np.linspace(-0.5, 0.5, 101))
    return int(counts.argmax()) - 50


@cache
def _pitch_filters(tuning: int) -> Floats:
    """How much each frequency belongs to each pitch class from C, (FFT/2+1, PITCHES).

    Bells one bin or one semitone wide, weighted by a broad bell around the fifth octave (D. Ellis's chroma).
    """
    frequency = np.arange(1, FFT) * VOICE47_RATE / FFT
    semitone = PITCHES * np.log2(frequency / (27.5 * 2 ** (tuning / 100 / PITCHES)))
    semitone = np.concatenate([[semitone[0] - 1.5 * PITCHES], semitone])  # (FFT,)
    width = np.concatenate([np.maximum(np.diff(semitone), 1.0), [1.0]])
    away = np.mod(np.subtract.outer(semitone, np.arange(PITCHES)) + PITCHES / 2, PITCHES) - PITCHES / 2
    bells = np.exp(-0.5 * (2 * away / width[:, None]) ** 2)
    bells /= np.sqrt((bells**2).sum(1, keepdims=True))
    bells *= np.exp(-0.5 * ((semitone / PITCHES - 5.0) / 2) ** 2)[:, None]
    return np.asarray(np.roll(bells, -3, axis=1)[: FFT // 2 + 1], np.float32)
