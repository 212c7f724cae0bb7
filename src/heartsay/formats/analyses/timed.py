"""Analyses for programs that people annotate and watch with: TextGrid, ELAN, and captions with emotions.

A label that is left open ends in a question mark. Readers take labels of tiers back as gold, but for those
with the mark: take it away where the label is right, or put another in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from heartsay.atomic import write_text
from heartsay.errors import InputError
from heartsay.formats.analyses.spec import AnalysisFormat, GetCard
from heartsay.formats.clock import format_clock
from heartsay.formats.conversations.eaf import eaf
from heartsay.formats.conversations.textgrid import textgrid
from heartsay.formats.conversations.tiers import Written

if TYPE_CHECKING:
    from heartsay.analysis import Analysis


def _items(analysis: Analysis) -> list[Written]:
    """The utterances with their times, labels and confidences.

    Raises:
        InputError: an utterance has no start or no end.
    """
    items = []
    for u in analysis.utterances:
        if u.start is None or u.end is None:
            raise InputError(
                expected="a start and an end for every utterance",
                found=f"none for utterance {u.id[:60]!r}",
                where=f"conversation {analysis.conversation!r}",
                do="ask for another --format, such as csv or label-studio, which do without",
            )
        label = u.emotion.label or ""
        mark = "?" if label and u.emotion.abstain else ""
        items.append(
            Written(u.speaker, u.start, u.end, u.text or "", u.id, label + mark, u.emotion.confidence)
        )
    return items


def _events(analysis: Analysis) -> list[Written]:
    return [
        Written(event.speaker or "", event.start, event.end, event.text)
        for event in analysis.events or ()
        if event.start is not None and event.end is not None and event.end > event.start
    ]


def write_textgrid(analysis: Analysis) -> str:
    """A TextGrid with three tiers for each speaker: words, emotions and confidences.

    Raises:
        InputError: an utterance without times, or within another of its speaker.
    """
    return textgrid(_items(analysis), _events(analysis), analysis.conversation)


def write_eaf(analysis: Analysis) -> str:
    """An ELAN file with a tier for each speaker and, below it, one of emotions and one of confidences.

    Raises:
        InputError: an utterance without times, or within another of its speaker.
    """
    return eaf(_items(analysis), _events(analysis), analysis.conversation)


def _captions(analysis: Analysis, mark: str, name: Callable[[str], str]) -> list[str]:
    """Captions with the label and its confidence on a line below the words; events between them."""
    blocks: list[tuple[float, float, str]] = []
    for item in _items(analysis):
        sure = "" if item.confidence is None else f" {item.confidence:.0%}"
        label = f"\n[{item.label}{sure}]" if item.label else ""
        blocks.append((item.start, item.end, f"{name(item.speaker)}{item.text}{label}"))
    blocks += [(event.start, event.end, event.text) for event in _events(analysis)]
    blocks.sort(key=lambda block: block[:2])
    return [
        f"{number}\n{format_clock(start, mark)} --> {format_clock(end, mark)}\n{text}\n"
        for number, (start, end, text) in enumerate(blocks, 1)
    ]


def write_srt(analysis: Analysis) -> str:
    """SubRip captions with emotions, to watch with the recording.

    Raises:
        InputError: an utterance without times.
    """
    return "\n".join(_captions(analysis, ",", lambda speaker: f"{speaker}: "))


def write_vtt(analysis: Analysis) -> str:
    """WebVTT captions with emotions, to watch with the recording.

    Raises:
        InputError: an utterance without times.
    """
    from html import escape

    cues = _captions(analysis, ".", lambda speaker: f"<v {escape(speaker, quote=False)}>")
    return "\n".join(["WEBVTT\n", *cues])


def _format(name: str, write: Callable[[Analysis], str]) -> AnalysisFormat:
    def write_document(analysis: Analysis, path: Path, get_card: GetCard) -> None:
        write_text(path, write(analysis))

    return AnalysisFormat(name, write_document=write_document)


FORMATS = tuple(
    _format(name, write)
    for name, write in (
        ("textgrid", write_textgrid),
        ("eaf", write_eaf),
        ("srt", write_srt),
        ("vtt", write_vtt),
    )
)
