"""A small convolutional network for grey faces of 48x48 pixels; its embedding serves as a face feature.

Five convolutions with batch normalisation, about 190,000 weights and 32 million multiplications per face,
so that it trains within minutes on one CPU thread. No published network is rebuilt here.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from heartsay.corpora.ferplus import EMOTIONS
from heartsay.errors import ModelError

EMBEDDING = 96
"""Width of the embedding."""


class FaceReading(NamedTuple):
    """What the network says of N faces.

    Attributes:
        emotion: logits of FER+'s eight emotions, (N, 8).
        embedding: what they are read from, (N, 96).
        maps: where attention heads look, (N, C, H, W) each, of a network that has some.
    """

    emotion: Tensor
    embedding: Tensor
    maps: tuple[Tensor, ...] = ()


class FaceNetwork(nn.Module):
    """From grey faces to emotions and an embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            *_convolution(1, 32, 5, stride=2),  # (N, 32, 24, 24)
            *_convolution(32, 48),
            nn.MaxPool2d(2),  # (N, 48, 12, 12)
            *_convolution(48, 64),
            nn.MaxPool2d(2),  # (N, 64, 6, 6)
            *_convolution(64, EMBEDDING),
            *_convolution(EMBEDDING, EMBEDDING),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.emotion = nn.Linear(EMBEDDING, len(EMOTIONS))
        self.dropout = nn.Dropout(0.3)
        # With channels last, a CPU runs these convolutions twice as fast.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> FaceReading:
        """Read faces.

        Args:
            images: grey values as `scaled` gives them, float (N, 1, 48, 48).
        """
        embedding = self.convolutions(images.contiguous(memory_format=torch.channels_last))  # (N, 96)
        return FaceReading(self.emotion(self.dropout(embedding)), embedding)


def scaled(images: Tensor) -> Tensor:
    """Each image with mean 0 and deviation 1, so that light and contrast do not count.

    Args:
        images: grey values from 0 to 255, uint8 (N, 48, 48).

    Returns:
        Float (N, 1, 48, 48); an image of one grey is 0.
    """
    values = images.float()
    centred = values - values.mean((1, 2), keepdim=True)
    return (centred / centred.std((1, 2), keepdim=True).clamp(min=1.0))[:, None]


def embed_faces(
    network: nn.Module, images: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits, (N, 8), and embeddings, (N, 96) or as wide as the network has them, of grey images (N, 48, 48).

    Args:
        network: one that gives a `FaceReading` of scaled images.
        images: grey values.
    """
    network.eval()
    with torch.inference_mode():
        readings = [network(scaled(part)) for part in torch.from_numpy(images).split(512)]
    logits = torch.cat([r.emotion for r in readings])
    return logits.numpy(), torch.cat([r.embedding for r in readings]).numpy()


def load_face_network(path: Path) -> FaceNetwork:
    """Load trained weights.

    Raises:
        ModelError: the file is absent or holds no weights of this network.
    """
    network = FaceNetwork()
    fill(network, path, "face network")
    return network.eval()


def fill(network: nn.Module, path: Path, what: str) -> None:
    """Give a network the weights of a file.

    Raises:
        ModelError: the file is absent or holds no weights of this network.
    """
    try:
        network.load_state_dict(load_file(path))
    except Exception as error:  # safetensors raises its own, torch a RuntimeError
        raise ModelError(f"{path} holds no {what}: {error}") from error


def _convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]
