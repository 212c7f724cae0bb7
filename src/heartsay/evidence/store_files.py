"""The files of a store of features, written whole or not at all, and the checksum of its rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heartsay.atomic import atomic_path, write_text
from heartsay.evidence.store import FORMAT, INDEX, MANIFEST, Rows, Store

if TYPE_CHECKING:
    import pyarrow as pa


def write_split(folder: Path, feature: str, utterances: Sequence[Rows], width: int) -> None:
    """Write one feature of one split: `values` (R, D) and `rows` (N,).

    Raises:
        HeartsayError: it cannot be written.
    """
    from safetensors.numpy import save

    values = np.concatenate([np.zeros((0, width), utterances[0].dtype), *utterances])
    counts = np.array([len(rows) for rows in utterances], np.int64)
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(folder / f"{feature}.safetensors") as temporary:
        # save_file would make a file that nobody else may read.
        temporary.write_bytes(save({"values": values, "rows": counts}))


def write_index(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the index, a row for each utterance and feature.

    Raises:
        HeartsayError: it cannot be written.
    """
    import pyarrow as pa
    from pyarrow import parquet

    with atomic_path(folder / INDEX) as temporary:
        parquet.write_table(pa.Table.from_pylist(list(rows), schema=_schema()), temporary)


def write_manifest(store: Store) -> None:
    """Write what makes a folder a store; last, since its presence says that the rest is whole.

    Raises:
        HeartsayError: it cannot be written.
    """
    stated = {
        "store": FORMAT,
        "corpus": store.corpus,
        "licence": store.licence,
        "classes": list(store.classes),
        "features": [asdict(feature) for feature in store.features.values()],
        "splits": list(store.splits),
        "problems": [asdict(problem) for problem in store.problems],
        "key": store.key,
    }
    write_text(store.folder / MANIFEST, json.dumps(stated, indent=1, ensure_ascii=False) + "\n")


def digest(rows: Rows) -> str:
    """The checksum of an utterance's rows: of their type, shape and bytes, little-endian."""
    head = f"{rows.dtype.name} {rows.shape}".encode()
    return hashlib.sha256(
        head + np.ascontiguousarray(rows, rows.dtype.newbyteorder("<")).tobytes()
    ).hexdigest()


def _schema() -> pa.Schema:
    import pyarrow as pa

    words = ("split", "conversation", "utterance", "speaker", "emotion", "path", "clip_sha256")
    fields = [pa.field(name, pa.string()) for name in words]
    fields += [pa.field("sample_rate", pa.int64()), pa.field("seconds", pa.float64())]
    fields += [pa.field(name, pa.string()) for name in ("feature", "encoder", "version")]
    fields += [pa.field("rows", pa.int64()), pa.field("row_sha256", pa.string())]
    return pa.schema([*fields, pa.field("problem", pa.string())])
