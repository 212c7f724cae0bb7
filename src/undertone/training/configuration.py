"""One YAML file holds everything that a training run depends on but the seed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from undertone.errors import InputError

Positive = Annotated[float, Field(gt=0.0)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]


class Configuration(BaseModel):
    """Settings of a run of the packed-dialogue model; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="What the trained model is called.")
    encoder: str = Field(
        default="minilm",
        description="`minilm` (the packaged all-MiniLM-L6-v2), a Hugging Face hub id, or a folder.",
    )
    epochs: int = Field(default=5, ge=1)
    batch_tokens: int = Field(default=2048, ge=64, description="Padded tokens in a batch.")
    encoder_learning_rate: Positive = 5e-5
    head_learning_rate: Positive = 5e-4
    weight_decay: Annotated[float, Field(ge=0.0)] = 0.01
    warmup: Share = Field(default=0.1, description="Share of the steps over which the learning rate rises.")
    dropout: Share = Field(default=0.2, description="Dropout of the layers above the encoder.")
    token_dropout: Share = Field(
        default=0.0, description="Share of word tokens replaced by the unknown token while training."
    )
    gradient_norm: Positive = Field(default=1.0, description="Gradients are scaled down to this norm.")
    pair_weight: Annotated[float, Field(ge=0.0)] = 1.0


def load_configuration(path: Path) -> Configuration:
    """Read a configuration.

    Raises:
        InputError: not YAML, an unknown setting, or a value out of range; names the setting.
    """
    import yaml

    do = "see the configurations in undertone/experiments/configs for a complete one"
    try:
        values: Any = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        found = error.strerror or "no readable file"
        raise InputError(expected="a YAML file", found=found, where=str(path), do="check the path") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(expected="YAML", found=str(error).split("\n")[0], where=str(path), do=do) from None
    if not isinstance(values, dict):
        raise InputError(
            expected="settings as `name: value`", found=type(values).__name__, where=str(path), do=do
        )
    try:
        return Configuration.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        setting = ".".join(str(part) for part in first["loc"]) or "settings"
        known = ", ".join(Configuration.model_fields)
        raise InputError(
            expected=first["msg"],
            found=repr(first.get("input")),
            where=f"{path}, {setting}",
            do=f"the settings are {known}",
        ) from None
