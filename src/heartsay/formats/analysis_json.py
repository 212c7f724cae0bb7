"""An analysis as a JSON document; `analysis.schema.json` describes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from heartsay.atomic import atomic_path

if TYPE_CHECKING:
    from heartsay.analysis import Analysis


def write_json(analysis: Analysis, path: str | Path) -> None:
    """Write one analysis as a JSON document, UTF-8, indented, with every field even where it is null.

    Raises:
        HeartsayError: it cannot be written; nothing is left behind.
    """
    text = analysis.model_dump_json(indent=2)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")
