"""Residual convolutions over images and over spectrograms (He et al. 2016, "Deep Residual Learning for Image
Recognition"), the latter with rows that are padding and stay 0.
"""

from __future__ import annotations

from torch import Tensor, nn


class Convolution(nn.Module):
    """A convolution and batch normalisation; rows that are padding are 0 after them."""

    def __init__(
        self, inputs: int, outputs: int, size: int = 3, stride: int = 1, *, active: bool = True
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False)
        self.normalisation = nn.BatchNorm2d(outputs)
        self.active = active

    def forward(self, x: Tensor, real: Tensor | None = None) -> Tensor:
        """From (N, C, H, W), of which `real` (N, H') says which rows of the result are no padding."""
        x = self.normalisation(self.convolution(x))
        x = x.relu() if self.active else x
        return x if real is None else x * real[:, None, :, None]


class Residual(nn.Module):
    """Two convolutions beside a way straight through."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.first = Convolution(inputs, outputs, stride=stride)
        self.second = Convolution(outputs, outputs, active=False)
        self.through = (
            None if (inputs, stride) == (outputs, 1) else Convolution(inputs, outputs, 1, active=False)
        )
        self.stride = stride

    def forward(self, x: Tensor, real: Tensor | None = None) -> Tensor:
        """From (N, C, H, W), of which `real` (N, H') says which rows of the result are no padding."""
        # Strided by a slice: oneDNN's gradient of a strided convolution of size 1 writes beyond its memory on
        # processors without AVX-512, for channels last that are no multiple of eight.
        straight = x if self.through is None else self.through(x[..., :: self.stride, :: self.stride], real)
        inner: Tensor = self.second(self.first(x, real), real)
        return (inner + straight).relu()
