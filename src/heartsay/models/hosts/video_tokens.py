"""From frames to the tokens that a language model is given: what is pooled of them.

As Video-ChatGPT does it (Maaz et al., ACL 2024), which FAME-Net takes over, with one departure: padded frames
are masked. There, short videos are filled up with zeros that nothing tells from frames.
"""

from __future__ import annotations

import torch
from torch import Tensor


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
