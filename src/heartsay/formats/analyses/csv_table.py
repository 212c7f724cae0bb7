"""Analyses as a CSV for spreadsheets: one row per utterance, all conversations in one file.

Cells of text that a spreadsheet would take for a formula (they begin with = + - @ or a tab) get an
apostrophe in front, because transcripts come from strangers. Programs that want the text untouched
read the JSON or the Parquet.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartsay.atomic import atomic_path
from heartsay.formats.analyses.rows import COLUMNS, utterance_rows
from heartsay.formats.analyses.spec import AnalysisFormat, FailedInput

if TYPE_CHECKING:
    from heartsay.analysis import Analysis

_BLANK = re.compile(r"\s")
_FORMULA = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]*[=+\-@＝＋－＠﹢﹣﹦﹫]|[\t\r]")
"""What a spreadsheet takes for a formula, also behind blanks and unseen marks, or in full width."""


def write_csv(analyses: Iterable[Analysis | FailedInput], path: str | Path) -> None:
    """Write analyses to one CSV as they come: UTF-8, commas, a header row; memory holds one of them.

    Columns as in `rows.COLUMNS`. `set` is separated by spaces, surest first; `causes` reads
    `id:0.83 id:0.40`, where spaces in an id become %20; numbers have at most six decimals.

    Raises:
        HeartsayError: it cannot be written; nothing is left behind.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        rows = utterance_rows(analyses)
        first = next(rows, None)
        writer.writerow(first or COLUMNS)
        for row in chain([first] if first else (), rows):
            row["set"] = " ".join(row["set"])
            row["causes"] = " ".join(
                f"{_BLANK.sub('%20', cause['utterance'])}:{cause['confidence']:.2f}"
                for cause in row["causes"]
            )
            writer.writerow([_cell(value) for value in row.values()])


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return round(value, 6) if isinstance(value, float) else value


def conversations_in(path: Path) -> set[str]:
    """The conversations that a table has rows of."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["conversation"].removeprefix("'") for row in csv.DictReader(file)}


FORMAT = AnalysisFormat("csv", write_table=write_csv, table="utterances.csv", holds=conversations_in)
