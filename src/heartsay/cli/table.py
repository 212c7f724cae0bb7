"""An analysis as a person reads it in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartsay.analysis import Analysis, UtteranceAnalysis, passages
from heartsay.report.spacing import clock_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

COLOURS = {
    "neutral": "bright_black",
    "surprise": "yellow",
    "fear": "magenta",
    "sadness": "blue",
    "joy": "green",
    "disgust": "cyan",
    "anger": "red",
}

BAR = 8
"""Characters of a full confidence bar."""

MINIMUM = 16
"""Characters of an utterance shown, however narrow the terminal."""

LONGEST = 60
"""Utterances shown; the report and the files hold the rest."""


PASSAGES = 6
"""Passages listed before the utterances, of a third of them at most."""


def print_analysis(analysis: Analysis, console: Console) -> None:
    """Print the passages worth listening to, then a line per utterance.

    A passage tells who, what, how likely a feeling is, and which; an utterance who, what, which emotion, how
    sure, and the likeliest cause.
    """
    _print_passages(analysis, console)
    _print_utterances(analysis, console)


def _print_passages(analysis: Analysis, console: Console) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    listed = passages(analysis)[: min(PASSAGES, -(-len(analysis.utterances) // 3))]
    if len(analysis.utterances) < 2 or not listed:
        return
    console.print("Worth listening to, by how likely a feeling is")
    table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("", "Speaker", "Utterance", "A feeling", "Most likely"):
        table.add_column(heading, no_wrap=True, justify="left" if heading else "right")
    rows = []
    for utterance, feeling in listed:
        colour = COLOURS.get(feeling.likeliest or "", "default")
        likeliest = Text(feeling.likeliest or "", style=colour)
        if feeling.confidence is not None:
            likeliest.append(f" {feeling.confidence:.0%}", style="default")
        at = utterance.id[:6] if utterance.start is None else clock_text(utterance.start)
        rows.append(
            (
                Text(at, style="dim"),
                Text(_cut(utterance.speaker, 12)),
                _bar(feeling.probability, colour),
                likeliest,
            )
        )
    _fill(table, rows, [u for u, _ in listed], console)


def _print_utterances(analysis: Analysis, console: Console) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = analysis.utterances[:LONGEST]
    rows = [
        (
            Text(utterance.id[:6], style="dim"),
            Text(_cut(utterance.speaker, 12)),
            Text(
                ("? " if utterance.emotion.abstain else "") + (utterance.emotion.label or ""),
                style=_style(utterance),
            ),
            _bar(utterance.emotion.confidence, COLOURS.get(utterance.emotion.label or "", "default")),
            Text(_cause(utterance)),
        )
        for utterance in shown
    ]
    table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("", "Speaker", "Utterance", "Emotion", "Confidence", "Because of"):
        table.add_column(heading, no_wrap=True, justify="left" if heading else "right")
    _fill(table, rows, shown, console)
    if (more := len(analysis.utterances) - LONGEST) > 0:
        console.print(f"… and {more:,} more utterances", style="dim")
    if open_ := sum(u.emotion.abstain and u.emotion.label is not None for u in analysis.utterances):
        console.print(
            f"? left open: the model is not sure enough of {open_} of {len(analysis.utterances)} utterances",
            style="dim",
        )
    if control := analysis.false_discovery_control:
        console.print(
            f"At most {100 * control.rate:g}% of the causes listed are expected to be wrong, on average over"
            " talk like the model's own",
            style="dim",
        )


def _fill(
    table: Table, rows: Sequence[tuple[Text, ...]], utterances: Sequence[UtteranceAnalysis], console: Console
) -> None:
    """Print a table whose third column holds as much of what was said as the terminal has room for."""
    from rich.text import Text

    headings = [str(column.header) for column in table.columns if column.header != "Utterance"]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    used = sum(max(w, len(h)) for w, h in zip(widths, headings, strict=True))
    room = max(MINIMUM, console.width - used - 2 * len(table.columns))
    for utterance, (number, speaker, *rest) in zip(utterances, rows, strict=True):
        text = Text(utterance.text or "")
        text.truncate(room, overflow="ellipsis")
        table.add_row(number, speaker, text, *rest)
    console.print(table)


def _style(utterance: UtteranceAnalysis) -> str:
    return "dim" if utterance.emotion.abstain else COLOURS.get(utterance.emotion.label or "", "default")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _bar(confidence: float | None, colour: str) -> Text:
    from rich.text import Text

    if confidence is None:
        return Text("not read", style="dim")
    filled = round(confidence * BAR)
    text = Text("█" * filled, style=colour)
    text.append("░" * (BAR - filled), style="dim")
    return text.append(f" {confidence:3.0%}")


def _cause(utterance: UtteranceAnalysis) -> str:
    if not utterance.causes:
        return ""
    first = utterance.causes[0]
    what = "itself" if first.direction == "self" else first.utterance[:6]
    return f"{what} ({first.confidence:.0%})"
