"""What a model may look at, edits of it, and what a model says of it.

`evidence` is one conversation, `tensors` a batch of them; `views` take something away by name, `spoiling` by
chance. `tokens` and `packing` make token sequences of words, in which a strict view leaves out what it hides.
`reading` is what a model says, `readings` makes it of packs. Gold labels stand beside Evidence, in `labels`
and `corpus`.
"""

from heartsay.evidence.labels import LabelledPack, label_packs
from heartsay.evidence.packing import (
    Pack,
    batches_by_tokens,
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
    "batches_by_tokens",
    "collate",
    "label_packs",
    "load_tokenizer",
    "make_packs",
    "pack_text",
    "read_labelled",
]
