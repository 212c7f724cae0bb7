"""A page with the reliability of a model before and after it was adapted; it holds no word of the talk."""

from __future__ import annotations

from collections.abc import Sequence

from heartsay.card import Reliability
from heartsay.labels import EMOTIONS
from heartsay.report import charts, sentences
from heartsay.report.page import environment
from heartsay.report.palette import styles


def render_adaptation(title: str, lines: Sequence[str], before: Reliability, after: Reliability) -> str:
    """The page as HTML text.

    Args:
        title: which model was adapted to what.
        lines: what changed, a sentence each.
        before: of the model as it came.
        after: of conversations that were left out of each fit.
    """
    return (
        environment()
        .get_template("adaptation.html")
        .render(
            title=title,
            lines=lines,
            diagrams=((before, "Before"), (after, "After")),
            charts=charts,
            sentences=sentences,
            style=styles(EMOTIONS),
        )
    )
