"""Attention reallocation (AR): at reading time, attention is moved between voice and face towards a share.

MoSEAR (Han et al., ACM MM 2025) describes AR in one sentence: it rebalances what the modalities contribute
in frozen backbones during inference. Formula, layers, heads and triggers are not public; those here are
inferred and this project's own choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from heartsay.errors import InputError
from heartsay.models.fusion.modality import FACE, VOICE, listener


@dataclass(frozen=True)
class Reallocation:
    """How attention is moved.

    Args:
        target: voice's share of the attention that voice and face get together, which is aimed at. The mean
            share on consistent development items is a better aim than a half: modalities have unlike
            numbers of tokens.
        strength: how much of the way to the target is gone, from 0, nothing, to 1, all of it.
        tolerance: shares this close to the target are left alone.
        least: rows that give either modality no more than this are left alone: there is nothing to scale.
        heads: rows that give both together less than this are left alone: such heads look at text.
        layers: numbers of the layers from 0; the later half if not given.

    Raises:
        InputError: a number out of range.
    """

    target: float = 0.5
    strength: float = 0.5
    tolerance: float = 0.15
    least: float = 1e-4
    heads: float = 0.0
    layers: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        shares = ("target", "strength", "tolerance", "heads")
        for name in shares:
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise _refused(name, "a share from 0 to 1", value)
        if not (0 < self.least < 1):
            raise _refused("least", "a share above 0 and below 1", self.least)

    def moves(self, layer: int, layers: int) -> bool:
        """Whether attention is moved in a layer, of as many as there are."""
        return layer >= layers // 2 if self.layers is None else layer in self.layers


def reallocate(weights: Tensor, ids: Tensor, settings: Reallocation, rows: Tensor | None = None) -> Tensor:
    """Move attention between voice and face.

    Every row keeps its sum, what it gives to text, and how it shares out what it gives to one modality; in
    exact arithmetic all three are unchanged.

    Args:
        weights: after the softmax, rows sum to 1, (B, H, R, K).
        ids: modality of each key, (B, K).
        settings: how.
        rows: which rows it is for, bool (B, R); all if not given.

    Returns:
        (B, H, R, K).
    """
    of = indicator(ids, weights.dtype)  # (B, K, 2)
    factors = scaling(masses(weights, of), settings, rows)  # (B, H, R, 2)
    scale = (factors - 1).flatten(1, 2) @ of.transpose(1, 2)  # (B, H R, K)
    return weights * (1 + scale.view_as(weights))


def scaling(mass: Tensor, settings: Reallocation, rows: Tensor | None = None) -> Tensor:
    """What the attention on voice and on face is multiplied by, both 1 where nothing is moved.

    The logarithm, added to the scores of the keys before the softmax, does the same.

    Args:
        mass: on voice and on face, (B, H, R, 2).
        settings: how.
        rows: which rows it is for, bool (B, R).

    Returns:
        (B, H, R, 2).
    """
    voice, face = mass.unbind(-1)
    both = voice + face
    share = voice / both.clamp(min=settings.least)
    aim = share + settings.strength * (settings.target - share)
    moved = (torch.minimum(voice, face) > settings.least) & (both >= settings.heads)
    moved &= (share - settings.target).abs() > settings.tolerance
    if rows is not None:
        moved &= rows[:, None]
    factors = torch.stack([aim * both / voice, (1 - aim) * both / face], dim=-1)
    return torch.where(moved[..., None], factors, 1.0)


def masses(weights: Tensor, of: Tensor) -> Tensor:
    """How much each row gives to voice and to face, (B, H, R, 2), from weights (B, H, R, K)."""
    return (weights.flatten(1, 2) @ of).view(*weights.shape[:-1], 2)


def indicator(ids: Tensor, dtype: torch.dtype) -> Tensor:
    """Whether each key is of voice and whether it is of face, 0 or 1, (B, K, 2)."""
    return torch.stack([ids == VOICE, ids == FACE], dim=-1).to(dtype)


class Attention(NamedTuple):
    """Where a layer looked before anything was moved.

    Attributes:
        mass: on voice and on face, (B, H, R, 2).
        ids: modality of each key, (B, K).
    """

    mass: Tensor
    ids: Tensor


def tell_attention(weights: Tensor, ids: Tensor) -> None:
    """Tell where a layer looks, weights (B, H, R, K) over keys (B, K), if anybody listens."""
    told = listener("attention")
    if told is not None:
        told.append(Attention(masses(weights, indicator(ids, weights.dtype)).detach(), ids))


def voice_shares(mass: Tensor, ids: Tensor) -> tuple[float, float]:
    """Voice's share of the attention on voice and face: of the mass, and of the mean mass of a token.

    They can point in opposite directions where one modality has many more tokens, so both are told.

    Args:
        mass: on voice and on face, (B, H, R, 2).
        ids: modality of each key, (B, K).

    Returns:
        Means over the rows that look at both; NaN where none does.
    """
    seen = (mass > 0).all(-1)  # (B, H, R)
    count = indicator(ids, mass.dtype).sum(1)[:, None, None]  # (B, 1, 1, 2)
    each = mass / count.clamp(min=1)
    found = []
    for values in (mass, each):
        share = (values[..., 0] / values.sum(-1).clamp(min=1e-30))[seen]
        found.append(float(share.mean()) if share.numel() else math.nan)
    return found[0], found[1]


def _refused(name: str, expected: str, found: float) -> InputError:
    return InputError(
        expected=expected, found=str(found), where=f"attention reallocation, {name}", do="change the setting"
    )
