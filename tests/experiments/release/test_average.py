from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from heartsay.errors import ModelError
from heartsay.experiments.release.average import average_weights
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import RunFolder, begin_or_continue

TINY = Configuration(name="tiny")


def run(
    folder: Path, seed: int, weights: dict[str, torch.Tensor], configuration: Configuration = TINY
) -> RunFolder:
    made = begin_or_continue(folder, configuration, seed, {})
    save_file(weights, str(made.weights))
    return made


def test_each_weight_is_the_mean_over_the_runs(tmp_path: Path) -> None:
    torch.manual_seed(0)
    all_weights = [{"a.weight": torch.randn(3, 4), "a.bias": torch.randn(4).half()} for _ in range(3)]
    runs = [run(tmp_path / str(seed), seed, weights) for seed, weights in enumerate(all_weights)]
    average_weights(runs, tmp_path / "mean.safetensors")
    mean = load_file(str(tmp_path / "mean.safetensors"))
    assert set(mean) == {"a.weight", "a.bias"}
    for name, tensor in mean.items():
        expected = torch.stack([weights[name].double() for weights in all_weights]).mean(0)
        assert tensor.dtype == all_weights[0][name].dtype
        torch.testing.assert_close(tensor, expected.to(tensor.dtype), atol=0, rtol=0)


def test_runs_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    weights = {"a": torch.zeros(2)}
    first = run(tmp_path / "1", 1, weights)
    other = run(tmp_path / "2", 2, weights, TINY.model_copy(update={"epochs": 9}))
    for runs in ([first, other], [first], []):
        with pytest.raises(ModelError, match="two or more runs of one configuration"):
            average_weights(runs, tmp_path / "mean.safetensors")
    assert not (tmp_path / "mean.safetensors").exists()
