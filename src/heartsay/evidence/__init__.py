"""Everything a model may look at, and edits of it: packed token sequences, strict views by repacking."""

from heartsay.evidence.labels import LabelledPack, label_packs
from heartsay.evidence.packing import (
    Pack,
    batches_by_length,
    collate,
    make_packs,
)
from heartsay.evidence.readings import RawReading, Reader, read_labelled
from heartsay.evidence.tokens import PackedText, TokenSettings, load_tokenizer, pack_text

__all__ = [
    "LabelledPack",
    "Pack",
    "PackedText",
    "RawReading",
    "Reader",
    "TokenSettings",
    "batches_by_length",
    "collate",
    "label_packs",
    "load_tokenizer",
    "make_packs",
    "pack_text",
    "read_labelled",
]
