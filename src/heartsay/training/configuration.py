"""Everything that a run of the packed-dialogue model depends on but the seed and the data."""

from __future__ import annotations

from typing import ClassVar, LiteralString

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from heartsay.objectives.rpcl import BASE, RpclSettings
from heartsay.training.optimisation import NotNegative, OptimisationSettings, Positive, Share


class EncoderSettings(OptimisationSettings):
    """Settings of a run that trains a text encoder along."""

    encoder: str = Field(
        default="minilm",
        description="`minilm` or `mpnet` (the packaged all-MiniLM-L6-v2 and all-mpnet-base-v2), a Hugging "
        "Face hub id, or a folder.",
    )
    batch_tokens: int = Field(default=2048, ge=64, description="Padded tokens in a batch.")
    encoder_learning_rate: Positive = 5e-5
    head_learning_rate: Positive = 5e-4
    weight_decay: NotNegative = 0.01
    warmup: Share = Field(default=0.1, description="Share of the steps over which the learning rate rises.")
    dropout: Share = Field(default=0.2, description="Dropout of the layers above the encoder.")
    bfloat16: bool = Field(
        default=False,
        description="Multiply matrices in 16 bits while training where the processor knows how, which is "
        "twice as fast; weights stay in 32.",
    )
    gradient_norm: Positive | None = Field(default=1.0, description="Gradients are scaled down to this norm.")


class Distillation(BaseModel):
    """How a student learns from what teachers say of the training talk, and of talk without labels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    emotions: Share = Field(
        default=0.7, description="The teachers' share in the target of a labelled utterance."
    )
    pairs: Share = Field(default=0.7, description="The teachers' share in the target of an annotated pair.")
    talk: tuple[str, ...] = Field(
        default=(), description="Corpora whose training words, not labels, are read by the teachers too."
    )


class Configuration(EncoderSettings):
    """Settings of a run of the packed-dialogue model."""

    kind: ClassVar[str] = "packed-dialogue model"

    name: str = Field(description="What the trained model is called.")
    epochs: int = Field(default=5, ge=1)
    token_dropout: Share = Field(
        default=0.0, description="Share of word tokens replaced by the unknown token while training."
    )
    agreement: NotNegative = Field(
        default=0.0,
        description="Weight of the disagreement between two readings under different dropout; 0 reads once.",
    )
    pair_weight: NotNegative = 1.0
    distillation: Distillation | None = Field(
        default=None, description="Learn from teachers as well; they are named when the run is started."
    )
    rpcl: RpclSettings | None = Field(
        default=None,
        description="Robust pair confidence learning, in units of the pair loss; none by default.",
    )

    @field_validator("rpcl")
    @classmethod
    def _fits(cls, rpcl: RpclSettings | None, info: ValidationInfo) -> RpclSettings | None:
        """Refuse settings of RPCL that nothing here would follow."""
        if rpcl is None:
            return rpcl
        of_the_scorer = ("positive_weight", "emotion_weight", "cause_weight")
        if any(getattr(rpcl, name) != getattr(BASE, name) for name in of_the_scorer):
            raise _refused(
                "no positive_weight, emotion_weight or cause_weight: they are of the scorer over vectors"
            )
        if rpcl.spoil == "modality":
            raise _refused("spoil to be utterance, dimension or nothing: words are the only modality")
        if info.data.get("agreement", 0.0) > 0:
            raise _refused("agreement or rpcl, not both: each reads a second time in its own way")
        return rpcl


def _refused(expected: LiteralString) -> PydanticCustomError:
    return PydanticCustomError("unusable", expected)
