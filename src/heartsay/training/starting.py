"""Starting from a trained model: its weights are taken and stay, and only what is added to it is trained."""

from __future__ import annotations

from torch import nn

from heartsay.errors import InputError
from heartsay.models.fusion.adapters import adapter_names, base_name


def start_from(model: nn.Module, trained: nn.Module) -> None:
    """Give an adapted model the weights of what it adapts, and keep all but the adapters from moving.

    Args:
        model: with adapters.
        trained: the same without.

    Raises:
        InputError: the model has no adapters.
    """
    own, known = check_adapters(model), trained.state_dict()
    weights = {name: known[base_name(name)] for name in model.state_dict() if name not in own}
    model.load_state_dict(weights, strict=False)
    for name, weight in model.named_parameters():
        weight.requires_grad_(name in own)


def check_adapters(model: nn.Module) -> frozenset[str]:
    """Names of the weights that adapters have brought.

    Raises:
        InputError: there are none.
    """
    own = adapter_names(model)
    if not own:
        raise InputError(
            expected="a backbone with adapters",
            found=f"{type(model).__name__} without",
            where="configuration, trained: adapters",
            do="set the backbone's `adapter` to mose or lora, or leave `trained` out",
        )
    return own
