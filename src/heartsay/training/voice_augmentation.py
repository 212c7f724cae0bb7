"""Log-mel frames as they might have been recorded: telephone band, noise, speed, and parts that are missing.

All of it happens on the frames, which costs a hundredth of what it costs on samples. Power adds up where
noise is added, apart from the phases, which noise does not keep anyway. How loud a recording is does not
reach the network (`models.voice_network.centred`), so there is nothing to vary. Everything is drawn from
torch's generator.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from heartsay.media import MEL_BANDS
from heartsay.media.conditions import MU, TELEPHONE_RATE, telephone_gain
from heartsay.media.voice_functionals import FFT, SAMPLE_RATE, mel_centres, mel_filters
from heartsay.training.optimisation import NotNegative, Share

FLOOR = -100.0
"""dB of digital silence."""

LOUDNESS = (5.0, 30.0)
"""Least and most dB by which the voice is above the noise."""

ROUNDING = 10 * math.log10((math.log1p(MU) / 127) ** 2 / 12)
"""dB of a telephone's rounding noise over the sound: a step of the mu law is 4.4% of the sample."""

GRAIN = 3
"""Of the gamma distribution by which noise of a band differs from frame to frame: about as many independent
cells of a spectrum lie in a band."""


class VoiceAugmentation(BaseModel):
    """How frames are varied while training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    telephone: Share = Field(default=0.4, description="Share of utterances through a telephone line.")
    noise: Share = Field(default=0.5, description="Share of utterances with noise.")
    tempo: NotNegative = Field(default=0.15, description="Longer or shorter by up to this share.")
    pitch: NotNegative = Field(default=0.12, description="Higher or lower by up to this share.")
    masks: int = Field(default=2, ge=0, description="Stretches of bands, and of frames, that are hidden.")


def varied(frames: Tensor, real: Tensor, settings: VoiceAugmentation) -> tuple[Tensor, Tensor]:
    """A batch as it might have been recorded.

    Args:
        frames: in dB, (N, T, 64).
        real: which are no padding, bool (N, T).
        settings: how much.

    Returns:
        Frames, (N, T', 64), and which are no padding, (N, T').
    """
    frames = stretched(frames, 1 + settings.pitch * (2 * torch.rand(()).item() - 1))
    frames, real = _slower(frames, real, 1 + settings.tempo * (2 * torch.rand(()).item() - 1))
    frames = torch.where(_chosen(frames, settings.noise), _with_noise(frames, real), frames)
    frames = torch.where(_chosen(frames, settings.telephone), _over_telephone(frames), frames)
    for _ in range(settings.masks):
        frames = _masked(frames, real, bands=8, length=30)
    return frames, real


@cache
def telephone_response() -> Tensor:
    """The share of power that a telephone line leaves of a flat spectrum in each band, (64,)."""
    frequency = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)
    return torch.from_numpy(telephone_gain(frequency) ** 2 @ mel_filters(MEL_BANDS)).float()


@cache
def _shares_of_spectrum() -> tuple[Tensor, Tensor]:
    """The share of all frequencies in each band, and how much of that the line carries at all, (64,) each."""
    frequency = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)
    width = np.gradient(mel_centres(MEL_BANDS))
    reached = (frequency <= TELEPHONE_RATE / 2) @ mel_filters(MEL_BANDS)
    return torch.from_numpy(width / width.sum()).float(), torch.from_numpy(reached).float()


def _over_telephone(frames: Tensor) -> Tensor:
    """Frames in dB as a telephone line leaves them, (N, T, 64): its band, and the noise of its 8 bits.

    By the mu law rounding adds noise in proportion to the sample, even over all frequencies that the line's
    samples carry. It is what is left beside the band, and in it between the harmonics.
    """
    width, reached = _shares_of_spectrum()
    power = 10 ** (frames / 10) * telephone_response()
    rounding = (power @ width)[..., None] * 10 ** (ROUNDING / 10) * reached / (reached @ width)
    return 10 * torch.log10(power + rounding * _grain(frames) + 10 ** (FLOOR / 10))


def _chosen(frames: Tensor, share: float) -> Tensor:
    """Which utterances something happens to, (N, 1, 1)."""
    return torch.rand(len(frames))[:, None, None] < share


def stretched(frames: Tensor, factor: float) -> Tensor:
    """Every frequency so many times as high: each band takes what lay where it now looks; (N, T, 64)."""
    centre = torch.from_numpy(mel_centres(MEL_BANDS))
    wanted = (centre / factor).contiguous()
    after = torch.searchsorted(centre, wanted).clamp(1, MEL_BANDS - 1)
    share = ((wanted - centre[after - 1]) / (centre[after] - centre[after - 1])).clamp(0, 1).float()
    return frames[..., after - 1] * (1 - share) + frames[..., after] * share


def _slower(frames: Tensor, real: Tensor, factor: float) -> tuple[Tensor, Tensor]:
    """The same in so many times as many frames."""
    length = max(1, round(frames.shape[1] * factor))
    place = (torch.arange(length) + 0.5) * frames.shape[1] / length - 0.5
    before = place.floor().long().clamp(0, frames.shape[1] - 1)
    after = (before + 1).clamp(max=frames.shape[1] - 1)
    # The frame after the last real one is padding, which must not bleed in.
    after = torch.where(real[:, after], after, before)  # (N, T')
    share = (place - before).clamp(0, 1)[None, :, None]
    rows = torch.arange(len(frames))[:, None]
    return frames[:, before] * (1 - share) + frames[rows, after] * share, real[:, before]


def _with_noise(frames: Tensor, real: Tensor) -> Tensor:
    """Noise of a random colour, in each utterance so many dB below its mean power."""
    count = len(frames)
    power = 10 ** (frames / 10)
    mean = (power * real[..., None]).sum((1, 2)) / (real.sum(1) * frames.shape[2])  # (N,)
    low, high = LOUDNESS
    ratio = low + (high - low) * torch.rand(count)
    # Bands get wider with frequency; noise of equal power per Hz has the same mean in each of them.
    tilt = -6 * torch.rand(count)  # dB per octave, white to brown
    octave = torch.from_numpy(mel_centres(MEL_BANDS)).log2().float()
    colour = 10 ** (tilt[:, None] * (octave - octave.mean()) / 10)  # (N, 64)
    colour = colour / colour.mean(1, keepdim=True)
    level = (mean * 10 ** (-ratio / 10))[:, None, None]
    return 10 * torch.log10(power + level * colour[:, None] * _grain(frames) + 10 ** (FLOOR / 10))


def _grain(frames: Tensor) -> Tensor:
    """By how much noise differs from its mean in each cell, (N, T, 64)."""
    return -torch.rand(GRAIN, *frames.shape).clamp(min=1e-6).log().mean(0)


def _masked(frames: Tensor, real: Tensor, bands: int, length: int) -> Tensor:
    """One stretch of bands and one of frames at the mean of the utterance (Park et al. 2019, SpecAugment)."""
    count, total, width = frames.shape
    cells = real[..., None]
    mean = (frames * cells).sum((1, 2), keepdim=True) / (cells.sum((1, 2), keepdim=True) * width)
    hidden_bands = _stretch(torch.full((count,), width), bands, width)[:, None]
    hidden_frames = _stretch(real.sum(1), length, total)[..., None]
    return torch.where(hidden_bands | hidden_frames, mean, frames)


def _stretch(lengths: Tensor, longest: int, places: int) -> Tensor:
    """A stretch of up to so many places, at most a fifth, in each of N sequences: bool (N, places)."""
    most = (lengths // 5).clamp(max=longest)
    length = (torch.rand(len(lengths)) * (most + 1)).floor()
    start = (torch.rand(len(lengths)) * (lengths - length + 1)).floor()
    place = torch.arange(places)
    return (place >= start[:, None]) & (place < (start + length)[:, None])
