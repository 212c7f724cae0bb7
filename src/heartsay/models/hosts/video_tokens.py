"""From frames to the tokens that a language model is given: which frames, and what is pooled of them.

As Video-ChatGPT does it (Maaz et al., ACL 2024), which FAME-Net takes over, with one departure: padded frames
are masked. There, short videos are filled up with zeros that nothing tells from frames.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartsay.errors import InputError


def segment_midpoints(frames: int, wanted: int) -> NDArray[np.int64]:
    """Indices of frames spread evenly over a video, (min(frames, wanted),), each once, ascending.

    The video is cut into segments of equal length and the frame in the middle of each is taken.

    Args:
        frames: how many the video has.
        wanted: how many are wanted at most.

    Raises:
        InputError: there is no frame.
        ValueError: none is wanted.
    """
    if frames < 1:
        raise InputError(
            expected="a video with frames",
            found="none",
            where="video",
            do="give a video, or leave the visual part out",
        )
    if wanted < 1:
        raise ValueError(f"at least one frame must be wanted, not {wanted}")
    if frames <= wanted:
        return np.arange(frames)
    edges = np.round(np.arange(wanted + 1) * (frames - 1) / wanted).astype(np.int64)
    return (edges[:-1] + edges[1:]) // 2


def spatio_temporal_tokens(patches: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    """A token for each frame and one for each place in the picture.

    Args:
        patches: features, (B, T, P, D).
        present: which frames are there, bool (B, T).

    Returns:
        Tokens (B, T + P, D): means over the places of each frame, then means over the frames of each place;
        and which of them are there, bool (B, T + P). Absent frames weigh nothing; without any frame no token
        is there.
    """
    weight = present.to(patches.dtype)[:, :, None, None]  # (B, T, 1, 1)
    temporal = patches.mean(2) * weight[:, :, 0]  # (B, T, D)
    count = weight.sum(1).clamp(min=1)  # (B, 1, 1)
    spatial = (patches * weight).sum(1) / count  # (B, P, D)
    there = present.any(1, keepdim=True).expand(-1, patches.shape[2])  # (B, P)
    return torch.cat([temporal, spatial], 1), torch.cat([present, there], 1)
