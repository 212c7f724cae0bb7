"""A small network that tells speakers apart: one vector of length 1 per stretch of voice.

The trunk of the voice network with narrower convolutions, and a linear layer onto the sphere. Two stretches
of one speaker lie near each other whatever is said and felt in them; how near is a cosine.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heartsay.models.voice_network import VoiceTrunk

CHANNELS = (16, 32, 64)
WIDTH = 128
"""Numbers of a vector."""


class SpeakerNetwork(VoiceTrunk):
    """From log-mel frames to where on a sphere a speaker lies."""

    def __init__(self, channels: tuple[int, int, int] = CHANNELS, width: int = WIDTH) -> None:
        super().__init__(channels)
        self.projection = nn.Linear(self.width, width)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, frames: Tensor, real: Tensor) -> Tensor:
        """Vectors of length 1, (N, width).

        Args:
            frames: as `heartsay.media.log_mel` gives them, in dB, (N, T, 64).
            real: which of them are no padding, bool (N, T): the first of each stretch, one at least.
        """
        return nn.functional.normalize(self.projection(self.pooled(frames, real)).float(), dim=1)
