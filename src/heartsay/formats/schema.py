"""The JSON Schema of an analysis document, kept beside this file as `analysis.schema.json`."""

from __future__ import annotations

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
