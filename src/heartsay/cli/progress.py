"""How commands that take long say what they do, and how long it may still take."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, TypeVar

from heartsay.cli.console import rich_console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

PATIENCE = 10.0
"""Seconds in which nothing is said of how far a command is."""

INTERVAL = 60.0
"""Seconds between two lines where nobody watches a bar."""

WINDOW = 300.0
"""Seconds of the recent past that an estimate rests on."""

MEASURED = 3.0
"""Seconds that must have been measured before anything is estimated."""

Item = TypeVar("Item")


class Reporter:
    """Draws a command's progress on standard error: a bar on a terminal, otherwise a line a minute.

    It is called with rows, dicts of some of these keys: `message`, what is done now, printed when it changes;
    `done` and `of`, or `step`, `steps` and `epoch`, how far that is; `unit`, what is counted; the scores of
    an epoch, printed as a line. Nothing is said of how far it is in the first ten seconds. Where a long time
    passes without a row, the time so far is told.

    Args:
        activity: what the command does, until a row has a message.
        as_json: print neither messages nor scores as they come, only the line a minute.
        quiet: print nothing.
        console: standard error if not given.
        clock: seconds from any beginning.
    """

    def __init__(
        self,
        activity: str,
        as_json: bool = False,
        quiet: bool = False,
        *,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._activity, self._as_json, self._quiet = activity, as_json, quiet
        self._console = console or rich_console(stderr=True)
        self._clock = clock
        self._begun = self._stage_begun = clock()
        self._next = math.inf if quiet else self._begun + PATIENCE
        self._epoch: int | None = None
        self._of: int | None = None
        self._unit = ""
        self._samples: deque[tuple[float, int]] = deque()
        self._bar: Progress | None = None
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._ticking = threading.Thread(target=self._keep_ticking, daemon=True)

    def __enter__(self) -> Self:
        if not self._quiet:
            self._ticking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if not self._quiet:
            self._ticking.join()
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, row: dict[str, Any]) -> None:
        """Take in what a step, an epoch or a whole part of the work gave."""
        if self._quiet:
            return
        with self._lock:
            message = row.get("message")
            if message is not None and message != self._activity:
                self._activity = message
                self._print(message)
            if "done" in row or "step" in row:
                self._count(row)
            elif message is not None:
                self._begin_stage()
            elif line := _scores_of_epoch(row):
                self._print(line)
            self.tick()

    def track(self, items: Iterable[Item], *, unit: str = "", of: int | None = None) -> Iterator[Item]:
        """Hand on items one after the other and report each that has been dealt with."""
        row = {"unit": unit, "of": len(items) if of is None and isinstance(items, Sized) else of}
        self({**row, "done": 0})
        for done, item in enumerate(items, 1):
            yield item
            self({**row, "done": done})

    def tick(self) -> None:
        """Draw the bar, or print the line that is due."""
        with self._lock:
            now = self._clock()
            if now < self._next:
                return
            if self._console.is_terminal:
                self._draw()
            else:
                self._next = now + INTERVAL
                self._console.print(f"{self._stage()}: {self._how_far()}", markup=False, soft_wrap=True)

    def _keep_ticking(self) -> None:
        while not self._ended.wait(1.0):
            with suppress(OSError):  # nobody reads standard error any longer
                self.tick()

    def _begin_stage(self) -> None:
        self._stage_begun = self._clock()
        self._epoch = self._of = None
        self._unit = ""
        self._samples.clear()

    def _count(self, row: dict[str, Any]) -> None:
        overall = "done" in row
        done, of = (row["done"], row.get("of")) if overall else (row["step"], row["steps"])
        epoch = row.get("epoch")
        if (
            of != self._of
            or (self._samples and done < self._samples[-1][1])
            or (not overall and epoch != self._epoch)
        ):
            self._begin_stage()
        self._epoch, self._of, self._unit = epoch, of, row.get("unit", "" if overall else "steps")
        now = self._clock()
        if len(self._samples) > 1 and now - self._samples[-2][0] < 1.0:
            self._samples.pop()
        self._samples.append((now, done))
        while len(self._samples) > 2 and self._samples[1][0] < now - WINDOW:
            self._samples.popleft()

    def _stage(self) -> str:
        return self._activity if self._epoch is None else f"{self._activity}, epoch {self._epoch}"

    def _how_far(self) -> str:
        now = self._clock()
        passed = f"{in_words(now - self._stage_begun)} so far"
        if not self._samples:
            return passed
        done = self._samples[-1][1]
        unit = f" {self._unit}" if self._unit else ""
        if self._of is None:
            return f"{done:,}{unit}, {passed}"
        seconds = seconds_left(self._samples, self._of, now)
        left = passed if seconds is None else f"about {in_words(seconds)} left"
        return f"{done:,} of {self._of:,}{unit}, {left}"

    def _print(self, line: str) -> None:
        if not self._as_json:
            self._console.print(line, markup=False, soft_wrap=True)

    def _draw(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        if self._bar is None:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[how_far]}"))
            self._bar = Progress(*columns, console=self._console, transient=True, redirect_stdout=False)
            self._bar.add_task("", total=None, how_far="")
            self._bar.start()
        done = self._samples[-1][1] if self._samples else 0
        self._bar.update(
            self._bar.task_ids[0],
            description=self._stage(),
            completed=done,
            total=self._of,
            how_far=self._how_far(),
        )


def seconds_left(samples: Sequence[tuple[float, int]], of: int, now: float) -> float | None:
    """How long the rest takes; None where too little was measured, or all is done.

    The pace is that of all samples or of their later half, whichever is slower: what was kept from earlier
    passes in a moment, and says nothing of the rest.

    Args:
        samples: when how many were done, in order; at least one.
        of: how many there are to do.
        now: the time, in the seconds of the samples.
    """
    (first, before), (last, done) = samples[0], samples[-1]
    if done <= before or done >= of or last - first < MEASURED:
        return None
    middle = next(sample for sample in samples if sample[0] >= (first + last) / 2)
    each = max((last - when) / (done - start) for when, start in (samples[0], middle) if done > start)
    waited = now - last
    # What has taken longer than expected already may take as long again.
    return max(each * (of - done) - waited, waited if waited > each else 0.0)


def in_words(seconds: float) -> str:
    """A duration as people say it, rounded to what matters."""
    for size, unit, most in ((1, "second", 100), (60, "minute", 100), (3600, "hour", 48), (86400, "day", 14)):
        number = max(1, round(seconds / size))
        if number < most:
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "more than two weeks"


def _scores_of_epoch(row: dict[str, Any]) -> str:
    """The line of an epoch's scores on development data, or the empty one if it has none."""
    names = {"weighted_f1": "weighted F1 {:.2f}", "pair_f1": "Pair F1 {:.2f}"}
    names["negative_log_likelihood"] = "likelihood {:.3f}"
    scores = {name: row.get(f"development_{name}", row.get(name)) for name in names}
    told = ", ".join(names[name].format(value) for name, value in scores.items() if value is not None)
    return f"epoch {row['epoch']}: development {told}" if told else ""
