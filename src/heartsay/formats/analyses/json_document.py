"""An analysis as a JSON document; `analysis.schema.json` describes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from heartsay.atomic import write_text
from heartsay.formats.analyses.spec import AnalysisFormat

if TYPE_CHECKING:
    from heartsay.analysis import Analysis


SCHEMA_PATH = Path(__file__).parents[1] / "analysis.schema.json"
"""The JSON Schema (draft 2020-12) of what `write_json` writes."""

NO_UTTERANCES = '\n  "utterances": []'
"""What stands in a document without utterances where they would be."""


def write_json(analysis: Analysis, path: str | Path) -> None:
    """Write one analysis as a JSON document, UTF-8, indented.

    Every field that every analysis has is there, also where it is null; optional ones only where computed.

    Raises:
        HeartsayError: it cannot be written; nothing is left behind.
    """
    write_text(path, _pieces(analysis))


def _pieces(analysis: Analysis) -> Iterator[str]:
    """The document, an utterance at a time: as a whole it takes ten times the memory of what is written."""
    whole = analysis.model_copy(update={"utterances": []}).model_dump_json(indent=2)
    if not analysis.utterances:
        yield whole + "\n"
        return
    before, after = whole.split(NO_UTTERANCES)
    yield before + NO_UTTERANCES.removesuffix("]")
    comma = ""
    for utterance in analysis.utterances:
        # A line break within a text is written as an escape: what is moved are lines of the document alone.
        lines = utterance.model_dump_json(indent=2).replace("\n", "\n    ")
        yield f"{comma}\n    {lines}"
        comma = ","
    yield f"\n  ]{after}\n"


FORMAT = AnalysisFormat("json", write_document=lambda analysis, path, get_card: write_json(analysis, path))
