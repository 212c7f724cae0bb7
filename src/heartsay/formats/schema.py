"""The JSON Schema of an analysis document, kept beside this file as `analysis.schema.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

OPTIONAL = frozenset({"false_discovery_control"})
"""Fields that a document has only if an option asked for them."""

SCHEMA_PATH = Path(__file__).with_name("analysis.schema.json")


def analysis_json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what `write_json` writes: every field is there, null or not.

    Only `OPTIONAL` is left out where it was not asked for.
    """
    from heartsay.analysis import Analysis

    schema = Analysis.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        part["required"] = [name for name in part["properties"] if name not in OPTIONAL]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
