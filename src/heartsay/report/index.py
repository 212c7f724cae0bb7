"""The index of a folder of reports: a table of links, written row by row so that any number of rows fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from heartsay.analysis import Analysis
from heartsay.atomic import write_text
from heartsay.labels import EMOTIONS
from heartsay.report.page import environment, shorten
from heartsay.report.palette import styles
from heartsay.report.sentences import count, counts_in_words, emotion_counts


class IndexEntry(NamedTuple):
    """One report: where it lies, seen from the index, and what a reader may choose it by."""

    href: str
    conversation: str
    speakers: list[str]
    utterances: int
    counts: dict[str, int]
    left_open: int
    warnings: int


class FailedEntry(NamedTuple):
    """A file that could not be read, and why."""

    source: str
    reason: str


@dataclass(slots=True)
class Tally:
    """What went by while the rows were written."""

    conversations: int = 0
    utterances: int = 0
    failed: int = 0

    def __str__(self) -> str:
        done = f"{count(self.conversations, 'conversation')}, {count(self.utterances, 'utterance')}"
        return f"{done}; {count(self.failed, 'file')} could not be read." if self.failed else f"{done}."


def index_entry(analysis: Analysis, href: str) -> IndexEntry:
    """The index row of an analysis; `href` is the report's path relative to the index, with slashes."""
    return IndexEntry(
        href=href,
        conversation=analysis.conversation,
        speakers=list(dict.fromkeys(u.speaker for u in analysis.utterances)),
        utterances=len(analysis.utterances),
        counts=emotion_counts(analysis),
        left_open=sum(u.emotion.abstain for u in analysis.utterances),
        warnings=len(analysis.warnings),
    )


def render_index(
    entries: Iterable[IndexEntry | FailedEntry], *, title: str = "Conversations"
) -> Iterator[str]:
    """The index page in pieces; entries are taken one at a time and not kept."""
    tally = Tally()

    def rows() -> Iterator[dict[str, object]]:
        for entry in entries:
            if isinstance(entry, FailedEntry):
                tally.failed += 1
                yield {"failed": entry}
                continue
            tally.conversations += 1
            tally.utterances += entry.utterances
            # "./" and the quoting keep a colon in a file name from being taken for a scheme.
            yield {
                "failed": None,
                "entry": entry,
                "href": "./" + quote(entry.href, errors="replace"),
                "words": counts_in_words(entry.counts),
                "speakers": _names(entry.speakers),
            }

    return (
        environment()
        .get_template("index.html")
        .generate(title=title, rows=rows(), tally=tally, style=styles(EMOTIONS))
    )


def write_index(
    entries: Iterable[IndexEntry | FailedEntry], path: str | Path, *, title: str = "Conversations"
) -> None:
    """Write the index to `path` as it is made, whole or not at all.

    Raises:
        HeartsayError: the file cannot be written; says why.
    """
    write_text(path, render_index(entries, title=title))


def _names(speakers: list[str]) -> str:
    listed = ", ".join(shorten(name, 30) for name in speakers[:4])
    return f"{listed} and {len(speakers) - 4} more" if len(speakers) > 4 else listed
