"""What a format of analyses is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from heartsay.analysis import Analysis
    from heartsay.card import Card

GetCard = Callable[[], "Card | None"]


class FailedInput(NamedTuple):
    """A file that could not be read, and why."""

    path: str
    error: str


@dataclass(frozen=True, slots=True)
class AnalysisFormat:
    """A format of analyses: a document for each, a table over all, or both.

    Attributes:
        name: what options call it, and the suffix of its documents.
        write_document: writes one analysis to a path; is handed what gives its model's card; or None.
        write_table: writes what came of all inputs, in order and taken one at a time, to a path; or None.
        table: the name of the table's file, or None.
        table_of_one: whether there is a table where there is only one conversation.
        holds: the conversations that a table has, whose ids a run must have all to replace it; raises
            whatever it may for a file that is no such table.
    """

    name: str
    write_document: Callable[[Analysis, Path, GetCard], None] | None = None
    write_table: Callable[[Iterable[Analysis | FailedInput], Path], None] | None = None
    table: str | None = None
    table_of_one: bool = True
    holds: Callable[[Path], set[str]] | None = None
