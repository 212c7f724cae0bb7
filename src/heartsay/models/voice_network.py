"""A small convolutional network for voices; it says what listeners hear and what the speaker acts.

Log-mel frames go through residual convolutions, then attentive statistics over time (Okabe, Koshinaka and
Shinoda 2018, "Attentive Statistics Pooling for Deep Speaker Embedding"): a weighted mean and deviation per
channel. About 700,000 weights. The level of a recording does not count: the frames are centred first. What is
no frame of the utterance is silenced after every layer, so that padding changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from heartsay.labels import CREMA_D
from heartsay.models.layers.convolution import Convolution, Residual

CHANNELS = (32, 64, 128)
STRIDES = (2, 1, 2, 1)
"""Of the residual blocks, after a stem that halves time and spectrum as well."""

ATTENTION = 64
"""Width of the layer that weighs frames."""

RANGE = 80.0
"""What lies further below the loudest cell, in dB, counts as lying so far below it."""

SCALE = 15.0
"""dB that become 1: about the deviation of the cells of an utterance."""


class VoiceReading(NamedTuple):
    """What the network says of N utterances, as logits of CREMA-D's six emotions.

    Attributes:
        heard: what listeners would vote for from the voice alone, (N, 6).
        acted: what the speaker was asked to act, (N, 6).
    """

    heard: Tensor
    acted: Tensor


class VoiceTrunk(nn.Module):
    """From log-mel frames to one vector per utterance, which what is asked of voices starts from."""

    def __init__(self, channels: tuple[int, int, int]) -> None:
        super().__init__()
        first, second, third = channels
        self.stem = Convolution(1, first, 5, stride=2)
        widths = ((first, second), (second, second), (second, third), (third, third))
        self.blocks = nn.ModuleList(Residual(*w, stride) for w, stride in zip(widths, STRIDES, strict=True))
        # Where in the spectrum something lies counts: two halves of it are kept apart.
        width = 2 * third
        self.attention = nn.Sequential(nn.Linear(width, ATTENTION), nn.Tanh(), nn.Linear(ATTENTION, width))
        self.width = 2 * width

    def pooled(self, frames: Tensor, real: Tensor) -> Tensor:
        """Weighted means and deviations over time, (N, width); arguments as of the networks."""
        x = centred(frames, real)[:, None].contiguous(memory_format=torch.channels_last)  # (N, 1, T, 64)
        real = real[:, ::2]
        x = self.stem(x, real)
        for block, stride in zip(self.blocks, STRIDES, strict=True):
            real = real[:, ::stride]
            x = block(x, real)
        # (N, C, T', 8) -> (N, T', 2C): lower and upper half of the spectrum
        halves = x.unflatten(3, (2, -1)).mean(4).permute(0, 2, 1, 3).flatten(2)
        weight = self.attention(halves).masked_fill(~real[..., None], float("-inf")).softmax(1)
        mean = (weight * halves).sum(1)
        variance = (weight * (halves - mean[:, None]) ** 2).sum(1)
        return torch.cat([mean, variance.clamp(min=1e-6).sqrt()], 1)


class VoiceNetwork(VoiceTrunk):
    """From log-mel frames to emotions."""

    def __init__(self, channels: tuple[int, int, int] = CHANNELS, dropout: float = 0.3) -> None:
        super().__init__(channels)
        self.dropout = nn.Dropout(dropout)
        self.heard = nn.Linear(self.width, len(CREMA_D))
        self.acted = nn.Linear(self.width, len(CREMA_D))
        # With channels last, a CPU runs these convolutions faster.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, frames: Tensor, real: Tensor) -> VoiceReading:
        """Read utterances.

        Args:
            frames: as `heartsay.media.log_mel` gives them, in dB, (N, T, 64).
            real: which of them are no padding, bool (N, T): the first of each utterance, one at least.
        """
        pooled = self.dropout(self.pooled(frames, real))
        return VoiceReading(self.heard(pooled), self.acted(pooled))


def centred(frames: Tensor, real: Tensor) -> Tensor:
    """Frames with the mean of their utterance taken off, (N, T, 64); padding is 0.

    Cells far below the loudest are raised first, so that digital silence weighs no more than a quiet room.
    """
    cells = real[..., None]
    peak = frames.masked_fill(~cells, float("-inf")).amax((1, 2), keepdim=True)
    raised = torch.maximum(frames, peak - RANGE) * cells
    mean = raised.sum((1, 2), keepdim=True) / (cells.sum((1, 2), keepdim=True) * frames.shape[2])
    return (raised - mean) / SCALE * cells
