"""What a run has described so far: files of a few hundred utterances, whole or not there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heartsay.atomic import atomic_path
from heartsay.errors import DAMAGE
from heartsay.evidence.store import Feature, Rows
from heartsay.extraction.clip import Described


@dataclass(frozen=True)
class Part:
    """Some utterances of a split that were described.

    Attributes:
        path: its file.
        records: of each utterance `sha256`, `rate`, `seconds` and `problems`.
    """

    path: Path
    records: Sequence[Mapping[str, Any]]

    def rows(self, feature: str) -> list[Rows]:
        """What one feature is of each utterance."""
        from safetensors import safe_open

        with safe_open(self.path, "np") as file:
            values, counts = file.get_tensor(f"{feature}.values"), file.get_tensor(f"{feature}.rows")
        return np.split(values, np.cumsum(counts)[:-1])


def read_part(path: Path, key: str) -> Part | None:
    """A part that was made of the same clips in the same way; None where there is none."""
    from safetensors import SafetensorError, safe_open

    damage: tuple[type[Exception], ...] = (*DAMAGE, SafetensorError)
    try:
        with safe_open(path, "np") as file:
            stated = file.metadata() or {}
        return Part(path, json.loads(stated["records"])) if stated.get("key") == key else None
    except damage:
        return None


def write_part(path: Path, key: str, described: Sequence[Described], features: Sequence[Feature]) -> Part:
    """Keep what was described; it survives a kill from here on.

    Raises:
        HeartsayError: it cannot be written.
    """
    from safetensors.numpy import save_file

    arrays: dict[str, Rows] = {}
    for feature in features:
        absent = np.zeros((0, feature.width), np.float16 if feature.frames else np.float32)
        rows = [one.rows.get(feature.name, absent) for one in described]
        arrays[f"{feature.name}.values"] = np.concatenate(rows)
        arrays[f"{feature.name}.rows"] = np.array([len(r) for r in rows], np.int64)
    records = [
        {"sha256": one.sha256, "rate": one.rate, "seconds": one.seconds, "problems": one.problems}
        for one in described
    ]
    with atomic_path(path) as temporary:
        save_file(arrays, temporary, {"key": key, "records": json.dumps(records)})
    return Part(path, records)
