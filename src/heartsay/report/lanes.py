"""What words, voice and face say by themselves, as lanes along the time of the recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from heartsay.analysis import Analysis, UtteranceAnalysis
from heartsay.report.modalities import NAMES, said_once
from heartsay.report.overview import FLOOR, NARROWEST, WIDTH, Bars, Label, moments
from heartsay.report.palette import Style

HEIGHT = 26.0
"""Of a lane, in the units of its drawing."""

UNREAD = 2.5
"""Of what stands where a modality was not read."""


class Row(NamedTuple):
    """One modality: its bars, and the path of where nothing was read."""

    name: str
    bars: list[Bars]
    unread: str


class Lanes(NamedTuple):
    """Lanes between two times of the recording, in seconds; places are percent of the way.

    Attributes:
        rows: words, voice and face, those of which anything is known.
        clashes: where two of them are likely to disagree, with the number of the utterance.
        ticks: moments.
        first: where the lanes begin.
        last: where they end.
        told: how much of each was read, in sentences.
    """

    rows: list[Row]
    clashes: list[Label]
    ticks: list[Label]
    first: float
    last: float
    told: list[str]


def lanes(analysis: Analysis, style: Mapping[str, Style], numbers: Sequence[str]) -> Lanes | None:
    """The lanes of a recording; None where nothing but words was given, or nothing has times."""
    known = {
        name for u in analysis.utterances for name in (*(u.by_modality or {}), *(u.modality_notes or {}))
    }
    timed = [
        (u, number, u.start, max(u.start, u.end))
        for u, number in zip(analysis.utterances, numbers, strict=True)
        if u.start is not None and u.end is not None
    ]
    if not known - {"text"} or not timed:
        return None
    first, last = min(row[2] for row in timed), max(row[3] for row in timed)
    scale = WIDTH / max(last - first, 1e-9)
    spans = [(u, (start - first) * scale, (end - first) * scale) for u, _, start, end in timed]
    once = said_once(analysis)
    names = [name for name in NAMES if name == "text" or name in known]
    return Lanes(
        rows=[_row(name, spans, style) for name in names if name not in once],
        clashes=[
            Label(100 * ((start + end) / 2 - first) / max(last - first, 1e-9), number)
            for u, number, start, end in timed
            if u.conflict is not None and u.conflict.flagged
        ],
        ticks=moments(first, last),
        first=first,
        last=last,
        told=[_told(name, analysis, once.get(name)) for name in names if name != "text"],
    )


def _row(
    name: str, spans: Sequence[tuple[UtteranceAnalysis, float, float]], style: Mapping[str, Style]
) -> Row:
    paths: dict[tuple[str, bool], list[str]] = defaultdict(list)
    unread = []
    for utterance, start, end in spans:
        width = max(NARROWEST, end - start - 0.3)
        read = _read(name, utterance)
        if not read:
            unread.append(f"M{start:.1f} {HEIGHT}v-{UNREAD}h{width:.1f}v{UNREAD}z")
            continue
        label, likely = max(read.items(), key=lambda item: item[1])
        tall = (HEIGHT - 2) * (FLOOR + (1 - FLOOR) * likely)
        doubtful = utterance.emotion.abstain if name == "text" else name in (utterance.modality_notes or {})
        paths[style[label].css, doubtful].append(f"M{start:.1f} {HEIGHT}v{-tall:.1f}h{width:.1f}v{tall:.1f}z")
    bars = [Bars(css, doubtful, "".join(parts)) for (css, doubtful), parts in paths.items()]
    return Row(NAMES[name], bars, "".join(unread))


def _read(name: str, utterance: UtteranceAnalysis) -> Mapping[str, float]:
    own = (utterance.by_modality or {}).get(name)
    return own or (utterance.emotion.distribution if name == "text" else {})


def _told(name: str, analysis: Analysis, once: str | None) -> str:
    if once is not None:
        return f"The {NAMES[name]} was {once}."
    read = sum(name in (u.by_modality or {}) for u in analysis.utterances)
    return f"The {NAMES[name]} was read in {read:,} of {len(analysis.utterances):,} utterances."
