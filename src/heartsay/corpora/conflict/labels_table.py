"""A conflict benchmark from a user's own labels: a CSV file with one row per clip.

Columns: `id`, `label` (of the whole clip), `voice`, `face`; where there are any `speaker` and `text`. An
empty cell is a label that nobody gave: such clips are undecided and counted as that, never guessed.
"""

from __future__ import annotations

from pathlib import Path

from heartsay.corpora.conflict.subsets import ConflictBenchmark, ConflictItem
from heartsay.corpora.tables import read_table
from heartsay.labels import LabelSpace

NEEDED = ("id", "label", "voice", "face")
DO = "write a header with id, label, voice and face, and a row per clip"


def read_labels_table(path: Path, labels: LabelSpace | None = None) -> ConflictBenchmark:
    """Read labels per modality.

    Args:
        path: the CSV file, UTF-8.
        labels: what every label is one of; all that occur, sorted, if not given.

    Raises:
        InputError: no such file, not CSV in UTF-8, a column is missing, a clip twice, or a label that is
        none.
    """
    rows = read_table(path, NEEDED, DO)
    items = tuple(
        ConflictItem(
            row["id"],
            row.get("speaker") or row["id"],
            row["label"] or None,
            row["voice"] or None,
            row["face"] or None,
            row.get("text") or None,
        )
        for row in rows
    )
    if labels is None:
        found = {name for item in items for name in (item.label, item.voice, item.face, item.text) if name}
        names = tuple(sorted(found))
        labels = LabelSpace(names, names.index("neutral") if "neutral" in names else None)
    return ConflictBenchmark(path.stem, labels, items, facts={"labels": f"as {path.name} gives them"})
