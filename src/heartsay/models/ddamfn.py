"""DDAMFN: what a face shows, by a light trunk of mixed kernels and attention along both axes.

Zhang et al., "A Dual-Direction Attention Mixed Feature Network for Facial Expression Recognition",
Electronics 2023, doi:10.3390/electronics12173595. Rebuilt from the description: a trunk of inverted residuals
whose depthwise part mixes kernels of several sizes, with coordinate attention (Hou et al., CVPR 2021); heads
that each look along rows and along columns; the heads' maps are kept apart by a loss of their own. Sizes are
settings, so that a tiny one learns in a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import torch
from torch import Tensor, nn

from heartsay.labels import FER_PLUS
from heartsay.models.face_network import FaceReading, fill

APART = 0.1
"""Weight of the loss that keeps heads apart."""

SMALLEST_DIFFERENCE = 1e-4
"""Floor of the mean squared difference of two heads, whose inverse is the loss."""


@dataclass(frozen=True)
class DdamfnSettings:
    """Sizes of the network.

    Attributes:
        classes: how many emotions.
        channels: width after each stage, each of which halves the picture; the first also reads the image.
        blocks: inverted residuals in each stage after the first.
        kernels: sizes of the depthwise kernels that a block mixes, odd.
        heads: attention heads.
        side: pixels along each side of a face; divisible by two to the number of stages.
        greyscale: one channel instead of three.
    """

    classes: int = 7
    channels: tuple[int, ...] = (64, 64, 128, 512)
    blocks: int = 2
    kernels: tuple[int, ...] = (3, 5, 7, 9)
    heads: int = 2
    side: int = 112
    greyscale: bool = False

    def __post_init__(self) -> None:
        if self.side % 2 ** len(self.channels):
            raise ValueError(f"a side of {self.side} pixels cannot be halved {len(self.channels)} times")

    @property
    def map_side(self) -> int:
        """Cells along each side of the last map."""
        return int(self.side // 2 ** len(self.channels))


class MixedDepthwise(nn.Module):
    """Depthwise convolution whose channels are split among kernels of several sizes."""

    def __init__(self, channels: int, kernels: Sequence[int], stride: int = 1) -> None:
        super().__init__()
        share = channels // len(kernels)
        self.sizes = [channels - share * (len(kernels) - 1), *([share] * (len(kernels) - 1))]
        self.parts = nn.ModuleList(
            nn.Conv2d(size, size, k, stride, k // 2, groups=size, bias=False)
            for size, k in zip(self.sizes, kernels, strict=True)
            if size
        )

    def forward(self, x: Tensor) -> Tensor:
        """Same channels, (B, C, H / stride, W / stride)."""
        split = [part for part in x.split(self.sizes, 1) if part.shape[1]]
        return torch.cat([conv(part) for conv, part in zip(self.parts, split, strict=True)], 1)


class CoordinateAttention(nn.Module):
    """Weights of each channel along rows and along columns, whose product scales the map."""

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        narrow = max(4, channels // reduction)
        self.shared = nn.Sequential(nn.Conv2d(channels, narrow, 1), nn.BatchNorm2d(narrow), nn.Hardswish())
        self.rows = nn.Conv2d(narrow, channels, 1)
        self.columns = nn.Conv2d(narrow, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The map scaled, (B, C, H, W)."""
        height = x.shape[2]
        along = torch.cat([x.mean(3, keepdim=True), x.mean(2, keepdim=True).transpose(2, 3)], 2)
        found = self.shared(along)  # (B, narrow, H + W, 1)
        rows = self.rows(found[:, :, :height]).sigmoid()
        columns = self.columns(found[:, :, height:]).transpose(2, 3).sigmoid()
        scaled: Tensor = x * rows * columns
        return scaled


