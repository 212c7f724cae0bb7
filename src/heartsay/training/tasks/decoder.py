"""A multimodal decoder of transformers', taught to name the emotion of a clip by what is added to it.

The decoder's own weights stay; MoSE or plain LoRA moves in the queries and values of its text decoder. The
result is what the last epoch leaves: nothing is chosen by a score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from heartsay.evidence.evidence import IntArray
from heartsay.models.fusion.modality import listening
from heartsay.models.fusion.mose import MoSESettings
from heartsay.models.hosts.decoder import read
from heartsay.models.hosts.low_rank import add_low_rank, load_low_rank
from heartsay.models.hosts.mose import add_experts, load_experts, save_experts
from heartsay.progress import Report
from heartsay.training.optimisation import Decay, NotNegative, OptimisationSettings, Positive, Share
from heartsay.training.run_folder import RunFolder
from heartsay.training.trainer import Task

ADAPTER = "adapter"
"""Folder in the run's that what was learnt is saved to."""

Inputs = Callable[[IntArray], Mapping[str, Tensor]]
"""From the numbers of clips to the decoder's inputs, with labels."""


class DecoderTraining(OptimisationSettings):
    """Settings of what is added to a decoder.

    Rank, scale and rate are those of the fusion transformer's experts and of common practice with LoRA; the
    paper's are not public.
    """

    kind: ClassVar[str] = "multimodal decoder"
    decay: ClassVar[Decay] = "cosine"

    adapter: Literal["mose", "lora"]
    epochs: int = Field(default=3, ge=1)
    batch_size: int = Field(default=4, ge=1, description="Clips in a batch.")
    learning_rate: Positive = 1e-4
    weight_decay: NotNegative = 0.05
    warmup: Share = 0.05
    gradient_norm: Positive | None = 1.0
    rank: int = Field(default=8, ge=1)
    alpha: Positive = 16.0
    dropout: Share = 0.05
    experts: int = Field(default=2, ge=1)
    pictures: int = Field(default=4, ge=1, description="Pictures that are shown of a clip.")

    def experts_settings(self) -> MoSESettings:
        """What is added, as MoSE has it."""
        return MoSESettings(self.rank, self.alpha, self.dropout, self.experts)


def adapted(model: nn.Module, settings: DecoderTraining) -> nn.Module:
    """A decoder with what shall be learnt.

    Raises:
        ModelError: its text decoder has no projections that are known.
        MissingDependencyError: peft is not installed.
    """
    add = add_experts if settings.adapter == "mose" else add_low_rank
    return add(model, settings.experts_settings())


class DecoderTask(Task[IntArray]):
    """The label of a clip, in words; a batch is the numbers of its clips."""

    def __init__(
        self, model: nn.Module, clips: int, inputs: Inputs, settings: DecoderTraining, seed: int
    ) -> None:
        self.clips, self.inputs, self.settings, self.seed = clips, inputs, settings, seed
        self.epochs = settings.epochs
        torch.manual_seed(seed)
        self.model = adapted(model, settings)
        moving = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimisation = settings.optimisation(
            [(moving, settings.learning_rate)], steps=self.epochs * len(self.batches(0))
        )

    def batches(self, epoch: int) -> Sequence[IntArray]:
        """Clips in a new order."""
        torch.manual_seed(self.seed * 1000 + epoch)
        order = np.random.default_rng((self.seed, epoch)).permutation(self.clips)
        return np.array_split(order, -(-len(order) // self.settings.batch_size))

    def step(self, batch: IntArray, progress: float) -> Mapping[str, float]:
        """One update by the likelihood of the answers and, with MoSE, what its gates cost."""
        with listening("gates") as gates:
            answer = read(self.model, **self.inputs(batch)).loss
        parts = {"answer": answer}
        if gates:
            parts["gates"] = torch.stack([gate.cost for gate in gates]).mean()
        return self.optimisation.descend(self.model, torch.stack(list(parts.values())).sum(), parts)

    def moving(self) -> Mapping[str, Tensor]:
        """What was added; the decoder's own weights are in its own folder."""
        return {n: w.detach() for n, w in self.model.named_parameters() if w.requires_grad}

    def finish(self, run: RunFolder, chosen: Mapping[str, int], report: Report) -> None:
        """What was learnt after the last epoch."""
        save_adapter(self.model, self.settings, run)


def save_adapter(model: nn.Module, settings: DecoderTraining, run: RunFolder) -> None:
    """Write what was learnt, and nothing of the decoder."""
    folder = run.path / ADAPTER
    if settings.adapter == "mose":
        save_experts(model, folder)
    else:
        model.save_pretrained(str(folder))  # type: ignore[operator]


def learnt_weights(run: RunFolder) -> Path:
    """The file of what a finished run learnt."""
    return run.path / ADAPTER / "adapter_model.safetensors"


def load_adapted(model: nn.Module, run: RunFolder) -> nn.Module:
    """A decoder with what a finished run learnt.

    Raises:
        ModelError: the run holds none that fits.
        MissingDependencyError: peft is not installed.
    """
    settings = run.configuration(DecoderTraining)
    load = load_experts if settings.adapter == "mose" else load_low_rank
    return load(model, run.path / ADAPTER).eval()
