"""Whether talk was in the training parts that shipped models learnt from, told without these corpora.

A Bloom filter (Bloom 1970, "Space/time trade-offs in hash coding with allowable errors") of every run of five
words in them lies beside the shipped models. It holds no words, and none can be got out of it: it only
answers whether a run may have been put in. An utterance counts as seen by the overlap rule of `leaks`: at
least five of its runs, and half of them, which needs nine words. One run in a hundred is taken for a seen one
by chance; five in one utterance hardly ever. Shorter utterances cannot be told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import atomic_path
from heartsay.conversation import Conversation
from heartsay.corpora.leaks import RUN, overlaps, runs, training_part
from heartsay.corpora.registry import load
from heartsay.corpora.text import normalise

SHIPPED = Path(__file__).parents[1] / "weights" / "training-talk.bin"
"""The filter of what `training_talk` gives."""

LABELLED, UNLABELLED = ("meld", "ecf"), ("emorynlp", "reccon")
"""Corpora whose training labels shipped models learnt from, and of which they learnt the words alone."""

HASHES = 7
"""Bits for each run."""

BITS_PER_RUN = 10
"""Size of the filter; with `HASHES` it takes one run in a hundred and twenty for another."""


def training_talk() -> list[Conversation]:
    """Everything that a shipped model learnt from.

    Raises:
        InputError: a corpus is not there.
    """
    parts = [load(name, "train") for name in LABELLED]
    return [c for part in (*parts, *(training_part(name).conversations for name in UNLABELLED)) for c in part]


class SeenTalk:
    """The runs of five words of some talk, as a filter.

    Args:
        bits: uint8, eight cells each.
    """

    def __init__(self, bits: NDArray[np.uint8]) -> None:
        self._bits = bits

    @classmethod
    def of(cls, conversations: Iterable[Conversation]) -> SeenTalk:
        """The filter of conversations."""
        texts = (normalise(u.text or "") for c in conversations for u in c.utterances)
        found = sorted({run for text in texts for run in runs(text)})
        made = cls(np.zeros(len(found) * BITS_PER_RUN // 8 + 1, np.uint8))
        for run in found:
            for cell in made._cells(run):
                made._bits[cell >> 3] |= 1 << (cell & 7)
        return made

    @classmethod
    def load(cls, path: Path = SHIPPED) -> SeenTalk:
        """Read what `save` wrote."""
        return cls(np.fromfile(path, np.uint8))

    def save(self, path: Path) -> None:
        """Write the filter, whole or not at all."""
        with atomic_path(path) as temporary:
            temporary.write_bytes(self._bits.tobytes())

    def __contains__(self, run: object) -> bool:
        return isinstance(run, tuple) and all(self._bits[c >> 3] >> (c & 7) & 1 for c in self._cells(run))

    def utterances(self, conversation: Conversation) -> int:
        """How many utterances of a conversation it has seen."""
        return sum(overlaps(normalise(u.text or ""), self) for u in conversation.utterances)

    def _cells(self, run: tuple[str, ...]) -> Iterator[int]:
        digest = hashlib.blake2b(" ".join(run[:RUN]).encode(), digest_size=16).digest()
        first, step = (int.from_bytes(digest[at : at + 8], "little") for at in (0, 8))
        return ((first + k * (step | 1)) % (8 * len(self._bits)) for k in range(HASHES))
