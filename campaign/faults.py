"""Kill a command at random moments, or take from it what it needs, and see that nothing wrong is left.

    python -m campaign.faults kills --times 20 --seed 1 --seconds 3600
    python -m campaign.faults faults --seed 1

A command that is killed with signal 9 and then goes on must leave the same bytes as one that was not. One
from which room, its output, its streams, files or memory are taken must end with a sentence or a result, show
no traceback, and leave nothing half-written.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from campaign.commands import COMMANDS, HEARTSAY, Command

PATIENCE = 600
"""Seconds after which a command counts as hanging."""


class Ended(NamedTuple):
    """How a command ended: its exit code, negative where a signal ended it, and what it said on the way."""

    code: int
    said: str


def run(
    arguments: Sequence[str],
    folder: Path,
    after: float | None = None,
    begin: Callable[[], object] | None = None,
) -> Ended:
    """Run a command in a folder; killed with signal 9 after so many seconds, if it still runs.

    Raises:
        subprocess.TimeoutExpired: it hangs.
    """
    process = subprocess.Popen(
        [*HEARTSAY, *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=begin,
        start_new_session=True,
    )
    try:
        said = process.communicate(timeout=PATIENCE if after is None else after)[1]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said = process.communicate()[1]
        if after is None:
            raise
    return Ended(process.returncode, said)


def contents(folder: Path) -> dict[str, str]:
    """Hashes of all files by name."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


def kills(command: Command, times: int, draw: random.Random, until: float, root: Path) -> Counter[str]:
    """Kill a command at so many moments of its run, each time resumed to its end; what came of it."""
    whole, killed = root / "whole", root / "killed"
    command.prepare(root)
    begun = time.monotonic()
    if (ended := run(command.arguments(whole, False), root)).code != command.code:
        sys.exit(f"{command.name} does not run: {ended.said}")
    length = time.monotonic() - begun
    expected, counts = contents(whole), Counter[str]()
    for _ in range(times):
        if time.monotonic() > until:
            counts["not tried for want of time"] += 1
            continue
        shutil.rmtree(killed, ignore_errors=True)
        first = run(command.arguments(killed, False), root, after=draw.uniform(0.0, length))
        counts["killed" if first.code == -signal.SIGKILL else "ended before"] += 1
        last = first if first.code == command.code else run(command.arguments(killed, True), root)
        if last.code != command.code:
            counts[f"did not go on: {last.said.strip().splitlines()[-1][:80]}"] += 1
        counts["the same bytes" if contents(killed) == expected else "OTHER BYTES"] += 1
    return counts


def _closed(stream: int) -> None:
    os.close(stream)


def _bounded(kind: int, size: int) -> None:
    resource.setrlimit(kind, (size, size))


def faults(command: Command, draw: random.Random, root: Path) -> Counter[str]:
    """Take from a command what it needs, once each; what came of it."""
    command.prepare(root)
    counts: Counter[str] = Counter()
    sizes = [draw.randrange(1, 40_000) for _ in range(4)]
    memories = [draw.randrange(60, 900) << 20 for _ in range(4)]
    tried: list[tuple[str, Callable[[], object] | None]] = [
        *(
            (f"files of {size} bytes at most", partial(_bounded, resource.RLIMIT_FSIZE, size))
            for size in sizes
        ),
        *((f"{n >> 20} MB of memory", partial(_bounded, resource.RLIMIT_AS, n)) for n in memories),
        *((f"stream {n} closed", partial(_closed, n)) for n in range(3)),
        ("16 open files", partial(_bounded, resource.RLIMIT_NOFILE, 16)),
        ("a file where the folder should be", None),
        ("the folder's parent is not there any more", None),
    ]
    for number, (name, begin) in enumerate(tried):
        out = root / f"out-{number}"
        if name.startswith("a file"):
            out.write_text("mine")
        elif name.startswith("the folder's"):
            out = root / "gone" / "out"
        ended = run(command.arguments(out, False), root, begin=begin)
        counts[verdict(ended, out)] += 1
        if verdict(ended, out) not in FINE:
            print(f"{command.name}, {name}: {ended.code}, {ended.said[-600:]}", file=sys.stderr)
    return counts


FINE = ("a result", "a sentence", "ended by the system")


def verdict(ended: Ended, out: Path) -> str:
    """What a command from which something was taken left."""
    if out.is_dir() and list(out.rglob("*.part")):
        return "LEFTOVERS"
    if "Traceback" in ended.said:
        return "TRACEBACK"
    if ended.code < 0:
        return "ended by the system"
    return "a result" if ended.code == 0 else "a sentence"


def main() -> None:
    """Run it from the command line; the exit code is 1 where anything failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kind", choices=("kills", "faults"))
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument("--times", type=int, default=20, help="kills of each command")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=7200, help="after which no kill is tried any more")
    options = parser.parse_args()
    until = time.monotonic() + options.seconds
    found: dict[str, dict[str, int]] = {}
    for name in options.commands:
        draw = random.Random(f"{options.seed}/{options.kind}/{name}")
        with tempfile.TemporaryDirectory(prefix="campaign-") as root:
            if options.kind == "kills":
                counts = kills(COMMANDS[name], options.times, draw, until, Path(root))
            else:
                counts = faults(COMMANDS[name], draw, Path(root))
        found[name] = dict(counts)
        print(json.dumps({name: found[name]}), flush=True)
    bad = ("OTHER", "did not", "LEFTOVERS", "TRACEBACK")
    sys.exit(any(kind.startswith(bad) for row in found.values() for kind in row))


if __name__ == "__main__":
    main()
