"""Everything that a run of the pair scorer depends on but seed and corpus."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from heartsay.objectives.rpcl import BASE, RpclSettings
from heartsay.training.optimisation import Decay, NotNegative, OptimisationSettings, Positive, Share


class PairConfiguration(OptimisationSettings):
    """Settings of a run of the pair scorer.

    Two runs are matched when they differ in `objective` alone.
    """

    kind: ClassVar[str] = "pair scorer"
    decay: ClassVar[Decay] = "cosine"

    name: str = Field(description="What the run is called.")
    objective: RpclSettings = BASE
    scorer: dict[str, Any] = Field(default_factory=dict, description="Arguments of the pair scorer.")
    # The vectors are of an encoder that has seen the training utterances, and scores fall on development data
    # after the seventh epoch. In ten, the learning rate has come down by then.
    epochs: int = Field(default=10, ge=1)
    patience: int = Field(default=8, ge=1, description="Epochs without a better one after which to stop.")
    batch_size: int = Field(default=16, ge=1, description="Conversations in a batch.")
    learning_rate: Positive = 5e-4
    weight_decay: NotNegative = 0.01
    warmup: Share = Field(default=0.1, description="Share of the steps over which the learning rate rises.")
    gradient_norm: Positive | None = 1.0
