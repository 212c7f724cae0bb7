"""The JSON Schema of an analysis document, kept beside this file as `analysis.schema.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SCHEMA_PATH = Path(__file__).with_name("analysis.schema.json")


def analysis_json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what `write_json` writes: every field is there, null or not.

    Only fields that a part calls `optional` are left out where there is nothing to say.
    """
    from heartsay.analysis import Analysis, Part

    schema = Analysis.model_json_schema()
    optional = {part.__name__: part.optional for part in Part.__subclasses__()}
    for name, part in (("Analysis", schema), *schema["$defs"].items()):
        part["required"] = [field for field in part["properties"] if field not in optional[name]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """What `analysis.schema.json` has to hold."""
    return json.dumps(analysis_json_schema(), indent=2, ensure_ascii=False) + "\n"


def write_schema() -> None:
    """Write `analysis.schema.json` anew, after a change of `heartsay.analysis`."""
    SCHEMA_PATH.write_text(schema_text(), encoding="utf-8", newline="\n")
