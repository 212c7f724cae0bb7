"""Files in and out: one file per format, each reading to `Conversation` and, where it can, writing one.

`read`, `read_all` and `read_many` take files, folders and streams of any of the formats; `write_json`,
`write_csv` and `write_parquet` put analyses on disk, whole or not at all. What all formats share is in
`source` (bytes to text), `cleaning` (rows to conversations) and `captions` (SRT and WebVTT).
"""

from __future__ import annotations

from heartsay.formats.analysis_csv import write_csv
from heartsay.formats.analysis_json import write_json
from heartsay.formats.analysis_parquet import write_parquet
from heartsay.formats.csv_table import conversation_to_csv
from heartsay.formats.json_document import conversation_to_json
from heartsay.formats.naming import output_path
from heartsay.formats.reading import ReadFailure, read, read_all, read_many
from heartsay.formats.schema import analysis_json_schema
from heartsay.formats.sniffing import sniff
from heartsay.formats.subrip import conversation_to_srt
from heartsay.formats.webvtt import conversation_to_webvtt

__all__ = [
    "ReadFailure",
    "analysis_json_schema",
    "conversation_to_csv",
    "conversation_to_json",
    "conversation_to_srt",
    "conversation_to_webvtt",
    "output_path",
    "read",
    "read_all",
    "read_many",
    "sniff",
    "write_csv",
    "write_json",
    "write_parquet",
]
