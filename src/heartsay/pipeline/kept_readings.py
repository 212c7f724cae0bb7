"""Readings that are made once: a large model needs minutes for a split that several measurements ask for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from heartsay import evidence, runtime
from heartsay.conversation import Conversation
from heartsay.errors import ModelError
from heartsay.evidence.reading import Reading
from heartsay.evidence.views import CONTEXTS
from heartsay.runtime import Bundle


def kept_reading(
    folder: Path | None, model: Bundle, talk: Sequence[Conversation], read: Callable[[], Reading]
) -> Reading:
    """What a model reads of some conversations, taken from a folder or made and put there.

    It is found again by all that it depends on: the model's graphs, tokenizer, token settings and labels, the
    views, the code that reads, and the conversations themselves, labels included. A calibration changes
    nothing about it.

    Args:
        folder: where readings are kept; None keeps nothing.
        model: what reads.
        talk: what it reads.
        read: makes the Reading.
    """
    if folder is None:
        return read()
    path = folder / f"reading-{_key(model, talk)}.npz"
    if path.exists():
        try:
            return Reading.load(path)
        except ModelError:
            pass  # a damaged file is made anew
    reading = read()
    folder.mkdir(parents=True, exist_ok=True)
    reading.save(path)
    return reading


def _key(model: Bundle, talk: Sequence[Conversation]) -> str:
    """Of the model, the code, the views, the words, who says them, and every label."""
    told = [
        (
            c.id,
            [(u.id, u.speaker, u.text, u.emotion, sorted((u.votes or {}).items())) for u in c.utterances],
            None if c.pairs is None else sorted(c.pairs),
        )
        for c in talk
    ]
    words = hashlib.sha256(model.tokenizer.to_str().encode()).hexdigest()
    reads = (model.stamp.sha256, words, model.tokens, model.labels, tuple(model.modalities), CONTEXTS)
    return hashlib.sha256(f"{_code()} {reads!r} {told!r}".encode()).hexdigest()[:16]


@cache
def _code() -> str:
    """Hash of the rooms that make a Reading; the version does not change with each of their changes."""
    digest = hashlib.sha256(version("onnxruntime").encode())
    for room in (evidence, runtime):
        for path in sorted(Path(room.__path__[0]).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
