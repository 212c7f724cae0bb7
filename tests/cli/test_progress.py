"""How far a long command is: nothing at first, then at least a line a minute, or a bar."""

from __future__ import annotations

import io
import itertools
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from heartsay.cli import progress
from heartsay.cli.progress import Reporter, in_words, seconds_left
from heartsay.progress import track


class Stage:
    """A reporter on a clock that the test moves; `lines` are those written, each with its second."""

    def __init__(self, terminal: bool = False, **options: bool) -> None:
        self.now = 0.0
        self.lines: list[tuple[float, str]] = []
        self.file = io.StringIO()
        console = Console(file=self.file, force_terminal=terminal, width=100, color_system=None)
        self.report = Reporter("Reading", console=console, clock=lambda: self.now, **options)

    def pass_time(self, seconds: int, row: dict[str, Any] | None = None) -> None:
        """Let time pass, a second at a time, as the reporter's own thread sees it."""
        for _ in range(seconds):
            self.report.tick()
            self._collect()
            self.now += 1
        if row is not None:
            self.report(row)
            self._collect()

    def _collect(self) -> None:
        self.lines += [(self.now, line) for line in self.file.getvalue().splitlines()]
        self.file.seek(0)
        self.file.truncate()


def test_nothing_for_ten_seconds_then_a_line_a_minute_with_count_and_estimate() -> None:
    stage = Stage()
    for done in range(0, 300, 3):
        stage.pass_time(3, {"done": done, "of": 300})
    times = [when for when, _ in stage.lines]
    assert times[0] == 10
    assert all(0 < after - before <= 60 for before, after in itertools.pairwise(times))
    assert times[-1] > 300 - 60
    for when, line in stage.lines:
        found = re.fullmatch(r"Reading: (\d+) of 300, about (\d+) (second|minute)s? left", line)
        assert found is not None, line
        assert abs(int(found[1]) - when) <= 6
        left = int(found[2]) * (60 if found[3] == "minute" else 1)
        assert abs(left - (300 - when)) <= 36  # whole minutes


def test_where_no_row_comes_the_time_so_far_is_told() -> None:
    stage = Stage()
    stage.pass_time(200)
    assert stage.lines == [
        (10, "Reading: 10 seconds so far"),
        (70, "Reading: 70 seconds so far"),
        (130, "Reading: 2 minutes so far"),
        (190, "Reading: 3 minutes so far"),
    ]


def test_a_count_without_an_end_has_no_estimate() -> None:
    stage = Stage()
    stage.pass_time(8, {"done": 1200, "unit": "conversations"})
    stage.pass_time(4)
    assert stage.lines == [(10, "Reading: 1,200 conversations, 10 seconds so far")]


def test_a_new_part_of_the_work_begins_a_new_estimate() -> None:
    stage = Stage()
    stage.pass_time(5, {"message": "Making features", "done": 0, "of": 1000})
    stage.pass_time(60, {"message": "Making features", "done": 1000, "of": 1000})
    stage.pass_time(5, {"message": "Training"})
    for step in range(1, 31):
        stage.pass_time(10, {"epoch": 2, "step": step, "steps": 30})
    assert [line for _, line in stage.lines if ":" not in line] == ["Making features", "Training"]
    epochs = [line for _, line in stage.lines if line.startswith("Training,")]
    assert epochs == [
        "Training, epoch 2: 6 of 30 steps, about 4 minutes left",
        "Training, epoch 2: 12 of 30 steps, about 3 minutes left",
        "Training, epoch 2: 18 of 30 steps, about 2 minutes left",
        "Training, epoch 2: 24 of 30 steps, about 60 seconds left",
        "Training, epoch 2: 30 of 30 steps, 5 minutes so far",  # what comes after the last step is not known
    ]


def test_a_message_is_printed_once_however_often_it_comes() -> None:
    stage = Stage()
    for done in range(3):
        stage.pass_time(1, {"message": "Making features", "done": done, "of": 3})
    assert stage.lines == [(1, "Making features")]


