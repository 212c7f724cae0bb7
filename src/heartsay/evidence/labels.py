"""Packs with the gold labels of their utterances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import EMOTIONS, Conversation
from heartsay.evidence.packing import Pack, make_packs
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tokens import TokenSettings, pack_text

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class LabelledPack:
    """A pack with the gold labels of its rows.

    Attributes:
        pack: the sequence.
        emotion: class index per row, (R,); `UNLABELLED` where there is none.
        pair: 1 where row j caused row i's emotion, (R, R); None where the conversation has no pairs.
        paired: rows that are in any gold pair of the conversation, also in one with an utterance that the
            pack does not hold, bool (R,); None where that is not known.
    """

    pack: Pack
    emotion: NDArray[np.int64]
    pair: NDArray[np.float32] | None
    paired: NDArray[np.bool_] | None = None


def label_packs(
    conversation: Conversation, tokenizer: Tokenizer, settings: TokenSettings
) -> list[LabelledPack]:
    """Pack a conversation and carry its gold labels over to the rows."""
    text = pack_text(conversation, tokenizer, settings)
    return [_label(p, conversation) for p in make_packs(text.segments, text.windows, settings.lead)]


def _label(pack: Pack, conversation: Conversation) -> LabelledPack:
    said = [conversation.utterances[index].emotion for index in pack.utterance]
    emotion = np.array([UNLABELLED if e is None else EMOTIONS.index(e) for e in said], dtype=np.int64)
    if conversation.pairs is None:
        return LabelledPack(pack, emotion, None)
    row = {int(index): r for r, index in enumerate(pack.utterance)}
    pair = np.zeros((len(row), len(row)), dtype=np.float32)
    for felt, cause in conversation.pairs:
        if felt in row and cause in row:
            pair[row[felt], row[cause]] = 1.0
    anywhere = {index for gold in conversation.pairs for index in gold}
    return LabelledPack(pack, emotion, pair, np.isin(pack.utterance, list(anywhere)))
