"""A conflict benchmark from a user's own labels: a CSV file with one row per clip.

Columns: `id`, `label` (of the whole clip), `voice`, `face`; where there are any `speaker` and `text`. An
empty cell is a label that nobody gave: such clips are undecided and counted as that, never guessed.
"""

from __future__ import annotations

import csv
from pathlib import Path

from heartsay.corpora.conflict.subsets import ConflictBenchmark, ConflictItem
from heartsay.corpora.refusal import refuse
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


def read_table(path: Path, needed: tuple[str, ...], do: str) -> list[dict[str, str]]:
    """The rows of a CSV file, cells stripped of blanks.

    Raises:
        InputError: no such file, not CSV in UTF-8, or a column is missing.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            absent = [name for name in needed if name not in (reader.fieldnames or ())]
            if absent:
                refuse(path, f"the columns {', '.join(needed)}", f"no {', '.join(absent)}", do)
            return [{name: (cell or "").strip() for name, cell in row.items() if name} for row in reader]
    except OSError as error:
        refuse(path, "a CSV file", error.strerror or "no readable file", "check the path")
    except (UnicodeDecodeError, csv.Error) as error:
        refuse(path, "CSV in UTF-8", str(error), "save the table as CSV in UTF-8")
