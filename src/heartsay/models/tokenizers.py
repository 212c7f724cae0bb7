"""The tokenizer that belongs to a text encoder, as the ``tokenizers`` library reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from heartsay.errors import ModelError, first_line
from heartsay.evidence.tokens import TokenSettings
from heartsay.models.encoders import encoder_source

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST = 512
"""Tokens in a sequence, where the encoder does not state fewer."""


def encoder_tokenizer(name: str) -> tuple[Tokenizer, TokenSettings]:
    """The fast tokenizer of an encoder and what the encoder expects of its sequences.

    Args:
        name: ``minilm``, ``mpnet``, a folder, or a hub id.

    Raises:
        ModelError: the encoder has no fast tokenizer, or lacks a token that packing needs.
    """
    from transformers import AutoConfig, AutoTokenizer

    source = encoder_source(name)
    try:
        whole = AutoTokenizer.from_pretrained(source, local_files_only=Path(source).is_dir())
        positions = int(AutoConfig.from_pretrained(source).max_position_embeddings)
    except (OSError, ValueError) as error:
        raise ModelError(f"the tokenizer of {name!r} cannot be loaded: {first_line(error)}") from error
    if not whole.is_fast:
        raise ModelError(f"the encoder {name!r} has no fast tokenizer; choose one that has a tokenizer.json.")
    special = {
        "lead": whole.cls_token_id if whole.cls_token_id is not None else whole.bos_token_id,
        "end": whole.sep_token_id if whole.sep_token_id is not None else whole.eos_token_id,
        "pad": whole.pad_token_id,
        "unknown": whole.unk_token_id,
    }
    missing = [role for role, token in special.items() if token is None]
    if missing:
        raise ModelError(
            f"the tokenizer of {name!r} has no {', '.join(missing)} token; choose an encoder of BERT's kind."
        )
    tokenizer: Tokenizer = whole.backend_tokenizer
    tokenizer.no_padding()
    tokenizer.no_truncation()
    # RoBERTa's kind counts positions from beyond the padding token's, so it holds fewer tokens than it has
    # positions; its tokenizer states how many.
    longest = min(LONGEST, positions, int(whole.model_max_length))
    return tokenizer, TokenSettings(**{role: int(token) for role, token in special.items()}, longest=longest)
