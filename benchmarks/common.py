"""What the benchmarks share: run a command, weigh it, print a table or one JSON object.

This file and the benchmarks import the standard library only: a child process starts with the memory of
its parent in its books, so the parent has to stay small.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]

HEARTSAY = [sys.executable, "-m", "heartsay.cli"]
"""The command under test, as the interpreter of the benchmark runs it."""


class Run(NamedTuple):
    """One run of a command: wall seconds from start to exit, seconds of processor time, peak megabytes."""

    seconds: float
    processor_seconds: float
    peak_megabytes: float


def measure(command: Sequence[str | Path]) -> Run:
    """Run a command to its end; its output is thrown away.

    Raises:
        SystemExit: the command failed.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.DEVNULL, stderr=errors, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f"{' '.join(map(str, command))} failed: {errors.read().decode(errors='replace')}")
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale)


def repeat(command: Sequence[str | Path], times: int) -> list[Run]:
    """Run a command several times after one run that only warms the disk's cache."""
    measure(command)
    return [measure(command) for _ in range(times)]


def median(values: Iterable[float]) -> float:
    """The median, rounded to three digits after the point."""
    return round(statistics.median(values), 3)


def arguments(description: str, *, runs: int = 5) -> argparse.ArgumentParser:
    """A parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, default=runs, help="runs to take the median of")
    parser.add_argument("--model", help="name of a shipped model, or folder of an exported one")
    return parser


def with_model(command: Sequence[str | Path], model: str | None) -> list[str | Path]:
    """Add the model to a command where one was given."""
    return [*command, "--model", model] if model else [*command]


def shipped_models() -> list[str]:
    """Names of the models of talk that this checkout holds, the default one first."""
    found = (path.parent.name for path in (ROOT / "src" / "heartsay" / "weights").glob("*/model.json"))
    return sorted(
        (name for name in found if name not in ("voice", "face", "speaker")),
        key=lambda name: (name != "default", name),
    )


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for inputs and outputs that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="heartsay-benchmark-") as name:
        yield Path(name)


def report(name: str, rows: Sequence[tuple[str, float, float | None]], as_json: bool, **facts: Any) -> None:
    """Print what was measured.

    Args:
        name: of the benchmark.
        rows: what, the value, and the limit or target it is held against, if there is one.
        as_json: one JSON object instead of a table.
        facts: further facts about the run.
    """
    machine = {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()}
    if as_json:
        values = {what: value for what, value, _ in rows}
        targets = {what: target for what, _, target in rows if target is not None}
        print(json.dumps({"benchmark": name, **values, "targets": targets, **facts, **machine}))
        return
    width = max(len(what) for what, _, _ in rows)
    print(name, ", ".join(f"{key} {value}" for key, value in {**facts, **machine}.items()), sep=": ")
    for what, value, target in rows:
        print(f"  {what:{width}}  {value:10,.3f}" + ("" if target is None else f"   (target {target:,})"))
