"""How long a study will take, measured before it begins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heartsay.experiments.study import Run


class Share(NamedTuple):
    """What the runs of one backbone on one corpus will take together.

    Attributes:
        corpus: name of the corpus.
        model: name of the backbone.
        runs: how many are not done yet.
        seconds: of one core.
    """

    corpus: str
    model: str
    runs: int
    seconds: float


def shares(seconds: Iterable[tuple[Run, float]]) -> list[Share]:
    """The seconds of single runs, summed by corpus and backbone, what takes longest first."""
    found: dict[tuple[str, str], list[float]] = {}
    for run, taken in seconds:
        found.setdefault((run.corpus, run.model), []).append(taken)
    every = [Share(*key, len(of), sum(of)) for key, of in found.items()]
    return sorted(every, key=lambda share: -share.seconds)


def in_words(found: list[Share], workers: int) -> str:
    """How long that is: the sum, what it is with several processes, and where it goes."""
    seconds, runs = sum(s.seconds for s in found), sum(s.runs for s in found)
    if not runs:
        return "Nothing is left to run."
    parts = ", ".join(f"{s.model} on {s.corpus} {duration(s.seconds)} ({s.runs} runs)" for s in found)
    together = (
        f"; with {workers} processes on as many cores {duration(seconds / workers)}" if workers > 1 else ""
    )
    return f"About {duration(seconds)} of one core for {runs} runs{together}: {parts}."


def duration(seconds: float) -> str:
    """A time in the unit that reads best: 40 s, 12 min, 7.5 h, 9.1 days."""
    for size, unit, digits in ((86400.0, "days", 1), (3600.0, "h", 1), (60.0, "min", 0)):
        if seconds >= 2 * size or (unit != "days" and seconds >= size):
            return f"{seconds / size:.{digits}f} {unit}"
    return f"{seconds:.0f} s"
