"""The layers of DDAMFN as its authors publish it; parts are called what their files of weights call them.

Zhang et al., Electronics 2023, doi:10.3390/electronics12173595: mixed kernels (Tan and Le 2019, "MixConv"),
coordinate attention (Hou et al., CVPR 2021), heads of both directions. `models.ddamfn` has our own variant.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

MAP_SIDE, WIDTH = 7, 512
"""Cells along each side of the map that heads look at, and its channels."""


class Normalised(nn.Module):
    """A convolution without bias, then batch normalisation."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int | tuple[int, int] = 1,
        *,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """From (N, inputs, H, W) to (N, outputs, H', W')."""
        found: Tensor = self.bn(self.conv(x))
        return found


class Activated(Normalised):
    """A convolution and batch normalisation, then PReLU with a slope for each channel."""

    def __init__(self, inputs: int, outputs: int, size: int = 1, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, size, stride=stride, padding=size // 2, groups=groups)
        self.prelu = nn.PReLU(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """From (N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        found: Tensor = self.prelu(super().forward(x))
        return found


class AxisWeights(nn.Module):
    """What each row and each column of a map weighs, by channel; the product is the weight of a cell."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(8, channels // 32)
        self.conv1 = nn.Conv2d(channels, narrow, 1)
        self.bn1 = nn.BatchNorm2d(narrow)
        self.conv2 = nn.Conv2d(narrow, channels, 1)
        self.conv3 = nn.Conv2d(narrow, channels, 1)

    def weights(self, rows: Tensor, columns: Tensor) -> Tensor:
        """Weights from 0 to 1, (N, C, H, W).

        Args:
            rows: what is known of each row, (N, C, H, 1).
            columns: what is known of each column, (N, C, 1, W).
        """
        lines = torch.cat([rows, columns.transpose(2, 3)], 2)  # (N, C, H + W, 1)
        found = nn.functional.hardswish(self.bn1(self.conv1(lines)))
        of_rows, of_columns = found.split([rows.shape[2], columns.shape[3]], 2)
        by_row, by_column = self.conv2(of_rows), self.conv3(of_columns.transpose(2, 3))
        cells: Tensor = by_row.sigmoid() * by_column.sigmoid()
        return cells


class CoordinateAttention(AxisWeights):
    """Cells of a map weighed by the means of their row and of their column."""

    def forward(self, x: Tensor) -> Tensor:
        """The map weighed, (N, C, H, W)."""
        return x * self.weights(x.mean(3, keepdim=True), x.mean(2, keepdim=True))


class DualDirectionHead(AxisWeights):
    """Weights of cells by a learnt sum over their row and over their column, in place of means."""

    def __init__(self) -> None:
        super().__init__(WIDTH)
        self.Linear_h = Normalised(WIDTH, WIDTH, (1, MAP_SIDE), groups=WIDTH)
        self.Linear_w = Normalised(WIDTH, WIDTH, (MAP_SIDE, 1), groups=WIDTH)
        # Published files hold this one too; nothing is computed with it.
        self.Linear = Normalised(WIDTH, WIDTH, MAP_SIDE, groups=WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """Weights from 0 to 1, (N, 512, 7, 7), of a map of the same shape."""
        return self.weights(self.Linear_h(x), self.Linear_w(x))


class MixedKernels(nn.Module):
    """Depthwise convolution with kernels of several sizes.

    Args:
        shares: how many channels, in order, have a kernel of which size.
        stride: step of all kernels.
    """

    def __init__(self, shares: Mapping[int, int], stride: int) -> None:
        super().__init__()
        self.shares = list(shares.values())
        self.mixed_depthwise_conv = nn.ModuleList(
            nn.Conv2d(share, share, size, stride, size // 2, groups=share, bias=False)
            for size, share in shares.items()
        )
        # Published files hold these two as well; nothing is computed with them.
        self.bn = nn.BatchNorm2d(sum(self.shares))
        self.prelu = nn.PReLU(sum(self.shares))

    def forward(self, x: Tensor) -> Tensor:
        """The same channels, (N, C, H / stride, W / stride)."""
        parts = zip(self.mixed_depthwise_conv, x.split(self.shares, 1), strict=True)
        return torch.cat([conv(part) for conv, part in parts], 1)


class MixedBlock(nn.Module):
    """Widen, mixed kernels, coordinate attention, narrow; added to what came, unless the map is halved."""

    def __init__(self, inputs: int, outputs: int, shares: Mapping[int, int], stride: int = 1) -> None:
        super().__init__()
        wide = sum(shares.values())
        self.residual = stride == 1
        self.conv = Activated(inputs, wide)
        self.conv_dw = MixedKernels(shares, stride)
        self.CA = CoordinateAttention(wide)
        self.project = Normalised(wide, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """From (N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        found: Tensor = self.project(self.CA(self.conv_dw(self.conv(x))))
        return x + found if self.residual else found


class Stage(nn.Module):
    """Blocks that keep the shape of the map."""

    def __init__(self, blocks: int, channels: int, shares: Mapping[int, int]) -> None:
        super().__init__()
        self.model = nn.Sequential(*(MixedBlock(channels, channels, shares) for _ in range(blocks)))

    def forward(self, x: Tensor) -> Tensor:
        """The same shape, (N, C, H, W)."""
        found: Tensor = self.model(x)
        return found
