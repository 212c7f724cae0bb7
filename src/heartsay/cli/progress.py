"""How commands that take long say what they do, and how long it may still take."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from heartsay.cli.console import rich_console
from heartsay.progress import Row

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

PATIENCE = 10.0
"""Seconds before any progress is shown."""

INTERVAL = 60.0
"""Seconds between two lines where nobody watches a bar."""

WINDOW = 300.0
"""Seconds of the recent past that an estimate rests on."""

MEASURED = 3.0
"""Seconds that must have been measured before anything is estimated."""


class Reporter:
    """Draws a command's progress on standard error: a bar on a terminal, otherwise a line a minute.

    It is a `heartsay.progress.Report`. Messages are printed when they change, and an epoch's scores as a
    line. No progress is shown in the first ten seconds. If no row comes for long, the time so far is shown.

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
        self._as_json, self._quiet, self._clock = as_json, quiet, clock
        self._console = console or rich_console(stderr=True)
        self._stage = _Stage(activity, clock())
        self._next = math.inf if quiet else clock() + PATIENCE
        self._bar: Progress | None = None
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._ticking = threading.Thread(target=self._keep_ticking, daemon=True)

    def __enter__(self) -> Self:
        self._ticking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._ticking.join()
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, row: Row) -> None:
        """Take in what a step, an epoch or a whole part of the work gave."""
        with self._lock:
            now, counted = self._clock(), "done" in row or "step" in row
            line = row.get("message", "")
            if line == self._stage.activity:
                line = ""
            elif line and not counted:
                self._stage = _Stage(line, now)
            elif line:
                self._stage.activity = line
            if counted:
                self._stage.count(row, now)
            line = line or _scores_of_epoch(row)
            if line and not self._as_json and not self._quiet:
                self._print(f"{line}: {self._stage.how_far(now)}" if "left" in row else line)
            self.tick()

    def tick(self) -> None:
        """Draw the bar, or print the line that is due."""
        with self._lock:
            now = self._clock()
            if now < self._next:
                return
            if self._console.is_terminal:
                self._draw(now)
            else:
                self._next = now + INTERVAL
                self._print(f"{self._stage.title}: {self._stage.how_far(now)}")

    def _keep_ticking(self) -> None:
        while not self._ended.wait(1.0):
            with suppress(OSError):  # nobody reads standard error any longer
                self.tick()

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)

    def _draw(self, now: float) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        if self._bar is None:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[how_far]}"))
            self._bar = Progress(*columns, console=self._console, transient=True, redirect_stdout=False)
            self._bar.add_task("", total=None, how_far="")
            self._bar.start()
        self._bar.update(
            self._bar.task_ids[0],
            description=self._stage.title,
            completed=self._stage.done or 0,
            total=self._stage.of,
            how_far=self._stage.how_far(now),
        )


class _Stage:
    """A part of the work, and how far it is: when how many were done, and of how many."""

    def __init__(self, activity: str, begun: float) -> None:
        self.activity, self.begun = activity, begun
        self.epoch: int | None = None
        self.of: int | None = None
        self.unit = ""
        self.finish: float | None = None
        self.samples: deque[tuple[float, int]] = deque()

    @property
    def done(self) -> int | None:
        return self.samples[-1][1] if self.samples else None

    @property
    def title(self) -> str:
        return self.activity if self.epoch is None else f"{self.activity}, epoch {self.epoch}"

    def count(self, row: Row, now: float) -> None:
        """Take in a row that counts; another total, a smaller count or the next epoch's steps begin anew."""
        row = {"unit": "steps", "done": row["step"], "of": row["steps"], **row} if "step" in row else row
        done, of, epoch = row["done"], row.get("of"), row.get("epoch")
        if of != self.of or done < (self.done or 0) or epoch != self.epoch:
            self.begun = now if self.samples else self.begun
            self.samples.clear()
        self.epoch, self.of, self.unit = epoch, of, row.get("unit", "")
        self.finish = now + row["left"] if "left" in row else None
        if len(self.samples) > 1 and now - self.samples[-2][0] < 1.0:
            self.samples.pop()
        self.samples.append((now, done))
        while len(self.samples) > 2 and self.samples[1][0] < now - WINDOW:
            self.samples.popleft()

    def how_far(self, now: float) -> str:
        """The count, and the time that is left or, where that is not known, the time so far."""
        passed = f"{in_words(now - self.begun)} so far"
        if self.done is None:
            return passed
        count = f"{self.done:,}" if self.of is None else f"{self.done:,} of {self.of:,}"
        seconds = None if self.of is None else seconds_left(self.samples, self.of, now)
        if self.finish is not None:
            seconds = max(0.0, self.finish - now)
        left = passed if seconds is None else f"about {in_words(seconds)} left"
        return f"{count}{' ' if self.unit else ''}{self.unit}, {left}"


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


def _scores_of_epoch(row: Row) -> str:
    """The line of an epoch's scores on development data, or the empty one if it has none."""
    names = {"weighted_f1": "weighted F1 {:.2f}", "pair_f1": "Pair F1 {:.2f}"}
    names["negative_log_likelihood"] = "likelihood {:.3f}"
    scores = {name: row.get(f"development_{name}", row.get(name)) for name in names}
    parts = ", ".join(names[name].format(value) for name, value in scores.items() if value is not None)
    return f"epoch {row['epoch']}: development {parts}" if parts else ""
