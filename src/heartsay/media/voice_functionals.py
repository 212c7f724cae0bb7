"""An utterance's voice as one vector: functionals of log-mel bands, loudness, spectrum shape and pitch.

Frames of 25 ms every 10 ms; pitch from the autocorrelation of 40 ms frames around the same centres, divided
by the window's own autocorrelation as proposed by Boersma (1993, IFA Proceedings 17). What describes the
spectrum looks at active frames only, those less than 40 dB below the loudest, so that the silence around the
words does not count as voice.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import InputError

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

SAMPLE_RATE = 16_000
"""Samples per second that the functionals expect."""

FRAME, HOP, FFT = 400, 160, 512
"""Samples per frame, between frames, and per transform."""

PITCH_FRAME, PITCH_FFT = 640, 2048
BANDS = 26
LOWEST_PITCH, HIGHEST_PITCH = 60.0, 500.0
ACTIVE_RANGE = 40.0
"""How far below the loudest frame, in dB, a frame still counts as voice."""

VOICED = 0.45
"""Normalised autocorrelation from which a frame counts as voiced."""

SHORTEST_VOICED = 3
"""Frames that a voiced stretch lasts at least; shorter ones are chance."""

OCTAVE_COST = 0.01
"""What a lag loses per octave, so that of nearly equal peaks the shortest period wins (Boersma 1993)."""

FLOOR = 1e-10
"""Power that is added before a logarithm: silence is -100 dB."""

_SERIES_FUNCTIONALS = ("mean", "deviation", "5%", "50%", "95%")
_SPECTRUM = ("zero crossings", "centroid", "spread", "rolloff", "flatness", "flux", "alpha ratio", "slope")

FUNCTIONALS: tuple[str, ...] = (
    *(f"mel {band}: mean" for band in range(BANDS)),
    *(f"mel {band}: deviation" for band in range(BANDS)),
    *(f"mel {band}: deviation of change" for band in range(BANDS)),
    *(f"{name}: {what}" for name in _SPECTRUM for what in ("mean", "deviation")),
    *(f"level: {what}" for what in _SERIES_FUNCTIONALS),
    "level: slope",
    "level: deviation of change",
    *(f"pitch: {what}" for what in _SERIES_FUNCTIONALS),
    "pitch: slope",
    "pitch: mean rise",
    "pitch: mean fall",
    "pitch: deviation of change",
    "periodicity: mean",
    "periodicity: deviation",
    "voiced level: deviation of change",
    "share of active frames",
    "share of voiced frames",
    "voiced stretches per second",
    "voiced stretches: mean length",
    "pauses per second",
    "duration",
)
"""What each number is, in order. Mel bands in dB; levels in dB; pitch in semitones above 60 Hz; slopes per
second; lengths in seconds; frequencies in kHz."""


def voice_functionals(samples: NDArray[np.floating], rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """Describe the voice of one utterance.

    Args:
        samples: from -1 to 1, one channel, (N,); the values are not rescaled, so a recording's level counts.
        rate: samples per second; must be `SAMPLE_RATE`.

    Returns:
        One finite number per name in `FUNCTIONALS`, (F,). Pitch of an utterance without a voiced frame is 0,
        and so is the change of fewer than two frames.

    Raises:
        InputError: another rate, several channels, less than a frame, or samples that are not finite.
    """
    samples = checked_samples(samples, rate)
    count = 1 + (len(samples) - FRAME) // HOP
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]  # (T, FRAME)
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME), FFT)) ** 2 / FRAME  # (T, FFT/2+1)
    level = 10 * np.log10(np.mean(frames**2, 1) + FLOOR)  # (T,)
    active = level > level.max() - ACTIVE_RANGE
    mel = 10 * np.log10(power @ mel_filters() + FLOOR)  # (T, BANDS)
    pitch, periodicity = track_pitch(samples, count)
    voiced = _lasting(active & (periodicity >= VOICED), SHORTEST_VOICED)
    spectrum = _spectrum(frames, power)[active]  # (A, S)
    values = [
        mel[active].mean(0),
        mel[active].std(0),
        _changes(mel, active).std(0),
        np.stack([spectrum.mean(0), spectrum.std(0)], 1).ravel(),
        *_level(level, active),
        *_pitch(pitch, voiced),
        [periodicity[active].mean(), periodicity[active].std(), _changes(level[:, None], voiced).std()],
        *_timing(active, voiced),
        [len(samples) / rate],
    ]
    return np.concatenate([np.atleast_1d(v) for v in values]).astype(np.float32)


@cache
def mel_filters(bands: int = BANDS) -> Floats:
    """Triangular filters of equal width on the mel scale from 50 to 8,000 Hz, (FFT/2+1, bands)."""
    frequency = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)
    edges = _mel_edges(bands)
    rising = (frequency[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequency[:, None]) / (edges[2:] - edges[1:-1])
    weights: Floats = np.maximum(0, np.minimum(rising, falling))
    shares: Floats = weights / weights.sum(0)
    return shares


def mel_centres(bands: int = BANDS) -> Floats:
    """Where each filter is highest, in Hz, (bands,)."""
    return _mel_edges(bands)[1:-1]


def _mel_edges(bands: int) -> Floats:
    low, high = (2595 * np.log10(1 + edge / 700) for edge in (50.0, SAMPLE_RATE / 2))
    edges: Floats = 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1)
    return edges


def track_pitch(samples: Floats, count: int) -> tuple[Floats, Floats]:
    """Pitch of each frame by autocorrelation.

    Args:
        samples: one channel at `SAMPLE_RATE`, (N,).
        count: how many frames, as long and as far apart as the spectrum's, centre on centre.

    Returns:
        Pitch in semitones above `LOWEST_PITCH`, (T,), which means something only where the second, the
        normalised autocorrelation at that period, (T,), is high.
    """
    margin = (PITCH_FRAME - FRAME) // 2
    padded = np.pad(samples, (margin, margin + PITCH_FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(padded, PITCH_FRAME)[::HOP][:count]
    frames = frames - frames.mean(1, keepdims=True)
    window = np.hanning(PITCH_FRAME)
    shortest, longest = int(SAMPLE_RATE / HIGHEST_PITCH), int(SAMPLE_RATE / LOWEST_PITCH)
    own = _autocorrelation(window[None])[0, : longest + 2]
    found = _autocorrelation(frames * window)[:, : longest + 2]
    energy = found[:, :1]
    normalised = found / np.maximum(energy, FLOOR) / (own / own[0])  # (T, longest+2)
    normalised[energy[:, 0] <= FLOOR] = 0
    inner = normalised[:, 1:-1]
    peak = (inner > normalised[:, :-2]) & (inner >= normalised[:, 2:])  # of lags 1 to longest
    peak[:, : shortest - 1] = False
    lags = np.arange(1, longest + 1)
    scored = np.where(peak, inner - OCTAVE_COST * np.log2(lags / shortest), -np.inf)
    best = scored.argmax(1)
    rows = np.arange(len(best))
    before, here, after = (normalised[rows, best + shift] for shift in (0, 1, 2))
    curve = before - 2 * here + after
    shift = np.where(curve < 0, 0.5 * (before - after) / np.where(curve < 0, curve, -1), 0.0)
    period = best + 1 + np.clip(shift, -0.5, 0.5)
    periodicity = np.where(peak.any(1), np.clip(here, 0, 1), 0.0)
    semitones = 12 * np.log2(SAMPLE_RATE / np.maximum(period, shortest - 1) / LOWEST_PITCH)
    return np.where(peak.any(1), semitones, 0.0), periodicity


def _autocorrelation(frames: Floats) -> Floats:
    spectrum = np.abs(np.fft.rfft(frames, PITCH_FFT)) ** 2
    correlation: Floats = np.fft.irfft(spectrum)
    return correlation


def _spectrum(frames: Floats, power: Floats) -> Floats:
    """Shape of each frame's spectrum, in the order of `_SPECTRUM`, (T, 8)."""
    kilohertz = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE) / 1000
    power = power + FLOOR
    total = power.sum(1)
    share = power / total[:, None]
    crossings = (np.diff(np.signbit(frames), axis=1)).mean(1)
    centroid = share @ kilohertz
    spread = np.sqrt(np.maximum(0, share @ kilohertz**2 - centroid**2))
    rolloff = kilohertz[(np.cumsum(share, 1) >= 0.85).argmax(1)]
    decibel = 10 * np.log10(power)
    flatness = decibel.mean(1) - 10 * np.log10(total / power.shape[1])
    flux = np.zeros(len(power))
    flux[1:] = np.sqrt(((np.sqrt(share[1:]) - np.sqrt(share[:-1])) ** 2).sum(1))
    low = power[:, (kilohertz >= 0.05) & (kilohertz < 1)].sum(1)
    high = power[:, (kilohertz >= 1) & (kilohertz < 5)].sum(1)
    centred = kilohertz - kilohertz.mean()
    slope = decibel @ centred / (centred @ centred)
    return np.stack(
        [crossings, centroid, spread, rolloff, flatness, flux, 10 * np.log10(high / low), slope], axis=1
    )


