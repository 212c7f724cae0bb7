"""The tables of corpora: CSV with a header, in UTF-8."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from heartsay.corpora.refusal import refuse


def read_table(path: Path, needed: Sequence[str], do: str) -> list[dict[str, str]]:
    """The rows of a CSV file, cells stripped of blanks.

    Raises:
        InputError: no such file, not CSV in UTF-8, or a column is missing.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            absent = [name for name in needed if name not in (reader.fieldnames or ())]
            if absent:
                refuse(
                    path,
                    f"the columns {', '.join(needed)}",
                    f"no {', '.join(name or repr(name) for name in absent)}",
                    do,
                )
            return [
                {name: (cell or "").strip() for name, cell in row.items() if name is not None}
                for row in reader
            ]
    except OSError as error:
        refuse(path, "a CSV file", error.strerror or "no readable file", "check the path")
    except (UnicodeDecodeError, csv.Error) as error:
        refuse(path, "CSV in UTF-8", str(error), "save the table as CSV in UTF-8")
