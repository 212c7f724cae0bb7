"""From a conversation's words to packed sequences, with any Hugging Face fast tokenizer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heartsay.conversation import Conversation, speaker_indices
from heartsay.errors import ModelError
from heartsay.evidence.packing import Segment, Window, cut_segments, plan_windows

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST_NAME = 8
"""Tokens kept of a speaker's name; a pasted paragraph in a speaker column must not fill the window."""


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
        return {
            "lead": self.lead,
            "end": self.end,
            "pad": self.pad,
            "unknown": self.unknown,
            "longest": self.longest,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TokenSettings:
        """Read what `to_dict` wrote."""
        return cls(**{name: int(values[name]) for name in ("lead", "end", "pad", "unknown", "longest")})


@dataclass(frozen=True, slots=True)
class PackedText:
    """A conversation cut into segments, and the windows over them.

    Attributes:
        segments: runs of tokens in order.
        windows: which segments are seen together and which of them are read.
        unknown: share of the tokens of each utterance's text that the vocabulary does not hold, (T,).
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


def pack_text(conversation: Conversation, tokenizer: Tokenizer, settings: TokenSettings) -> PackedText:
    """Tokenise "Speaker: text" per utterance and plan the windows over the conversation."""
    names = tokenizer.encode_batch_fast(
        [u.speaker for u in conversation.utterances], add_special_tokens=False
    )
    texts = tokenizer.encode_batch_fast(
        [f": {u.text}" for u in conversation.utterances], add_special_tokens=False
    )
    utterances = [[*n.ids[:LONGEST_NAME], *t.ids, settings.end] for n, t in zip(names, texts, strict=True)]
    unknown = np.array([_unknown_share(t.ids[1:], settings.unknown) for t in texts])  # the colon is no word
    budget = settings.longest - 1
    segments = cut_segments(
        utterances, speaker_indices(u.speaker for u in conversation.utterances), budget // 2
    )
    return PackedText(segments, plan_windows([len(s.tokens) for s in segments], budget), unknown)


def _unknown_share(tokens: list[int], unknown: int) -> float:
    """Share of unknown tokens; text of which nothing is left to the tokenizer is unknown whole."""
    return sum(token == unknown for token in tokens) / len(tokens) if tokens else 1.0
