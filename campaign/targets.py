"""What is fed: each target takes the path of a file, and gives a result or refuses it as it may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from heartsay.errors import HeartsayError

REFUSALS = (HeartsayError,)
"""What may be raised; anything else is a failure."""


def conversations(path: Path) -> None:
    """Read as any file is, and write what was read."""
    from heartsay import formats

    for conversation in formats.read_all(path):
        formats.write(conversation, "json").encode()
        formats.document_path(conversation.id, "json").encode()


def pickles(path: Path) -> None:
    """Read a file of features."""
    from heartsay.corpora.safe_pickle import load_pickle

    load_pickle(path)


def settings(path: Path) -> None:
    """Read a file of settings, and take them for those of a run."""
    from heartsay.training.yaml_settings import read_settings

    read_settings(path)


def recordings(path: Path) -> None:
    """Decode a recording to its end."""
    from heartsay.media.sound import Sound

    for _ in Sound(path).blocks():
        pass


TARGETS: dict[str, Callable[[Path], None]] = {
    "conversations": conversations,
    "pickles": pickles,
    "settings": settings,
    "recordings": recordings,
}
