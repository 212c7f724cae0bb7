"""An analysis as one self-contained HTML page: styles, drawings and script inside, no network."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import NamedTuple

from heartsay.analysis import Analysis, Cause, Feeling, UtteranceAnalysis, feeling_of, passages
from heartsay.atomic import write_text
from heartsay.card import Card
from heartsay.explanation import quote
from heartsay.labels import EMOTIONS
from heartsay.report import charts, sentences
from heartsay.report.arcs import links
from heartsay.report.lanes import lanes
from heartsay.report.modalities import Panel, about, flagged_sentence, panel, said_once
from heartsay.report.overview import shown_feeling, strip
from heartsay.report.page import environment, script
from heartsay.report.palette import Style, styles
from heartsay.report.player import MediaMode, Player, player_of
from heartsay.report.speakers import speakers
from heartsay.report.timeline import SIZES, draw

SCRIPTS = ("score.js", "strip.js", "list.js")

NOT_READ = "not read"
"""Stands where an utterance gave the model nothing to read and so has no label."""

LONGEST_SCORE = 60
"""Utterances up to which each is drawn with its causes; longer talk is drawn as a strip to drag along."""

PASSAGES = 24
"""Passages listed, of a third of the utterances at most."""

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
    cause: Cause


class Entry(NamedTuple):
    """One utterance as the list shows it; positions count from 1.

    `shown` is the likeliest feeling where one is found, and `facts` what the script sorts and filters by:
    speaker, probability of a feeling and confidence per mille, place on the strip, label and `shown`.
    """

    position: int
    number: str
    label: str
    style: Style
    moves: list[Move]
    reasons: list[Reason]
    moved: list[tuple[int, str]]
    panel: Panel | None
    feeling: Feeling | None
    shown: str
    facts: str
    given: UtteranceAnalysis


def render_report(analysis: Analysis, card: Card | None, player: Player | None = None) -> str:
    """The report of one conversation as HTML text; arguments as of `report_pieces`."""
    return "".join(report_pieces(analysis, card, player))


def report_pieces(analysis: Analysis, card: Card | None, player: Player | None = None) -> Iterator[str]:
    """The report of one conversation as HTML text in pieces, so that an hour's is never in memory whole.

    Args:
        analysis: what was read.
        card: the card of the model that read it; without one the page says that nothing is known
            about how far to trust it.
        player: what plays the recording, if the page shall have one.
    """
    labels = _labels(analysis)
    style = styles(labels)
    overview = strip(analysis, style, NOT_READ)
    entries = _entries(analysis, style, overview.middles)
    listed = passages(analysis)[: min(PASSAGES, -(-len(entries) // 3))]
    place = {id(entry.given): entry for entry in entries}
    whole = len(entries) <= LONGEST_SCORE
    code, code_hash = script(*SCRIPTS, *(["player.js"] if player and player.source else []))
    trust = _trust("" if card is None else card.model_dump_json())
    return (
        environment()
        .get_template("report.html")
        .generate(
            analysis=analysis,
            player=player,
            card=card,
            entries=entries,
            turns=Counter(u.speaker for u in analysis.utterances),
            labels=labels,
            style=style,
            counts=sentences.emotion_counts(analysis),
            left_open=sum(u.emotion.abstain for u in analysis.utterances),
            opened=sentences.open_counts(analysis),
            passages=[place[id(utterance)] for utterance, _ in listed],
            people=speakers(analysis),
            moved=sentences.context_sentence(analysis),
            whole=whole,
            strip=overview,
            lanes=lanes(analysis, style, [entry.number for entry in entries]),
            timelines=[draw(analysis, size) for size in SIZES] if whole else [],
            summary=sentences.summary(analysis),
            file=PurePath(analysis.source or "").name,
            focus=_focus(analysis),
            by_modality=[s for s in (flagged_sentence(analysis), *about(analysis)) if s],
            trust=trust,
            sentences=sentences,
            script=code,
            script_hash=code_hash,
        )
    )


@functools.lru_cache(maxsize=2)
def _trust(card: str) -> str:
    """The section on how far to trust a model, from its card as JSON: half of a report, alike in each."""
    read = Card.model_validate_json(card) if card else None
    macros = vars(environment().get_template("trust.html").module)
    section: str = macros["trust"](read, charts, sentences)
    return section


def write_report(analysis: Analysis, card: Card | None, path: str | Path, media: MediaMode = "link") -> None:
    """Write the report to `path`, whole or not at all; `media` is how it comes by its recording.

    Raises:
        HeartsayError: the file cannot be written; says why.
    """
    write_text(path, report_pieces(analysis, card, player_of(analysis, Path(path).parent, media)))


def _labels(analysis: Analysis) -> list[str]:
    found = dict.fromkeys(label for u in analysis.utterances for label in u.emotion.distribution)
    found |= dict.fromkeys(
        label for u in analysis.utterances for label in (u.emotion.label or NOT_READ, *u.emotion.set)
    )
    found |= dict.fromkeys(shown_feeling(u, NOT_READ)[0] for u in analysis.utterances)
    known = [label for label in EMOTIONS if label in found]
    return known + [label for label in found if label not in EMOTIONS]


def _numbers(analysis: Analysis) -> list[str]:
    """What an utterance is called on the page: its id where all ids are short, else its position."""
    ids = [u.id for u in analysis.utterances]
    short = all(len(name) <= 4 for name in ids) and len(set(ids)) == len(ids)
    return ids if short else [str(i) for i in range(1, len(ids) + 1)]


def _entries(analysis: Analysis, style: dict[str, Style], middles: list[float]) -> list[Entry]:
    numbers = _numbers(analysis)
    index = {u.id: i for i, u in enumerate(analysis.utterances)}
    who = {name: k for k, name in enumerate(dict.fromkeys(u.speaker for u in analysis.utterances))}
    once = said_once(analysis)
    moved: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for link in links(analysis):
        if link.cause != link.emotion:
            moved[link.cause].append((link.emotion + 1, numbers[link.emotion]))
    return [
        Entry(
            position=i + 1,
            number=numbers[i],
            label=u.emotion.label or NOT_READ,
            style=style[u.emotion.label or NOT_READ],
            moves=_moves(u),
            reasons=[_reason(cause, analysis, index, numbers) for cause in u.causes],
            moved=moved[i],
            panel=panel(u, style, once),
            feeling=feeling_of(u.emotion),
            shown=shown_feeling(u, NOT_READ)[0],
            facts=_facts(u, who, style, middles[i]),
            given=u,
        )
        for i, u in enumerate(analysis.utterances)
    ]


def _facts(utterance: UtteranceAnalysis, who: dict[str, int], style: dict[str, Style], middle: float) -> str:
    emotion = utterance.emotion
    named, feeling = shown_feeling(utterance, NOT_READ)
    numbers = (who[utterance.speaker], 1000 * feeling, 1000 * (emotion.confidence or 0.0), middle)
    label = style[emotion.label or NOT_READ].css
    return ",".join([*(f"{number:.0f}" for number in numbers), label, style[named].css])


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
    at = index.get(cause.utterance)
    if at is None:
        return Reason(None, cause.utterance, "", "", cause)
    other = analysis.utterances[at]
    excerpt = "" if cause.direction == "self" else quote(other.text or "")
    return Reason(at + 1, numbers[at], other.speaker, excerpt, cause)


def _focus(analysis: Analysis) -> int:
    """Position of the utterance shown first: the one moved most surely, best by another speaker."""
    turns = analysis.utterances
    between = [
        link
        for link in links(analysis)
        if link.cause != link.emotion and not turns[link.emotion].emotion.abstain
    ]
    best = max(
        between,
        key=lambda link: (turns[link.cause].speaker != turns[link.emotion].speaker, link.confidence),
        default=None,
    )
    return 1 if best is None else best.emotion + 1
