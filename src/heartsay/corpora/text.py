"""A normal form of transcripts, in which two transcripts of the same talk can be compared."""

from __future__ import annotations

import re

_CONTRACTIONS = (
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bcan't\b|\bcannot\b"), "can not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"\by'know\b"), "you know"),
    (re.compile(r"'[sd]\b"), ""),
)
# What 's and 'd may stand for; one transcript drops the clitic where another writes the word.
_CLITIC_WORDS = frozenset({"is", "has", "had", "would"})
_NOT_A_WORD = re.compile(r"[^\w]+|_")


def normalise(text: str) -> str:
    """A transcript's words without case, punctuation and contractions, for comparing transcripts.

    "It's a four." and "It is a four ." agree in this form.
    """
    text = text.lower().replace("’", "'").replace("‘", "'")
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    return " ".join(word for word in _NOT_A_WORD.split(text) if word and word not in _CLITIC_WORDS)
