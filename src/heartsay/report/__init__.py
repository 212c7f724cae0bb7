"""The analysis as a page to look at: one self-contained HTML file per conversation, an index for many.

The drawing is worked out in plain functions (`spacing`, `timeline`, `charts`, `palette`) and only
written down by the templates. A page loads nothing, sends nothing, and reads well without its script.
"""

from heartsay.report.index import FailedEntry, IndexEntry, index_entry, render_index, write_index
from heartsay.report.render import render_report, write_report

__all__ = [
    "FailedEntry",
    "IndexEntry",
    "index_entry",
    "render_index",
    "render_report",
    "write_index",
    "write_report",
]
