"""An analysis as a JSON document; `analysis.schema.json` describes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from heartsay.atomic import write_text
from heartsay.formats.analyses.spec import AnalysisFormat

if TYPE_CHECKING:
    from heartsay.analysis import Analysis


SCHEMA_PATH = Path(__file__).parents[1] / "analysis.schema.json"
"""The JSON Schema (draft 2020-12) of what `write_json` writes."""


def write_json(analysis: Analysis, path: str | Path) -> None:
    """Write one analysis as a JSON document, UTF-8, indented, with every field even where it is null.

    Raises:
        HeartsayError: it cannot be written; nothing is left behind.
    """
    write_text(path, analysis.model_dump_json(indent=2) + "\n")


FORMAT = AnalysisFormat("json", write_document=lambda analysis, path, get_card: write_json(analysis, path))
