"""Whether a store still holds what it was made with, and whether the clips are still those."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from heartsay.errors import InputError
from heartsay.evidence.store import Store
from heartsay.evidence.store_files import digest
from heartsay.progress import Report, silent, track


class Difference(NamedTuple):
    """Something that is not as the index says.

    Attributes:
        where: split and feature, or the file of a clip.
        what: in words.
    """

    where: str
    what: str


def check_store(store: Store, source: Path, report: Report = silent) -> list[Difference]:
    """Compare every row of a store with its checksum, and every clip with that which was read.

    Args:
        store: what is checked.
        source: the folder of the clips.
        report: progress callback.

    Raises:
        InputError: the index is absent or damaged.
    """
    index = store.index()
    by_feature: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in index:
        by_feature.setdefault((row["split"], row["feature"]), []).append(row)
    found: list[Difference] = []
    for split in store.splits:
        for feature in store.features:
            found += _differing_rows(store, split, feature, by_feature.get((split, feature), []))
    clips = {row["path"]: row["clip_sha256"] for row in index if row["path"] is not None}
    for path, sha256 in track(list(clips.items()), "Comparing clips", report, "clips"):
        if (what := _changed(source / path, sha256)) is not None:
            found.append(Difference(path, what))
    return found


def _differing_rows(store: Store, split: str, feature: str, index: list[dict[str, Any]]) -> list[Difference]:
    where = f"{split}/{feature}"
    try:
        rows = store.rows(split, feature)
    except InputError as error:
        return [Difference(where, f"cannot be read: {error.found}")]
    if len(rows) != len(index):
        return [Difference(where, f"{len(rows)} utterances, {len(index)} in the index")]
    found = []
    for stated, values in zip(index, rows, strict=True):
        if len(values) != stated["rows"] or (digest(values) if len(values) else None) != stated["row_sha256"]:
            found.append(Difference(where, f"{stated['utterance']}: not the rows that were written"))
        elif not np.isfinite(values).all():
            found.append(Difference(where, f"{stated['utterance']}: NaN or infinity"))
    return found


def _changed(path: Path, sha256: str | None) -> str | None:
    if not path.is_file():
        return "the clip is gone"
    with path.open("rb") as file:
        now = hashlib.file_digest(file, "sha256").hexdigest()
    return None if now == sha256 else "the clip has changed"
