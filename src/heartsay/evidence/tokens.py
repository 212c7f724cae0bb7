"""From a conversation's words to packed sequences, with any Hugging Face fast tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation, speaker_indices
from heartsay.errors import ModelError
from heartsay.evidence.evidence import Evidence
from heartsay.evidence.packing import Segment, Window, cut_segments, plan_windows

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST_NAME = 8
"""Tokens kept of a speaker's name; a pasted paragraph in a speaker column must not fill the window."""


SHORTEST = 3
"""Tokens that a sequence must hold: its first, and a piece of an utterance in either half of the rest."""

LARGEST = 2**31 - 1
"""The largest id of a token."""


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """What an encoder expects of its sequences.

    Attributes:
        lead: id of the token that opens a sequence ([CLS], <s>).
        end: id of the token that closes an utterance ([SEP], </s>).
        pad: id of the padding token.
        unknown: id of the token for what is outside the vocabulary.
        longest: tokens a sequence may hold.
    """

    lead: int
    end: int
    pad: int
    unknown: int
    longest: int

    def to_dict(self) -> dict[str, int]:
        """JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TokenSettings:
        """Read what `to_dict` wrote.

        Raises:
            KeyError, ValueError: a number is missing or cannot be.
        """
        read = cls(**{field.name: int(values[field.name]) for field in fields(cls)})
        if read.longest < SHORTEST or not all(0 <= n <= LARGEST for n in read.to_dict().values()):
            raise ValueError(f"sequences of {SHORTEST} tokens or more and ids up to {LARGEST}, not {values}")
        return read


@dataclass(frozen=True, slots=True)
class PackedText:
    """A conversation cut into segments, and the windows over them.

    Attributes:
        segments: runs of tokens in order.
        windows: which segments are seen together and which of them are read.
        unknown: share of the tokens of each utterance's text that the vocabulary does not hold, (T,); NaN
            where it has none.
    """

    segments: list[Segment]
    windows: list[Window]
    unknown: np.ndarray[tuple[int], np.dtype[np.float64]]


def load_tokenizer(path: Path) -> Tokenizer:
    """Load a ``tokenizer.json`` with padding and truncation off: packing does both.

    Raises:
        ModelError: there is no such file or it is not a tokenizer.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a bare Exception
        raise ModelError(f"{path} is not a tokenizer that can be read: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def word_evidence(
    conversation: Conversation,
    tokenizer: Tokenizer,
    settings: TokenSettings,
    features: Mapping[str, NDArray[np.float32]] | None = None,
    present: Mapping[str, NDArray[np.bool_]] | None = None,
) -> Evidence:
    """What there is to read of a conversation: its words, packed, and what was measured of its signals.

    Args:
        conversation: with words for some utterances or all.
        tokenizer: of the model.
        settings: of the model.
        features: (T, D_m) of each further modality.
        present: (T,) of each further modality.
    """
    has = {"text": np.array([u.text is not None for u in conversation.utterances]), **(present or {})}
    words = pack_text(conversation, tokenizer, settings, np.any([*has.values()], axis=0))
    ids = tuple(u.id for u in conversation.utterances)
    speaker = np.array(speaker_indices(u.speaker for u in conversation.utterances), np.int64)
    return Evidence(ids, speaker, features or {}, has, words)


def pack_text(
    conversation: Conversation,
    tokenizer: Tokenizer,
    settings: TokenSettings,
    rows: NDArray[np.bool_] | None = None,
) -> PackedText:
    """Tokenise "Speaker: text" per utterance and plan the windows over the conversation.

    Args:
        conversation: to pack.
        tokenizer: of the model.
        settings: of the model.
        rows: which utterances have a row, (T,); one without words has a row without tokens. Those that have
            words if not given.
    """
    spoken = [(t, u) for t, u in enumerate(conversation.utterances) if u.text is not None]
    names = tokenizer.encode_batch_fast([u.speaker for _, u in spoken], add_special_tokens=False)
    texts = tokenizer.encode_batch_fast([f": {u.text}" for _, u in spoken], add_special_tokens=False)
    kept = [False] * len(conversation) if rows is None else rows.tolist()
    utterances: list[list[int] | None] = [[] if row else None for row in kept]
    unknown = np.full(len(conversation), np.nan)
    for (t, _), n, text in zip(spoken, names, texts, strict=True):
        utterances[t] = [*n.ids[:LONGEST_NAME], *text.ids, settings.end]
        unknown[t] = _unknown_share(text.ids[1:], settings.unknown)  # the colon is no word
    budget = settings.longest - 1
    segments = cut_segments(
        utterances, speaker_indices(u.speaker for u in conversation.utterances), budget // 2
    )
    return PackedText(segments, plan_windows([len(s.tokens) for s in segments], budget), unknown)


def _unknown_share(tokens: list[int], unknown: int) -> float:
    """Share of unknown tokens; text of which nothing is left to the tokenizer is unknown whole."""
    return sum(token == unknown for token in tokens) / len(tokens) if tokens else 1.0
