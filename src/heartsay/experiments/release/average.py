"""Averaging the weights of runs that started alike: one model that reads a little like their ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heartsay.errors import ModelError
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import RunFolder
from heartsay.training.saving import save_weights


def average_weights(runs: Sequence[RunFolder], path: Path) -> None:
    """Write the mean of the runs' best weights (Wortsman et al. 2022, "Model soups").

    It is a model only where the runs share their starting point, heads included, as runs of one
    configuration do here.

    Args:
        runs: finished runs of one configuration.
        path: safetensors file to write.

    Raises:
        ModelError: fewer than two runs, or of different configurations.
    """
    from safetensors.torch import load_file

    if len(runs) < 2 or len({run.configuration(Configuration).model_dump_json() for run in runs}) > 1:
        raise ModelError(
            "averaging needs two or more runs of one configuration; train them with other seeds."
        )
    weights = [load_file(str(run.weights)) for run in runs]
    mean = {
        name: sum((w[name].double() for w in weights[1:]), weights[0][name].double())
        .div(len(weights))
        .to(tensor.dtype)
        for name, tensor in weights[0].items()
    }
    save_weights(mean, path)