def _level(level: Floats, active: Booleans) -> list[Floats]:
    here = level[active]
    return [_series(here), np.array([_slope(level, active), _changes(level[:, None], active).std()])]


def _pitch(pitch: Floats, voiced: Booleans) -> list[Floats]:
    if not voiced.any():
        return [np.zeros(len(_SERIES_FUNCTIONALS) + 4)]
    change = _changes(pitch[:, None], voiced)[:, 0] * SAMPLE_RATE / HOP
    # A jump of more than half an octave within 10 ms is a mistake of the tracker, not a melody.
    change = change[np.abs(change) < 6 * SAMPLE_RATE / HOP]
    rise, fall = change[change > 0], change[change < 0]
    moves = [
        rise.mean() if rise.size else 0,
        fall.mean() if fall.size else 0,
        change.std() if change.size else 0,
    ]
    return [_series(pitch[voiced]), np.array([_slope(pitch, voiced), *moves])]


def _timing(active: Booleans, voiced: Booleans) -> list[Floats]:
    seconds = len(active) * HOP / SAMPLE_RATE
    stretches = _starts(voiced)
    length = voiced.sum() / stretches * HOP / SAMPLE_RATE if stretches else 0.0
    first, last = active.argmax(), len(active) - active[::-1].argmax()
    pauses = _starts(~active[first:last])
    return [np.array([active.mean(), voiced.mean(), stretches / seconds, length, pauses / seconds])]


