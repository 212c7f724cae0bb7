"""A residual network for grey faces of 48x48 pixels; it says what people see in a face.

About 1.2 million weights and 92 million multiplications per face. It reads the face and its mirror image and
takes the mean, since which side is which says nothing. The small network that gives features to backbones is
`face_network`; both read faces that `face_network.scaled` has freed of light and contrast.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heartsay.labels import FER_PLUS
from heartsay.models.face_network import FaceReading
from heartsay.models.layers.convolution import Convolution, Residual

WIDTHS = (32, 48, 96, 160)


class FaceExpert(nn.Module):
    """From grey faces to emotions and an embedding."""

    def __init__(self, widths: tuple[int, int, int, int] = WIDTHS, dropout: float = 0.4) -> None:
        super().__init__()
        first, second, third, last = widths
        self.convolutions = nn.Sequential(
            Convolution(1, first, 5, stride=2),  # (N, 32, 24, 24)
            Residual(first, second),
            Residual(second, third, stride=2),  # (N, 96, 12, 12)
            Residual(third, third),
            Residual(third, last, stride=2),  # (N, 160, 6, 6)
            Residual(last, last),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.dropout = nn.Dropout(dropout)
        self.emotion = nn.Linear(last, len(FER_PLUS))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> FaceReading:
        """Read faces.

        Args:
            images: grey values as `face_network.scaled` gives them, float (N, 1, 48, 48).
        """
        embedding = self.convolutions(images.contiguous(memory_format=torch.channels_last))  # (N, 160)
        if not self.training:
            mirrored = self.convolutions(images.flip(-1).contiguous(memory_format=torch.channels_last))
            embedding = (embedding + mirrored) / 2
        return FaceReading(self.emotion(self.dropout(embedding)), embedding)
