"""Where the pretrained text encoder comes from: a package, a folder, or the hub."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from heartsay.errors import ModelError, first_line
from heartsay.models.packaged_encoders import PACKAGED


def encoder_source(name: str) -> str:
    """What to hand to `from_pretrained` for the setting `name`: a folder, or a hub id as it is."""
    return str(PACKAGED[name]()) if name in PACKAGED else name


def load_encoder(name: str) -> Any:
    """Load a Hugging Face encoder with its pretrained weights.

    Args:
        name: ``minilm``, ``mpnet``, a folder, or a hub id (fetched by transformers if the network allows).

    Raises:
        ModelError: it cannot be loaded; says why.
    """
    from transformers import AutoModel
    from transformers.utils import logging

    source = encoder_source(name)
    if Path(source).is_dir():
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        return _without_pooler(AutoModel.from_pretrained(source))
    except (OSError, ValueError) as error:
        raise _cannot_be_loaded(name, error) from error


def empty_encoder(name: str) -> Any:
    """The same architecture without its weights, to be filled from a checkpoint and exported.

    Attention is written out rather than fused: the exported graph must hold plain operators.

    Raises:
        ModelError: its configuration cannot be loaded; says why.
    """
    from transformers import AutoConfig, AutoModel

    try:
        config = AutoConfig.from_pretrained(encoder_source(name))
    except (OSError, ValueError) as error:
        raise _cannot_be_loaded(name, error) from error
    return _without_pooler(AutoModel.from_config(config, attn_implementation="eager"))


def _cannot_be_loaded(name: str, error: Exception) -> ModelError:
    return ModelError(
        f"the encoder {name!r} cannot be loaded ({first_line(error)}); give {', '.join(PACKAGED)}, "
        "a folder with a Hugging Face model, or a hub id that this machine can reach."
    )


def _without_pooler(encoder: Any) -> Any:
    """Drop the layer over the first token: utterances are pooled from their own tokens."""
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    return encoder
