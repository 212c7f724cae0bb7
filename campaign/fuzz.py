"""Feed inputs that nobody would write, and see that each gives a result or a sentence.

    python -m campaign.fuzz --inputs 50000 --seed 1 --out fuzz-1.json

Inputs are fed in processes of their own, some hundreds each, under limits of time and memory. What fails is
made as small as it can be and kept in the folder of failures; the summary says where.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import Empty
from typing import Any

from campaign.mutation import mutated, smallest
from campaign.seeds import SEEDS
from campaign.summary import Row
from campaign.targets import REFUSALS, SHARES, TARGETS

SECONDS, MEGABYTES = 10, 1000
"""What one input may take; memory is counted above what is needed to begin with."""

CHUNK = 2000

PATIENCE = 6 * SECONDS
"""Seconds without an answer after which a process is ended: what hangs in a library hears no alarm."""


MEMORY = "memory"
"""What a process says last: by how many megabytes it grew."""


class TooSlowError(Exception):
    """An input took longer than it may."""


def verdict(target: str, path: Path) -> str:
    """`read`, `refused`, or the kind of what went wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            TARGETS[target](path)
    except REFUSALS as refusal:
        return "refused" if "\n" not in str(refusal) else "refused in several lines"
    except (TooSlowError, MemoryError) as error:
        return type(error).__name__
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:60]}"
    return "read"


def feed(target: str, start: int, count: int, seed: int, folder: str, results: Any) -> None:
    """Feed some inputs, in a process that a crash or the limit of memory may end."""
    signal.signal(signal.SIGALRM, _stop)
    seeds = SEEDS[target]()
    for name, content in seeds.items():
        TARGETS[target](_write(folder, name, content))  # what is imported is not the input's
    limit = (MEGABYTES << 20) + _memory()
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(start, start + count):
        name, data = _input(target, seeds, number, seed)
        path = _write(folder, name, data)
        results.put((number, None, 0.0))
        found, seconds = _timed(target, path)
        if found not in ("read", "refused"):
            alive = partial(results.put, (number, None, 0.0))
            kept = _smallest(target, folder, name, data, found, alive)
            failures = Path(folder) / "failures"
            failures.mkdir(exist_ok=True)
            (failures / f"{target}-{number}-{name}").write_bytes(kept)
        results.put((number, found, seconds))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    results.put((start, MEMORY, grown / 1024))


def _smallest(
    target: str, folder: str, name: str, data: bytes, found: str, alive: Callable[[], None]
) -> bytes:
    """A small part of an input that goes wrong in the same way, looked for as long as ten inputs may take."""
    until = time.process_time() + 10 * SECONDS

    def still_fails(shorter: bytes) -> bool:
        alive()
        in_time = time.process_time() < until
        return in_time and _timed(target, _write(folder, name, shorter))[0] == found

    return smallest(data, still_fails)


def _timed(target: str, path: Path) -> tuple[str, float]:
    begun = time.process_time()
    signal.setitimer(signal.ITIMER_REAL, 2 * SECONDS)
    try:
        found = verdict(target, path)
    except TooSlowError:
        found = "TooSlowError"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    seconds = time.process_time() - begun
    return ("TooSlowError" if seconds > SECONDS else found), seconds


def _stop(*_: object) -> None:
    raise TooSlowError


def _write(folder: str, name: str, data: bytes) -> Path:
    path = Path(folder) / name
    path.write_bytes(data)
    return path


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def campaign(inputs: int, seed: int, folder: Path, targets: list[str]) -> dict[str, Row]:
    """Feed so many inputs to targets, by their shares; what came of them."""
    whole = sum(SHARES[target] for target in targets)
    return {t: _of_target(t, round(inputs * SHARES[t] / whole), seed, folder) for t in targets}


def _of_target(target: str, inputs: int, seed: int, folder: Path) -> Row:
    context = multiprocessing.get_context("spawn")
    counts: Counter[str] = Counter()
    slowest = largest = 0.0
    done, begun = 0, time.monotonic()
    while done < inputs:
        results, last, unfinished = context.Queue(), done, None
        size = min(CHUNK, inputs - done)
        worker = context.Process(target=feed, args=(target, done, size, seed, str(folder), results))
        worker.start()
        heard = time.monotonic()
        while worker.is_alive() or not results.empty():
            try:
                number, found, measured = results.get(timeout=0.5)
            except Empty:
                if time.monotonic() - heard > PATIENCE:
                    worker.kill()
                continue
            heard = time.monotonic()
            if found is None:
                unfinished = number
            elif found == MEMORY:
                largest = max(largest, measured)
            else:
                counts[found] += 1
                slowest, last, unfinished = max(slowest, measured), number + 1, None
        worker.join()
        if unfinished is not None:
            counts[f"the process ended ({worker.exitcode})"] += 1
            _keep(target, unfinished, seed, folder)
            last = unfinished + 1
        elif worker.exitcode and last == done:
            sys.exit(f"{target} cannot begin: exit code {worker.exitcode}")
        done = last
        print(f"{target}: {done:,} of {inputs:,}", end="\r", file=sys.stderr, flush=True)
    seconds = time.monotonic() - begun
    return Row(inputs, dict(counts), round(slowest, 2), round(largest), round(seconds))


def _keep(target: str, number: int, seed: int, folder: Path) -> None:
    """Keep the input that ended a process, whole."""
    name, data = _input(target, SEEDS[target](), number, seed)
    failures = folder / "failures"
    failures.mkdir(exist_ok=True)
    (failures / f"{target}-{number}-{name}").write_bytes(data)


def _input(target: str, seeds: dict[str, bytes], number: int, seed: int) -> tuple[str, bytes]:
    """The name and content of an input, which follow from its number alone."""
    draw = random.Random(f"{seed}/{target}/{number}")
    name = draw.choice(list(seeds))
    return name, mutated(seeds[name], list(seeds.values()), draw)


def main() -> None:
    """Run it from the command line; the exit code is 1 where anything failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=50_000, help="in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--folder", type=Path, help="where failures are kept")
    parser.add_argument("--out", type=Path, help="where the summary is written, for campaign.summary")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="campaign-"))
    folder.mkdir(parents=True, exist_ok=True)
    rows = campaign(options.inputs, options.seed, folder, options.targets)
    failed = sum(row.failures for row in rows.values())
    content = {"seed": options.seed, "rows": {target: row._asdict() for target, row in rows.items()}}
    text = json.dumps(content, indent=1)
    if options.out is not None:
        options.out.write_text(text, "utf-8")
    print(text)
    print(f"{failed} failures" + (f", the smallest inputs in {folder / 'failures'}" if failed else ""))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
