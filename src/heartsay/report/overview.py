"""A conversation of any length in one strip of fixed height: who speaks when, and where feelings rise.

A lane for each speaker; each utterance is a bar as tall as a feeling is likely, in the colour of the
likeliest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from heartsay.analysis import Analysis, UtteranceAnalysis, feeling_of
from heartsay.report.palette import Style
from heartsay.report.spacing import clock_text, tick_step, valid_times

WIDTH = 1000.0
HEIGHT = 72.0
MOST_LANES = 4
"""With more speakers than this, those who speak least share the last lane."""

NARROWEST = 1.2
FLOOR = 0.1
"""The part of its lane that the lowest bar takes, so that talk without feeling can be seen too."""

TICKS = 8
OTHERS = "others"


class Bars(NamedTuple):
    """All bars of one colour as one path; those of readings that are left open are drawn lighter."""

    css: str
    open: bool
    path: str


class Label(NamedTuple):
    """A word at a place, in percent of the strip."""

    at: float
    text: str


class Strip(NamedTuple):
    """The strip in units of `WIDTH` and `HEIGHT`; `middles` holds the x of each utterance."""

    bars: list[Bars]
    lanes: list[Label]
    ticks: list[Label]
    middles: list[float]
    timed: bool


def strip(analysis: Analysis, style: Mapping[str, Style], not_read: str) -> Strip:
    """Lay a conversation out by its times where it has them, evenly where not."""
    utterances = analysis.utterances
    spans, ticks, timed = _spans(utterances)
    lane_of, names = _lanes(utterances)
    height = HEIGHT / max(len(names), 1)
    paths: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for utterance, (start, end) in zip(utterances, spans, strict=True):
        label, likely = shown_feeling(utterance, not_read)
        tall = (height - 3) * (FLOOR + (1 - FLOOR) * likely)
        foot = (lane_of[utterance.speaker] + 1) * height
        width = max(NARROWEST, end - start - 0.3)
        paths[style[label].css, utterance.emotion.abstain].append(
            f"M{start:.1f} {foot:.1f}v{-tall:.1f}h{width:.1f}v{tall:.1f}z"
        )
    return Strip(
        bars=[Bars(css, is_open, "".join(parts)) for (css, is_open), parts in paths.items()],
        lanes=[Label(100 * k / len(names), name) for k, name in enumerate(names)],
        ticks=ticks,
        middles=[(start + end) / 2 for start, end in spans],
        timed=timed,
    )


def shown_feeling(utterance: UtteranceAnalysis, not_read: str) -> tuple[str, float]:
    """The label whose colour an utterance has here, and how likely a feeling is.

    It is the likeliest feeling where one is found, neutral where none is, and the label where the emotions
    hold no neutral.
    """
    emotion = utterance.emotion
    if emotion.label is None:
        return not_read, 0.0
    feeling = feeling_of(emotion)
    if feeling is None:
        return emotion.label, emotion.confidence or 0.0
    if feeling.found and feeling.likeliest is not None:
        return feeling.likeliest, feeling.probability
    return "neutral", feeling.probability


def _spans(utterances: Sequence[UtteranceAnalysis]) -> tuple[list[tuple[float, float]], list[Label], bool]:
    times = valid_times([(u.start, u.end) for u in utterances])
    if times is None:
        step = WIDTH / max(len(utterances), 1)
        return [(step * i, step * (i + 1)) for i in range(len(utterances))], [], False
    first, last = times[0][0], max(end for _, end in times)
    scale = WIDTH / max(last - first, 1e-9)
    spans = [((start - first) * scale, (end - first) * scale) for start, end in times]
    return spans, moments(first, last), True


def moments(first: float, last: float) -> list[Label]:
    """Times to write along a strip from `first` to `last`, in seconds."""
    if last <= first:
        return []
    every = tick_step(last - first, TICKS)
    round_ones = range(-(-int(first) // every) * every, int(last) + 1, every)
    ticks = [Label(100 * (m - first) / (last - first), clock_text(m)) for m in round_ones if m >= first]
    return [tick for tick in ticks if tick.at < 97]


def _lanes(utterances: Sequence[UtteranceAnalysis]) -> tuple[dict[str, int], list[str]]:
    turns = Counter(u.speaker for u in utterances)
    if len(turns) <= MOST_LANES:
        return {name: k for k, name in enumerate(turns)}, list(turns)
    kept = {name for name, _ in turns.most_common(MOST_LANES - 1)}
    names = [name for name in turns if name in kept]
    return {name: names.index(name) if name in kept else len(names) for name in turns}, [*names, OTHERS]
