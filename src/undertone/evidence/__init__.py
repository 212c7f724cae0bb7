"""Everything a model may look at, and the edits of it: packed token sequences and strict views by repacking."""

from undertone.evidence.packing import (
    Pack,
    batches_by_tokens,
    collate,
    full_packs,
    without_other_context,
    without_own_context,
)
from undertone.evidence.tokens import PackedText, TokenSettings, load_tokenizer, pack_text

__all__ = [
    "Pack",
    "PackedText",
    "TokenSettings",
    "batches_by_tokens",
    "collate",
    "full_packs",
    "load_tokenizer",
    "pack_text",
    "without_other_context",
    "without_own_context",
]
