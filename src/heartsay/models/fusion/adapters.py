"""What can be added to linear maps of a trained model whose own weights stay: MoSE, or plain LoRA."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from heartsay.models.fusion.mose import MoSE, MoSELinear, MoSESettings


class LowRankLinear(nn.Module):
    """A linear map with one low-rank map added, the same for every token: LoRA.

    Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, ICLR 2022.

    Args:
        base: the map; it stays as it is.
        settings: rank, alpha and dropout are taken from them.
        rank: another rank, if given; the scale of what is added stays that of the settings.
    """

    def __init__(self, base: nn.Linear, settings: MoSESettings, rank: int | None = None) -> None:
        super().__init__()
        rank = settings.rank if rank is None else rank
        self.base, self.scale = base, settings.alpha / settings.rank
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(rank, base.out_features))
        bound = math.sqrt(1 / base.in_features)
        nn.init.uniform_(self.down, -bound, bound)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, values: Tensor) -> Tensor:
        """Map the last axis."""
        added = self.dropout(values) @ self.down.T @ self.up
        mapped: Tensor = self.base(values) + self.scale * added
        return mapped


def rank_of_equal_size(inputs: int, outputs: int, settings: MoSESettings) -> int:
    """The rank at which plain LoRA has as many weights as MoSE, to the nearest."""
    with torch.random.fork_rng():  # random weights are made to be counted
        size = sum(weight.numel() for weight in MoSE(inputs, outputs, settings).parameters())
    return max(1, round(size / (inputs + outputs)))


def adapted(base: nn.Linear, settings: MoSESettings, *, plain: bool) -> nn.Module:
    """A linear map with experts, or with plain LoRA of as many weights."""
    if not plain:
        return MoSELinear(base, settings)
    return LowRankLinear(base, settings, rank_of_equal_size(base.in_features, base.out_features, settings))


def adapter_names(model: nn.Module) -> frozenset[str]:
    """Names of the weights of a model that adapters have brought."""
    found = set()
    for place, module in model.named_modules():
        if isinstance(module, (MoSELinear, LowRankLinear)):
            own = (f"{place}.{name}" for name, _ in module.named_parameters())
            found |= {name for name in own if not name.startswith(f"{place}.base.")}
    return frozenset(found)


def base_name(name: str) -> str:
    """What a weight of an adapted model is called where nothing is adapted."""
    return name.replace(".base.", ".")
