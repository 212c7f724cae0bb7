"""Drawings of many analyses: how emotions flow through conversations, and who moves whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heartsay.atomic import atomic_path
from heartsay.errors import InputError, MissingDependencyError
from heartsay.query.database import Results
from heartsay.query.questions import Question
from heartsay.report.palette import styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PARTS = 20
"""Parts of a conversation whose utterances are averaged."""

SPEAKERS = 12
"""Speakers of an influence drawing, those with most pairs."""

SUFFIXES = (".png", ".svg", ".pdf")


def flow(results: Results, question: Question) -> Figure:
    """The mean probability of each emotion along the conversations, stacked.

    Args:
        results: what is drawn.
        question: which utterances; the others count for nothing.

    Raises:
        InputError: there are too few utterances, or they have no probabilities.
        MissingDependencyError: matplotlib is not installed.
    """
    described = results.ask("DESCRIBE utterances").rows
    emotions = [str(row[0]).removeprefix("p_") for row in described if str(row[0]).startswith("p_")]
    if not emotions:
        raise InputError(
            expected="probabilities of emotions, in columns such as p_joy",
            found="none",
            where="the tables of results",
            do="write them with `heartsay analyze ... --format parquet`",
        )
    condition, values = question.condition()
    condition += " AND confidence IS NOT NULL"
    means = ", ".join(f'avg("p_{name.replace(chr(34), chr(34) * 2)}")' for name in emotions)
    sql = f"""
        SELECT avg(progress), count(*), {means} FROM utterances
        WHERE {condition}
        GROUP BY least(floor(progress * {PARTS}), {PARTS - 1}) ORDER BY 1"""
    rows = np.array([*results.ask(sql, values).rows], np.float64)
    if len(rows) < 2:
        raise _too_few("utterances in two parts of a conversation or more", f"{len(rows)}")
    talk = f"SELECT count(DISTINCT (results, conversation)) FROM utterances WHERE {condition}"
    conversations = next(results.ask(talk, values).rows)[0]
    figure: Figure = _figure(8, 4)
    axes = figure.add_subplot()
    colours = [style.tone.fill_light for style in styles(emotions).values()]
    axes.stackplot(rows[:, 0], np.nan_to_num(rows[:, 2:].T), labels=emotions, colors=colours)
    axes.set(xlim=(rows[0, 0], rows[-1, 0]), ylim=(0, 1), xlabel="share of the conversation")
    axes.set_ylabel("mean probability")
    axes.set_title(
        f"{int(rows[:, 1].sum()):,} utterances, conversations: {conversations:,}", fontsize="medium"
    )
    axes.spines[["top", "right"]].set_visible(False)
    handles, names = axes.get_legend_handles_labels()
    legend = axes.legend(handles[::-1], names[::-1], loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def influence(results: Results, question: Question) -> Figure:
    """Who says what causes whose emotions: the confidences of the pairs between two speakers, added up.

    Args:
        results: what is drawn.
        question: which emotions; `confidence` is that of the cause.

    Raises:
        InputError: no cause is listed.
        MissingDependencyError: matplotlib is not installed.
    """
    condition, values = question.condition()
    sql = f"""
        SELECT cause_speaker, speaker, sum(confidence) FROM causes
        WHERE {condition} AND cause_speaker IS NOT NULL GROUP BY ALL"""
    pairs = {(said, felt): float(weight) for said, felt, weight in results.ask(sql, values).rows}
    if not pairs:
        raise _too_few("causes", "none")
    weight = dict.fromkeys(sorted({name for pair in pairs for name in pair}), 0.0)
    for pair, value in pairs.items():
        for name in set(pair):
            weight[name] += value
    names = sorted(weight, key=lambda name: -weight[name])[:SPEAKERS]
    table = np.array([[pairs.get((said, felt), 0.0) for felt in names] for said in names])
    figure: Figure = _figure(2.5 + 0.6 * len(names), 2 + 0.5 * len(names))
    axes = figure.add_subplot()
    axes.imshow(table, cmap="Greys", vmin=0)
    for (row, column), value in np.ndenumerate(table):
        colour = "white" if value > 0.6 * table.max() else "black"
        axes.text(
            column,
            row,
            f"{value:.1f}" if value else "",
            ha="center",
            va="center",
            color=colour,
            fontsize="small",
        )
    shown = [name if len(name) <= 14 else f"{name[:13]}…" for name in names]
    # A name is never a formula.
    axes.set_xticks(range(len(names)), shown, rotation=45, ha="right", parse_math=False)
    axes.set_yticks(range(len(names)), shown, parse_math=False)
    axes.set(xlabel="feels", ylabel="says what causes it")
    left = f", {len(weight) - len(names)} speakers left out" if len(weight) > len(names) else ""
    axes.set_title(f"Pairs, added up by confidence{left}", fontsize="medium")
    return figure


PLOTS = {"flow": flow, "influence": influence}
"""By name."""


def save(figure: Figure, path: Path) -> None:
    """Write a drawing in the form of its suffix.

    Raises:
        InputError: a suffix that is none of `SUFFIXES`.
        HeartsayError: it cannot be written.
    """
    check_suffix(path)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format=path.suffix.lower().removeprefix("."), dpi=150)


def check_suffix(path: Path) -> None:
    """Refuse a file that a drawing cannot be written to.

    Raises:
        InputError: its suffix is none of `SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        expected = f"a file that ends in {', '.join(SUFFIXES)}"
        raise InputError(expected=expected, found=path.name, where="--out", do="name another file")


def _figure(width: float, height: float) -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("Drawing results", "query") from error
    return Figure((width, height), layout="constrained")


def _too_few(expected: str, found: str) -> InputError:
    return InputError(expected=expected, found=found, where="what is to be drawn", do="ask for more of it")
