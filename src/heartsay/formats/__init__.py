"""Files in and out: conversations are read and written, analyses are written, one file per format.

`read`, `read_all` and `read_many` take files, folders and streams in any of `FORMATS`, or in a format of your
own; `write` puts a conversation into one. `conversations` holds these formats, `analyses` those that analyses
are written in. What all readers share is in `source` (bytes to text) and `cleaning` (rows to conversations).
"""

from __future__ import annotations

from heartsay.formats.analyses import ANALYSIS_FORMATS, AnalysisFormat, write_json
from heartsay.formats.cleaning import Row, build_conversation
from heartsay.formats.clock import parse_clock
from heartsay.formats.given import is_given
from heartsay.formats.interpretation import AS_BROUGHT, Interpretation, as_brought
from heartsay.formats.naming import document_path
from heartsay.formats.reading import count_files, read, read_all, read_many
from heartsay.formats.registry import FORMATS, find_format, sniff, titles
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec
from heartsay.formats.twins import ReadFailure
from heartsay.formats.writing import not_kept, write

__all__ = [
    "ANALYSIS_FORMATS",
    "AS_BROUGHT",
    "FORMATS",
    "AnalysisFormat",
    "FormatSpec",
    "Interpretation",
    "ReadFailure",
    "Row",
    "Source",
    "as_brought",
    "build_conversation",
    "count_files",
    "document_path",
    "find_format",
    "is_given",
    "not_kept",
    "parse_clock",
    "read",
    "read_all",
    "read_many",
    "sniff",
    "titles",
    "write",
    "write_json",
]
