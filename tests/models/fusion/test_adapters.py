from __future__ import annotations

import pytest
import torch
from torch import nn

from heartsay.models.fusion.adapters import (
    LowRankLinear,
    adapted,
    adapter_names,
    base_name,
    rank_of_equal_size,
)
from heartsay.models.fusion.mose import MoSELinear, MoSESettings


@pytest.mark.parametrize("sizes", [(64, 64), (48, 96), (128, 32)])
@pytest.mark.parametrize("experts", [2, 4])
def test_plain_lora_has_as_many_weights(sizes: tuple[int, int], experts: int) -> None:
    settings = MoSESettings(experts=experts)
    rank = rank_of_equal_size(*sizes, settings)
    counts = []
    for plain in (False, True):
        made = adapted(nn.Linear(*sizes), settings, plain=plain)
        names = adapter_names(nn.ModuleDict({"query": made}))
        counts.append(sum(p.numel() for n, p in made.named_parameters() if f"query.{n}" in names))
    assert abs(counts[1] - counts[0]) <= (sizes[0] + sizes[1]) / 2
    assert counts[1] == rank * sum(sizes)


def test_plain_lora_starts_as_its_base_and_is_one_low_rank_map() -> None:
    torch.manual_seed(0)
    base, values = nn.Linear(6, 5), torch.randn(3, 2, 6)
    made = LowRankLinear(base, MoSESettings(rank=2, alpha=4.0, dropout=0.0))
    assert torch.equal(made(values), base(values))
    with torch.no_grad():
        made.up.normal_()
    torch.testing.assert_close(made(values) - base(values), 2 * values @ made.down.T @ made.up)


def test_names_of_what_was_added_and_of_what_was_there() -> None:
    model = nn.ModuleDict({"query": MoSELinear(nn.Linear(6, 5), MoSESettings()), "out": nn.Linear(5, 5)})
    names = adapter_names(model)
    assert {n for n in model.state_dict() if n not in names} == {
        "query.base.weight",
        "query.base.bias",
        "out.weight",
        "out.bias",
    }
    assert base_name("query.base.weight") == "query.weight"
