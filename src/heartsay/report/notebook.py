"""An analysis as a notebook shows it: what is worth listening to, in a small table."""

from __future__ import annotations

from heartsay.analysis import Analysis, passages
from heartsay.report import sentences
from heartsay.report.page import percent, shorten
from heartsay.report.spacing import clock_text

LISTED = 10
"""Passages in the table."""


def notebook_html(analysis: Analysis) -> str:
    """HTML without styles or scripts, which a notebook draws in its own; what was said is escaped."""
    from markupsafe import Markup

    row = Markup("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}%</td><td>{} {}</td></tr>")
    rows = Markup("").join(
        row.format(
            u.id if u.start is None else clock_text(u.start),
            shorten(u.speaker, 40),
            shorten(u.text or "", 120),
            percent(feeling.probability),
            feeling.likeliest or "",
            "" if feeling.confidence is None else f"{percent(feeling.confidence)}%",
        )
        for u, feeling in passages(analysis)[:LISTED]
    )
    head = Markup(
        "<tr><th></th><th>Speaker</th><th>Utterance</th><th>A feeling</th><th>Most likely</th></tr>"
    )
    title = Markup("<p><b>{}</b> {}</p>").format(analysis.conversation, sentences.summary(analysis))
    return title + Markup("<table><thead>{}</thead><tbody>{}</tbody></table>").format(head, rows)
