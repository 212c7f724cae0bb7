"""What a run of a decoder was made from, and which clips it could not read without a warning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from heartsay.atomic import write_text
from heartsay.experiments.decoders.clips import read_clips
from heartsay.experiments.release.manifest import sha256

SOURCE = "source.json"
"""What a run was made from, in its folder."""

WARNED = "warned.json"
"""What was said of clips as they were decoded, by their ids, in the folder of a run."""


def made_of(decoder: Path, table: Path) -> dict[str, str]:
    """What tells two decoders, or two sets of clips, apart.

    The table and the decoder's configuration count by what they hold; weights, the rest of the decoder's
    folder and the clips, which may be of many gigabytes, by their names, sizes and times of change.

    Raises:
        InputError: the table cannot be read.
    """
    parts = [path for path in decoder.rglob("*") if path.is_file() and not _is_hidden(path, decoder)]
    return {
        "configuration": sha256(decoder / "config.json"),
        "decoder": _state(parts),
        "table": sha256(table),
        "clips": _state(read_clips(table).files.values()),
    }


def _is_hidden(path: Path, root: Path) -> bool:
    """Whether a file lies where programs keep notes of their own, as those that fetch models do."""
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _state(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        found = path.stat()
        digest.update(f"{path.name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class Warned:
    """What was said of clips as they were decoded; it survives a kill.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / WARNED
        self._found = read_warned(folder)

    def add(self, clip: str, warnings: Sequence[str]) -> None:
        """Keep what was said of a clip, if anything was."""
        if warnings and self._found.get(clip) != list(warnings):
            self._found[clip] = list(warnings)
            write_text(self._path, json.dumps(self._found, ensure_ascii=False, indent=1) + "\n")


def read_warned(folder: Path) -> dict[str, list[str]]:
    """What a run wrote down of clips, by their ids; empty where it read all of them without a warning."""
    path = folder / WARNED
    found: dict[str, list[str]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found
