"""Feed inputs that nobody would write, and see that each gives a result or a sentence.

    python -m campaign.fuzz --inputs 200000 --seed 1

Inputs are fed in processes of their own, a few hundred each, under limits of time and memory. What fails is
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
from pathlib import Path
from typing import Any

from campaign.mutation import mutated, smallest
from campaign.seeds import SEEDS
from campaign.targets import REFUSALS, TARGETS

SECONDS, MEGABYTES = 10, 1000
"""What one input may take; memory is counted above what is needed to begin with."""

CHUNK = 500


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
    names, contents = list(seeds), list(seeds.values())
    TARGETS[target](_write(folder, names[0], contents[0]))  # what is imported is not the input's
    limit = (MEGABYTES << 20) + _memory()
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for number in range(start, start + count):
        draw = random.Random(f"{seed}/{target}/{number}")
        which = draw.randrange(len(names))
        data = mutated(contents[which], contents, draw)
        path = _write(folder, names[which], data)
        results.put((number, None, 0.0))
        found, seconds = _timed(target, path)
        if found not in ("read", "refused"):
            kept = _smallest(target, folder, names[which], data, found)
            failures = Path(folder) / "failures"
            failures.mkdir(exist_ok=True)
            (failures / f"{target}-{number}-{names[which]}").write_bytes(kept)
        results.put((number, found, seconds))


def _smallest(target: str, folder: str, name: str, data: bytes, found: str) -> bytes:
    """A small part of an input that goes wrong in the same way."""
    return smallest(data, lambda shorter: _timed(target, _write(folder, name, shorter))[0] == found)


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


def campaign(inputs: int, seed: int, folder: Path, targets: list[str]) -> dict[str, dict[str, Any]]:
    """Feed so many inputs to each target in turn; what came of them."""
    summary: dict[str, dict[str, Any]] = {}
    context = multiprocessing.get_context("spawn")
    for target in targets:
        counts: Counter[str] = Counter()
        slowest, done = 0.0, 0
        while done < inputs:
            results, last, unfinished = context.Queue(), done, None
            size = min(CHUNK, inputs - done)
            worker = context.Process(target=feed, args=(target, done, size, seed, str(folder), results))
            worker.start()
            while worker.is_alive() or not results.empty():
                try:
                    number, found, seconds = results.get(timeout=0.2)
                except Exception:
                    continue
                if found is None:
                    unfinished = number
                    continue
                counts[found] += 1
                slowest, last, unfinished = max(slowest, seconds), number + 1, None
            worker.join()
            if unfinished is not None:
                counts[f"the process ended ({worker.exitcode})"] += 1
                last = unfinished + 1
            elif worker.exitcode and last == done:
                sys.exit(f"{target} cannot begin: exit code {worker.exitcode}")
            done = last
            print(f"{target}: {done:,} of {inputs:,}", end="\r", file=sys.stderr, flush=True)
        summary[target] = {"inputs": inputs, **counts, "slowest_seconds": round(slowest, 2)}
    return summary


def main() -> None:
    """Run it from the command line; the exit code is 1 where anything failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=5000, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--folder", type=Path, help="where failures are kept")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="campaign-"))
    folder.mkdir(parents=True, exist_ok=True)
    summary = campaign(options.inputs, options.seed, folder, options.targets)
    failed = sum(n for row in summary.values() for kind, n in row.items() if kind not in ALLOWED)
    print(json.dumps(summary, indent=1))
    print(f"{failed} failures" + (f", the smallest inputs in {folder / 'failures'}" if failed else ""))
    sys.exit(bool(failed))


ALLOWED = frozenset({"inputs", "read", "refused", "slowest_seconds"})

if __name__ == "__main__":
    main()