def test_what_the_caller_knows_of_the_time_left_is_told_with_each_message() -> None:
    stage = Stage()
    stage.pass_time(5, {"message": "0 of 4 runs are done", "done": 0, "of": 4, "unit": "runs"})
    stage.pass_time(595, {"message": "first done", "done": 1, "of": 4, "unit": "runs", "left": 1800.0})
    stage.pass_time(60)
    assert stage.lines[0] == (5, "0 of 4 runs are done")
    assert stage.lines[-2] == (600, "first done: 1 of 4 runs, about 30 minutes left")
    assert stage.lines[-1][1] == "first done: 1 of 4 runs, about 30 minutes left"


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (
            {"epoch": 3, "weighted_f1": 58.123, "pair_f1": 40.5, "negative_log_likelihood": 1.25},
            "epoch 3: development weighted F1 58.12, Pair F1 40.50, likelihood 1.250",
        ),
        (
            {"epoch": 1, "development_weighted_f1": 61.0, "development_negative_log_likelihood": 1.0},
            "epoch 1: development weighted F1 61.00, likelihood 1.000",
        ),
        ({"epoch": 1, "loss": 0.5}, None),
    ],
)
def test_scores_of_an_epoch_are_a_line_at_once(row: dict[str, Any], line: str | None) -> None:
    stage = Stage()
    stage.pass_time(1, row)
    assert stage.lines == ([] if line is None else [(1, line)])


def test_for_programs_only_the_line_a_minute_is_left() -> None:
    stage = Stage(as_json=True)
    stage.pass_time(1, {"message": "Training"})
    stage.pass_time(1, {"epoch": 1, "weighted_f1": 50.0})
    stage.pass_time(20)
    assert stage.lines == [(10, "Training: 9 seconds so far")]


def test_quiet_is_silent() -> None:
    stage = Stage(quiet=True)
    with stage.report:
        for done in range(100):
            stage.pass_time(10, {"message": "Training", "done": done, "of": 100})
    assert stage.lines == []


def test_a_terminal_gets_a_bar_after_ten_seconds_with_the_time_left() -> None:
    stage = Stage(terminal=True)
    with stage.report as report:
        for done in range(0, 9):
            stage.now = done
            report({"done": done, "of": 50})
        assert stage.file.getvalue() == ""
        stage.now = 20.0
        report({"done": 20, "of": 50})
        report._bar.refresh()  # type: ignore[union-attr]
        assert "20 of 50, about 30 seconds left" in stage.file.getvalue()


def test_the_reporter_keeps_time_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that reports nothing is spoken of by the reporter's thread."""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    file = io.StringIO()
    with Reporter("Exporting", console=Console(file=file)):
        deadline = time.monotonic() + 10
        while not file.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert re.fullmatch(r"Exporting: \d seconds? so far\n", file.getvalue())


def test_items_are_handed_on_and_counted() -> None:
    stage = Stage()
    found = []
    for item in track(["a", "b", "c", "d"], "Reading", stage.report, "packs"):
        found.append(item)
        stage.pass_time(4)
    assert found == ["a", "b", "c", "d"]
    assert stage.lines == [(10, "Reading: 2 of 4 packs, about 6 seconds left")]


@given(
    steps=st.lists(st.tuples(st.floats(0, 1e4), st.integers(0, 1000)), min_size=1, max_size=20),
    waited=st.floats(0, 1e6),
    surplus=st.integers(0, 100),
)
def test_an_estimate_is_never_negative_nor_beyond_the_slowest_pace(
    steps: list[tuple[float, int]], waited: float, surplus: int
) -> None:
    samples: list[tuple[float, int]] = []
    when, done = 0.0, 0
    for seconds, more in steps:
        when, done = when + seconds, done + more
        samples.append((when, done))
    of = max(done + surplus, 1)
    left = seconds_left(samples, of, when + waited)
    if left is None:
        too_short = samples[-1][0] - samples[0][0] < progress.MEASURED
        assert too_short or done in (samples[0][1], of)
        return
    slowest = samples[-1][0] - samples[0][0]  # a single item for all of the time
    assert 0 <= left <= max(slowest * (of - done), waited) * (1 + 1e-9)


def test_what_was_kept_from_earlier_does_not_make_the_estimate_too_short() -> None:
    samples = [(0.0, 0), (1.0, 500), *((1.0 + n, 500 + n) for n in range(1, 20))]
    left = seconds_left(samples, 1000, 20.0)
    assert left == pytest.approx(481, abs=1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second"),
        (45.4, "45 seconds"),
        (100, "2 minutes"),
        (5999, "2 hours"),
        (3 * 86400, "3 days"),
        (1e9, "more than two weeks"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
