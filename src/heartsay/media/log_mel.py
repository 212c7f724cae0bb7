"""Sound as log-mel frames, 25 ms long and 10 ms apart: what the voice network reads.

The filters are this project's own (`voice_functionals.mel_filters`), 64 of them; nothing with a restricted
licence has a part in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heartsay.media.voice_functionals import FFT, FLOOR, FRAME, HOP, SAMPLE_RATE, checked_samples, mel_filters

MEL_BANDS = 64
"""Mel bands of a frame."""

BLOCK = 4096
"""Frames that are transformed together, so that a long recording needs no more memory than a short one."""


def log_mel(samples: NDArray[np.floating], rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """Mean power of each mel band in each frame, in dB.

    Args:
        samples: from -1 to 1, one channel, (N,).
        rate: samples per second; must be `SAMPLE_RATE` (`resampled` gets there).

    Returns:
        (T, 64), T = 1 + (N - 400) // 160; digital silence is -100 dB.

    Raises:
        InputError: another rate, several channels, less than a frame, or samples that are not finite.
    """
    samples = checked_samples(samples, rate).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]  # (T, FRAME)
    window = np.hanning(FRAME).astype(np.float32)
    filters = mel_filters(MEL_BANDS).astype(np.float32)
    blocks = []
    for start in range(0, len(frames), BLOCK):
        spectrum = np.fft.rfft(frames[start : start + BLOCK] * window, FFT)  # (T', FFT/2+1)
        power = (spectrum.real**2 + spectrum.imag**2) / FRAME
        blocks.append(10 * np.log10(power.astype(np.float32) @ filters + np.float32(FLOOR)))
    return np.concatenate(blocks)


def resampled(samples: NDArray[np.floating], rate: int, to: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """One channel at another sample rate, by cutting or extending its spectrum.

    Frequencies that both rates can carry stay as they are, none are mirrored. Both ends are continued by
    their mirror image before the transform, so that the end does not ring into the beginning.

    Args:
        samples: one channel, (N,).
        rate: its samples per second.
        to: the samples per second that are wanted.

    Returns:
        (round(N * to / rate),).
    """
    if rate == to or not len(samples):
        return np.asarray(samples, np.float32)
    margin = min(len(samples) - 1, rate // 20)
    # As many as make a whole number of samples at both rates on either side.
    step = rate // np.gcd(rate, to)
    margin -= margin % step
    padded = np.pad(np.asarray(samples, np.float64), (margin, margin), mode="reflect")
    length = _round_up(len(padded), step)
    spectrum = np.fft.rfft(np.pad(padded, (0, length - len(padded)), mode="edge"))
    wanted = length // step * (to // np.gcd(rate, to))
    kept = spectrum[: wanted // 2 + 1]
    result: NDArray[np.float64] = np.fft.irfft(kept, wanted) * (wanted / length)
    first = margin // step * (to // np.gcd(rate, to))
    return result[first : first + round(len(samples) * to / rate)].astype(np.float32)


def _round_up(number: int, step: int) -> int:
    return -(-number // step) * step
