"""Stretches out of a stream of samples, in one pass."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import InputError
from heartsay.limits import limit

Samples = NDArray[np.float32]


def longest() -> float:
    """Seconds of a stretch that are kept; of a longer one, its beginning."""
    return float(limit("stretch_seconds"))


def cut_spans(
    blocks: Iterable[Samples], spans: Sequence[tuple[float, float]], rate: int
) -> Iterator[tuple[int, Samples]]:
    """Stretches of a stream, each as soon as it is complete; kept in memory is what open stretches need.

    Args:
        blocks: the stream from its start, (N,) each.
        spans: start and end of each in seconds, in any order, overlapping or not.
        rate: samples per second of the stream.

    Yields:
        Place in `spans`, and the samples (N,): fewer where the stream ends before the span does.

    Raises:
        InputError: a span is not finite or ends before it starts.
    """
    for start, end in spans:
        if not (math.isfinite(start) and math.isfinite(end) and start <= end):
            raise InputError(
                expected="seconds at which an utterance starts and, not before that, ends",
                found=f"{start:g} to {end:g}",
                where="the times of the utterances",
                do="correct them in the transcript",
            )
    kept = longest()
    bounds = [
        (max(0, round(start * rate)), max(0, round(min(end, start + kept) * rate))) for start, end in spans
    ]
    waiting = sorted(range(len(spans)), key=lambda k: bounds[k][0], reverse=True)
    pieces: dict[int, list[Samples]] = {}  # of spans that have begun
    position = 0
    for block in blocks:
        stop = position + len(block)
        while waiting and bounds[waiting[-1]][0] < stop:
            pieces[waiting.pop()] = []
        for k in list(pieces):
            first, last = bounds[k]
            pieces[k].append(block[max(0, first - position) : max(0, last - position)])
            if last <= stop:
                yield k, np.concatenate(pieces.pop(k))
        if not (waiting or pieces):
            return
        position = stop
    for k in [*pieces, *reversed(waiting)]:
        yield k, np.concatenate([np.zeros(0, np.float32), *pieces.get(k, [])])
