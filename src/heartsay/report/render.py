"""An analysis as one self-contained HTML page: styles, drawings and script inside, no network."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path, PurePath
from typing import NamedTuple

from heartsay.analysis import Analysis, Cause, UtteranceAnalysis
from heartsay.atomic import write_text
from heartsay.card import Card, Floor
from heartsay.conversation import speaker_indices
from heartsay.explanation import quote
from heartsay.labels import EMOTIONS
from heartsay.report import charts, sentences
from heartsay.report.arcs import links
from heartsay.report.page import environment, script
from heartsay.report.palette import Style, styles
from heartsay.report.spacing import clock_text
from heartsay.report.timeline import SIZES, draw

NOT_READ = "not read"
"""Stands where an utterance gave the model nothing to read and so has no label."""

MOVED_SCALE = 0.5
"""A change of confidence this large fills its half of the small signed bar."""


class Move(NamedTuple):
    """A signed bar: what was taken away, the change in words, and where the bar lies in percent."""

    without: str
    text: str
    left: float
    width: float


class Reason(NamedTuple):
    """A cause as the list shows it; `position` is None where it names no utterance of the conversation."""

    position: int | None
    number: str
    speaker: str
    excerpt: str
    percent: int
    where: str


class Entry(NamedTuple):
    """One utterance as the list shows it; positions count from 1."""

    position: int
    number: str
    lane: int
    when: str
    label: str
    style: Style
    percent: int | None
    chips: list[tuple[str, Style]]
    others: list[tuple[str, int]]
    moves: list[Move]
    reasons: list[Reason]
    moved: list[tuple[int, str]]
    given: UtteranceAnalysis


class FloorRow(NamedTuple):
    """One metric of the card: its meaning, what the model reaches, and the floors below it."""

    name: str
    meaning: str
    reached: float
    deviation: float | None
    percentage: bool
    floors: list[Floor]


def render_report(analysis: Analysis, card: Card | None) -> str:
    """The report of one conversation as HTML text.

    Args:
        analysis: what was read.
        card: the card of the model that read it; without one the page says that nothing is known
            about how far to trust it.
    """
    labels = _labels(analysis)
    style = styles(labels)
    entries = _entries(analysis, style)
    code, code_hash = script("report.js")
    return (
        environment()
        .get_template("report.html")
        .render(
            analysis=analysis,
            card=card,
            entries=entries,
            speakers=list(dict.fromkeys(u.speaker for u in analysis.utterances)),
            turns=_turns(analysis),
            labels=labels,
            style=style,
            counts=sentences.emotion_counts(analysis),
            left_open=sum(u.emotion.abstain for u in analysis.utterances),
            timelines=[draw(analysis, size) for size in SIZES],
            summary=sentences.summary(analysis),
            file=PurePath(analysis.source or "").name,
            focus=_focus(analysis),
            charts=charts,
            sentences=sentences,
            floor_rows=_floor_rows(card) if card else {},
            script=code,
            script_hash=code_hash,
        )
    )


def write_report(analysis: Analysis, card: Card | None, path: str | Path) -> None:
    """Write the report to `path`, whole or not at all.

    Raises:
        HeartsayError: the file cannot be written; says why.
    """
    write_text(path, render_report(analysis, card))


def _labels(analysis: Analysis) -> list[str]:
    found = dict.fromkeys(label for u in analysis.utterances for label in u.emotion.distribution)
    found |= dict.fromkeys(
        label for u in analysis.utterances for label in (u.emotion.label or NOT_READ, *u.emotion.set)
    )
    known = [label for label in EMOTIONS if label in found]
    return known + [label for label in found if label not in EMOTIONS]


def _turns(analysis: Analysis) -> list[int]:
    lanes = speaker_indices(u.speaker for u in analysis.utterances)
    return [lanes.count(lane) for lane in range(len(set(lanes)))]


def _numbers(analysis: Analysis) -> list[str]:
    """What an utterance is called on the page: its id where all ids are short, else its position."""
    ids = [u.id for u in analysis.utterances]
    short = all(len(name) <= 4 for name in ids) and len(set(ids)) == len(ids)
    return ids if short else [str(i) for i in range(1, len(ids) + 1)]


def _entries(analysis: Analysis, style: dict[str, Style]) -> list[Entry]:
    numbers = _numbers(analysis)
    index = {u.id: i for i, u in enumerate(analysis.utterances)}
    lanes = speaker_indices(u.speaker for u in analysis.utterances)
    moved: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for link in links(analysis):
        if link.cause != link.emotion:
            moved[link.cause].append((link.emotion + 1, numbers[link.emotion]))
    return [
        Entry(
            position=i + 1,
            number=numbers[i],
            lane=lanes[i],
            when="" if u.start is None else clock_text(u.start),
            label=u.emotion.label or NOT_READ,
            style=style[u.emotion.label or NOT_READ],
            percent=None if u.emotion.confidence is None else percent(u.emotion.confidence),
            chips=[(label, style[label]) for label in u.emotion.set],
            others=[
                (label, percent(p))
                for label, p in sorted(u.emotion.distribution.items(), key=lambda x: -x[1])
            ],
            moves=_moves(u),
            reasons=[_reason(cause, analysis, index, numbers) for cause in u.causes],
            moved=moved[i],
            given=u,
        )
        for i, u in enumerate(analysis.utterances)
    ]


def _moves(utterance: UtteranceAnalysis) -> list[Move]:
    changes = (
        ("Without own turns", utterance.moved_by.own_context),
        ("Without others’ turns", utterance.moved_by.other_context),
        ("Without words", utterance.moved_by.without_text),
        ("Without voices", utterance.moved_by.without_voice),
        ("Without faces", utterance.moved_by.without_face),
    )
    moves = []
    for without, change in changes:
        if change is not None:
            width = 50 * min(abs(change) / MOVED_SCALE, 1.0)
            # A change that rounds to nothing has no direction.
            text = "0.00" if abs(change) < 0.005 else f"{change:+.2f}".replace("-", "−")
            moves.append(Move(without, text, 50 - width if change < 0 else 50.0, width))
    return moves


def _reason(cause: Cause, analysis: Analysis, index: dict[str, int], numbers: list[str]) -> Reason:
    where = {"past": "earlier", "self": "itself", "future": "later"}[cause.direction]
    at = index.get(cause.utterance)
    if at is None:
        return Reason(None, cause.utterance, "", "", percent(cause.confidence), where)
    other = analysis.utterances[at]
    excerpt = "" if cause.direction == "self" else quote(other.text or "")
    return Reason(at + 1, numbers[at], other.speaker, excerpt, percent(cause.confidence), where)


def _focus(analysis: Analysis) -> int:
    """Position of the utterance shown first: the one moved most surely, best by another speaker."""
    said = analysis.utterances
    between = [
        link
        for link in links(analysis)
        if link.cause != link.emotion and not said[link.emotion].emotion.abstain
    ]
    best = max(
        between,
        key=lambda link: (said[link.cause].speaker != said[link.emotion].speaker, link.confidence),
        default=None,
    )
    return 1 if best is None else best.emotion + 1


def _floor_rows(card: Card) -> dict[str, list[FloorRow]]:
    """The metrics that a sentence explains, on test splits where the card has any."""
    splits = [split for split in card.metrics if split.endswith("/test")] or list(card.metrics)
    rows: dict[str, list[FloorRow]] = {}
    for split in splits:
        metrics = card.metrics[split]
        rows[split] = [
            FloorRow(
                *sentences.METRICS[metric],
                reached=metrics[metric],
                deviation=card.deviation.get(split, {}).get(metric),
                percentage=metric != "mean_set_size",
                floors=[f for f in card.floors if (f.split, f.metric) == (split, metric)],
            )
            for metric in sentences.METRICS
            if metric in metrics
        ]
    return rows


def percent(probability: float) -> int:
    """A probability in whole percent; only certainty is 100 and only the impossible 0."""
    if 0.0 < probability < 1.0:
        return min(99, max(1, round(100 * probability)))
    return round(100 * probability)
