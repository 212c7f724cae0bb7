"""Arrows from causes to the utterances they moved, as SVG paths; stubs where a row ends between the two."""

from __future__ import annotations

from collections.abc import Sequence

from heartsay.analysis import Analysis
from heartsay.report.shapes import Arc, Link, Mark, Size, Stub, System

SHOULDER = 0.32
"""Arrows meet a bar this fraction of its width away from its middle."""


def links(analysis: Analysis) -> list[Link]:
    """Every cause that names an utterance of this conversation, by the utterance it moved."""
    index = {u.id: i for i, u in enumerate(analysis.utterances)}
    return [
        Link(index[cause.utterance], emotion, cause.confidence)
        for emotion, utterance in enumerate(analysis.utterances)
        for cause in utterance.causes
        if cause.utterance in index
    ]


def add_arcs(found: Sequence[Link], systems: Sequence[System], size: Size) -> None:
    """Add to each row the arcs within it, and stubs for those that leave or enter it."""
    home = {mark.index: (system, mark) for system in systems for mark in system.marks}
    parted: dict[tuple[int, bool], list[Link]] = {}
    for link in found:
        (first, start), (second, end) = home[link.cause], home[link.emotion]
        if first is second:
            path, head = _curve(start, end, size)
            first.arcs.append(Arc(link, path, head, *_weight(link.confidence)))
        else:
            parted.setdefault((link.cause, False), []).append(link)
            parted.setdefault((link.emotion, True), []).append(link)
    for (index, arriving), group in parted.items():
        system, mark = home[index]
        others = sorted(
            {link.cause if arriving else link.emotion for link in group}, key=lambda i: abs(i - index)
        )
        system.stubs.append(_stub(mark, others, arriving, max(link.confidence for link in group)))


def _weight(confidence: float) -> tuple[float, float]:
    return round(1.0 + 2.6 * confidence, 2), round(0.3 + 0.65 * confidence, 2)


def _curve(start: Mark, end: Mark, size: Size) -> tuple[str, str]:
    if start.index == end.index:
        # A loop over the middle of the bar, narrow enough to leave both shoulders to other arrows.
        reach, top = min(6.0, start.width * 0.14), start.y - 3
        x0, x1 = start.middle - reach, start.middle + reach
        over = f"{x0 - 4:.1f} {top - 16:.1f} {x1 + 4:.1f} {top - 16:.1f}"
        return f"M{x0:.1f} {top:.1f}C{over} {x1:.1f} {top - 3:.1f}", _arrow(x1, top, down=True)
    # Arrows leave at a bar's later and arrive at its earlier shoulder, so that chains do not merge.
    forward = 1 if start.index < end.index else -1
    x0, x1 = start.middle + forward * start.width * SHOULDER, end.middle - forward * end.width * SHOULDER
    if start.y == end.y:
        top = start.y - 3
        rise = min(size.head - 7, 9 + abs(x1 - x0) * 0.06) * 4 / 3
        return (
            f"M{x0:.1f} {top:.1f}C{x0:.1f} {top - rise:.1f} {x1:.1f} {top - rise:.1f} {x1:.1f} {top - 3:.1f}",
            _arrow(x1, top, down=True),
        )
    down = end.y > start.y
    y0 = start.y + start.height + size.foot - 3 if down else start.y - 3
    y1 = end.y - 3 if down else end.y + end.height + size.foot - 3
    tip = y1 - 4 if down else y1 + 4
    bend = max(14.0, abs(y1 - y0) * 0.55) * (1 if down else -1)
    return (
        f"M{x0:.1f} {y0:.1f}C{x0:.1f} {y0 + bend:.1f} {x1:.1f} {tip - bend:.1f} {x1:.1f} {tip:.1f}",
        _arrow(x1, y1, down=down),
    )


def _stub(mark: Mark, others: list[int], arriving: bool, confidence: float) -> Stub:
    side = -1 if arriving else 1
    x, top = mark.middle + side * min(mark.width * SHOULDER, 12), mark.y - 3
    stroke = f"M{x:.1f} {top - 12:.1f}V{top - 3:.1f}" if arriving else f"M{x:.1f} {top:.1f}V{top - 12:.1f}"
    head = _arrow(x, top, down=True) if arriving else ""
    return Stub(mark.index, others, arriving, stroke, head, *_weight(confidence), x, top - 15)


def _arrow(x: float, y: float, *, down: bool) -> str:
    back = -6 if down else 6
    return f"M{x:.1f} {y:.1f}l-3.4 {back}h6.8z"
