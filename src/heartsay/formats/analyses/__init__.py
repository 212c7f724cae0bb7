"""The formats that analyses are written in, one file each."""

from __future__ import annotations

from heartsay.formats.analyses import csv_table, json_document, label_studio, parquet_table, timed
from heartsay.formats.analyses.json_document import write_json
from heartsay.formats.analyses.spec import AnalysisFormat, FailedInput

ANALYSIS_FORMATS: dict[str, AnalysisFormat] = {
    spec.name: spec
    for spec in (
        json_document.FORMAT,
        csv_table.FORMAT,
        parquet_table.FORMAT,
        *timed.FORMATS,
        label_studio.FORMAT,
    )
}
"""By name; `batch` adds the report, which is a room of its own."""

__all__ = ["ANALYSIS_FORMATS", "AnalysisFormat", "FailedInput", "write_json"]