def _series(values: Floats) -> Floats:
    return np.array([values.mean(), values.std(), *np.percentile(values, (5, 50, 95))])


def _changes(values: Floats, where: Booleans) -> Floats:
    """Differences between neighbouring frames that both count, (P, D); one row of 0 if there are none."""
    both = where[1:] & where[:-1]
    changes: Floats = np.diff(values, axis=0)[both]
    return changes if len(changes) else np.zeros((1, values.shape[1]))


def _slope(values: Floats, where: Booleans) -> float:
    """Slope of the straight line through the frames that count, per second."""
    time = np.flatnonzero(where) * HOP / SAMPLE_RATE
    time = time - time.mean()
    spread = float(time @ time)
    return float(time @ values[where]) / spread if spread > 0 else 0.0


def _lasting(where: Booleans, shortest: int) -> Booleans:
    """Without the stretches that are shorter than this."""
    if len(where) < shortest:
        return np.zeros_like(where)
    whole = np.lib.stride_tricks.sliding_window_view(where, shortest).all(1)
    return np.convolve(whole, np.ones(shortest)) > 0


def _starts(where: Booleans) -> int:
    return int((np.diff(where.astype(np.int8), prepend=0) == 1).sum())


def checked_samples(samples: NDArray[np.floating], rate: int) -> Floats:
    """Samples that can be described, as float64.

    Raises:
        InputError: another rate, several channels, less than a frame, or samples that are not finite.
    """

    def refuse(expected: str, found: str, do: str) -> InputError:
        return InputError(expected=expected, found=found, where="audio samples", do=do)

    if rate != SAMPLE_RATE:
        raise refuse(f"{SAMPLE_RATE} samples per second", str(rate), "resample the recording first")
    if samples.ndim != 1:
        raise refuse("one channel", f"an array of {samples.ndim} axes", "mix the channels first")
    if len(samples) < FRAME:
        raise refuse(f"{FRAME} samples (25 ms) or more", str(len(samples)), "mark the voice as missing")
    if not np.isfinite(samples).all():
        raise refuse("finite samples", "NaN or infinity", "decode the recording again")
    return samples.astype(np.float64)
