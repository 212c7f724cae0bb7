"""A page about a whole corpus: feelings by column, likeliest passages, what was left open."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from heartsay.labels import EMOTIONS
from heartsay.report.page import environment
from heartsay.report.palette import styles


class Bar(NamedTuple):
    """How many utterances have a label, and how many of these are left open."""

    label: str
    utterances: int
    left_open: int


@dataclass
class Group:
    """The utterances that have one value of a column; `name` is None for those without any."""

    name: str | None
    utterances: int = 0
    felt: int = 0
    left_open: int = 0
    labels: Counter[str] = field(default_factory=Counter)

    def add(self, label: str | None, count: int, left_open: int, felt: int) -> None:
        """Take in the utterances of one label; None where nothing was read."""
        self.utterances += count
        self.left_open += left_open
        self.felt += felt
        if label is not None:
            self.labels[label] += count


class Section(NamedTuple):
    """Utterances by a column; `part` is what its dates are cut to, `more` are groups that are not shown."""

    column: str
    part: str
    groups: list[Group]
    more: list[Group]


class Passage(NamedTuple):
    """An utterance that is likely to hold a feeling."""

    conversation: str
    utterance: str
    speaker: str
    text: str | None
    label: str
    probability: float
    feeling: str | None


class CorpusPage(NamedTuple):
    """What the page shows.

    Attributes:
        folder: name of it.
        tables: in it.
        utterances: in all.
        conversations: in all; those of one id in two tables are two.
        felt: utterances in which a feeling is found.
        left_open: utterances whose reading is not to be used.
        unread: utterances that gave the model nothing to read.
        confidence: mean of all labels, or None.
        labels: the most frequent first.
        sections: by column.
        passages: the likeliest first, one of a conversation.
        reasons: why readings are left open, and how often; the most frequent first.
        notes: sentences about what is not in it.
    """

    folder: str
    tables: int
    utterances: int
    conversations: int
    felt: int
    left_open: int
    unread: int
    confidence: float | None
    labels: list[Bar]
    sections: list[Section]
    passages: list[Passage]
    reasons: list[tuple[str, int]]
    notes: list[str]


def render_corpus(page: CorpusPage, title: str) -> str:
    """The page as HTML text, self-contained."""
    found = dict.fromkeys(bar.label for bar in page.labels)
    found |= dict.fromkeys(p.feeling for p in page.passages if p.feeling is not None)
    labels = [label for label in EMOTIONS if label in found]
    labels += [label for label in found if label not in EMOTIONS]
    return (
        environment()
        .get_template("corpus.html")
        .render(title=title, page=page, labels=labels, style=styles(labels), share=share)
    )


def share(part: int, whole: int) -> str:
    """A share in percent, with a digit after the point where it is small."""
    if not whole:
        return ""
    value = 100 * part / whole
    return f"{value:.0f}%" if value >= 10 or not part else f"{value:.1f}%"
