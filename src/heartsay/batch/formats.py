"""The formats that a run can write: those of the room of formats, and the report."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import partial
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from heartsay.analysis import Analysis
from heartsay.formats import ANALYSIS_FORMATS, document_path
from heartsay.formats.analyses.spec import AnalysisFormat, FailedInput, GetCard

if TYPE_CHECKING:
    from heartsay.report.player import MediaMode


def _write_report(analysis: Analysis, path: Path, get_card: GetCard, media: MediaMode = "link") -> None:
    from heartsay.report import write_report

    write_report(analysis, get_card(), path, media)


def _write_index(results: Iterable[Analysis | FailedInput], path: Path) -> None:
    from heartsay.report import FailedEntry, index_entry, write_index

    rows = (
        FailedEntry(*result)
        if isinstance(result, FailedInput)
        else index_entry(result, document_path(result.conversation, "html"))
        for result in results
    )
    write_index(rows, path)


def _documents_in(path: Path) -> set[str]:
    """The documents that an index links to, as paths without their suffix."""
    links = re.findall(r'href="([^"#?:]+)\.html"', path.read_text("utf-8"))
    return {unquote(unescape(link)).removeprefix("./") for link in links}


_HTML = AnalysisFormat(
    "html", _write_report, _write_index, "index.html", table_of_one=False, holds=_documents_in
)

FORMATS: dict[str, AnalysisFormat] = {**ANALYSIS_FORMATS, _HTML.name: _HTML}
"""By name: json and html give a file per conversation, csv and parquet a table over all."""


def chosen_formats(names: Collection[str], media: MediaMode) -> list[AnalysisFormat]:
    """The formats of these names; reports come by their recordings as `media` says."""
    html = replace(_HTML, write_document=partial(_write_report, media=media))
    return [html if name == html.name else spec for name, spec in FORMATS.items() if name in names]
