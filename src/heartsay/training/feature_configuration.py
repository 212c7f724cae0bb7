"""One YAML file holds everything that a run of a backbone over features depends on but seed and corpus."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field

from heartsay.training.optimisation import Decay, NotNegative, OptimisationSettings, Positive

BASE = "base"
"""Name of the objective that is supervision alone."""

ADAPTER_SETTINGS = ("adapter", "mose")
"""Settings of a backbone that say what is added to it, and nothing of the backbone itself."""

Strict = ConfigDict(frozen=True, extra="forbid")


class Part(BaseModel):
    """Something chosen by name, with its own settings; whoever builds it checks them."""

    model_config = Strict

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)


class TaskLossSettings(BaseModel):
    """Supervision of the emotions."""

    model_config = Strict

    name: Literal["cross_entropy", "focal", "defective_focal"] = "cross_entropy"
    gamma: NotNegative | None = Field(
        default=None, description="Exponent of a focal loss; the loss's own if not given."
    )
    class_weights: Literal["none", "inverse_frequency"] = Field(
        default="none", description="Whether classes that are rare in training count more."
    )


class FeatureConfiguration(OptimisationSettings):
    """Settings of a run of a backbone over utterance features."""

    kind: ClassVar[str] = "backbone over features"
    optimizer = torch.optim.Adam
    decay: ClassVar[Decay] = "none"

    name: str = Field(description="What the run is called.")
    corpus: str = Field(
        description="A name such as `meld-voices`, `meld-text` or `composed`; `file:` and the path of a "
        "feature file; `store:` and the folder of a store; or `module:Name` of a function of your own."
    )
    modalities: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Which to use; all that the corpus has if not given."
    )
    backbone: Part
    objective: Part = Part(name=BASE)
    task_loss: TaskLossSettings = TaskLossSettings()
    removal: Literal["nothing", "conversation_mean", "padded_mean"] = Field(
        default="nothing", description="What stands for a modality that a reported view takes away."
    )
    trained: Literal["all", "adapters"] = Field(
        default="all",
        description="With `adapters`, a run of the base method is taken as it is, and what the backbone's "
        "`adapter` adds to it is trained alone.",
    )
    batch_size: int = Field(default=16, ge=1, description="Conversations in a batch.")
    learning_rate: Positive = 1e-4

    def without_objective(self) -> FeatureConfiguration:
        """The base method with the same settings: what a curriculum takes its difficulties from.

        Of a run that trains adapters, what they are added to.
        """
        update: dict[str, Any] = {"name": f"{self.name}, base", "objective": Part(name=BASE)}
        if self.trained == "adapters":
            kept = {k: v for k, v in self.backbone.settings.items() if k not in ADAPTER_SETTINGS}
            update |= {"trained": "all", "backbone": self.backbone.model_copy(update={"settings": kept})}
        return self.model_copy(update=update)