class MixedBlock(nn.Module):
    """Inverted residual: widen, mixed depthwise kernels, narrow, coordinate attention."""

    def __init__(self, channels: int, out: int, kernels: Sequence[int], stride: int) -> None:
        super().__init__()
        wide = 2 * channels
        self.residual = stride == 1 and channels == out
        self.body = nn.Sequential(
            nn.Conv2d(channels, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.PReLU(wide),
            MixedDepthwise(wide, kernels, stride),
            nn.BatchNorm2d(wide),
            nn.PReLU(wide),
            nn.Conv2d(wide, out, 1, bias=False),
            nn.BatchNorm2d(out),
            CoordinateAttention(out),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, out, H / stride, W / stride)."""
        found: Tensor = self.body(x)
        return x + found if self.residual else found


class DualDirectionHead(nn.Module):
    """One attention map: what whole rows say times what whole columns say."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.rows = nn.Conv2d(channels, channels, (1, side), groups=channels)
        self.columns = nn.Conv2d(channels, channels, (side, 1), groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        """Weights from 0 to 1, (B, C, S, S)."""
        found: Tensor = self.rows(x).sigmoid() * self.columns(x).sigmoid()
        return found


class Ddamfn(nn.Module):
    """The whole network.

    Args:
        settings: sizes.
    """

    def __init__(self, settings: DdamfnSettings) -> None:
        super().__init__()
        self.settings = settings
        first, *rest = settings.channels
        layers: list[nn.Module] = [
            nn.Conv2d(1 if settings.greyscale else 3, first, 3, 2, 1, bias=False),
            nn.BatchNorm2d(first),
            nn.PReLU(first),
        ]
        width = first
        for out in rest:
            layers.append(MixedBlock(width, out, settings.kernels, 2))
            layers += [MixedBlock(out, out, settings.kernels, 1) for _ in range(settings.blocks - 1)]
            width = out
        self.trunk = nn.Sequential(*layers)
        side = settings.map_side
        self.heads = nn.ModuleList(DualDirectionHead(width, side) for _ in range(settings.heads))
        self.pool = nn.Conv2d(width, width, side, groups=width, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.classify = nn.Linear(width, settings.classes)

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Logits (B, classes), features (B, D), and the map of each head, (B, D, S, S).

        Args:
            faces: standardised pictures, (B, channels, side, side).
        """
        trunk = self.trunk(faces)
        maps = [head(trunk) for head in self.heads]
        attended = trunk * torch.stack(maps).amax(0)
        features = self.norm(self.pool(attended).flatten(1))
        return self.classify(features), features, maps


FER_PLUS_SIZES = DdamfnSettings(
    classes=len(FER_PLUS), channels=(48, 96, 192), blocks=3, side=48, greyscale=True
)
"""For grey faces of 48x48 pixels, whose last map has six cells along each side."""


class DdamfnFaces(nn.Module):
    """The network over FER+'s faces; like the face expert, it reads a face and its mirror image."""

    def __init__(self, settings: DdamfnSettings = FER_PLUS_SIZES) -> None:
        super().__init__()
        self.network = Ddamfn(settings)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> FaceReading:
        """Read faces.

        Args:
            images: grey values as `face_network.scaled` gives them, float (N, 1, 48, 48).
        """
        logits, features, maps = self.network(images.contiguous(memory_format=torch.channels_last))
        if not self.training:
            mirrored, others, _ = self.network(images.flip(-1).contiguous(memory_format=torch.channels_last))
            logits, features = (logits + mirrored) / 2, (features + others) / 2
        return FaceReading(logits, features, tuple(maps))


def load_ddamfn(path: Path) -> DdamfnFaces:
    """Load what `heartsay train ddamfn` has trained.

    Raises:
        ModelError: the file is absent or holds no weights of this network.
    """
    network = DdamfnFaces()
    fill(network, path, "DDAMFN")
    return network.eval()


def apart_loss(maps: Sequence[Tensor]) -> Tensor:
    """The inverse of the mean squared difference between heads: small where they look at different places."""
    if len(maps) < 2:
        return maps[0].new_zeros(())
    differences = torch.stack([(a - b).square().mean() for a, b in combinations(maps, 2)])
    return 1.0 / differences.mean().clamp(min=SMALLEST_DIFFERENCE)


def ddamfn_loss(logits: Tensor, maps: Sequence[Tensor], labels: Tensor) -> Tensor:
    """Cross-entropy, and a tenth of the loss that keeps heads apart."""
    return nn.functional.cross_entropy(logits, labels) + APART * apart_loss(maps)
