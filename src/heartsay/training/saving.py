"""Weights and states on disk: whole or not at all, and a full disk said in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from heartsay.atomic import atomic_path
from heartsay.errors import ModelError


def save_weights(weights: Mapping[str, Tensor], path: Path) -> None:
    """Write the weights of a model as a safetensors file.

    Raises:
        HeartsayError: as `heartsay.atomic.atomic_path`.
    """
    from safetensors.torch import save_file

    with atomic_path(path) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, str(temporary))


def load_weights(model: nn.Module, path: Path) -> None:
    """Put the weights of a safetensors file into a model.

    Raises:
        ModelError: there is no such file, or it does not fit.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        model.load_state_dict(load_file(str(path)))
    except (OSError, SafetensorError, RuntimeError) as error:
        first = str(error).split("\n")[0]
        raise ModelError(
            f"{path} cannot be used ({first}); train the run again and keep its weights."
        ) from error


def save_state(state: Mapping[str, Any], path: Path) -> None:
    """Write what going on needs: tensors, numbers, strings and containers of them.

    Raises:
        HeartsayError: as `heartsay.atomic.atomic_path`.
    """
    # Through a file of Python's, since torch's own hides why it cannot write.
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        torch.save(dict(state), file)
