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
import threading
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


class Fault(NamedTuple):
    """Something that is taken from a command.

    Attributes:
        name: of it.
        begin: run in the command's process before the command.
        prepare: made of the output's path before the command begins.
        during: what happens to the output at a moment of the run.
        clean: what is undone afterwards.
    """

    name: str
    begin: Callable[[], object] | None = None
    prepare: Callable[[Path], object] | None = None
    during: Callable[[Path], object] | None = None
    clean: Callable[[Path], object] | None = None


def _bounded(kind: int, size: int) -> Callable[[], object]:
    return partial(resource.setrlimit, kind, (size, size))


def _nothing(out: Path) -> None:
    """What happens to the output where nothing does."""


def _mount(out: Path, options: str) -> None:
    """Put a file system in memory where the output goes."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(out.parent)]
    subprocess.run(command, check=True)


def _unmount(out: Path) -> None:
    subprocess.run(["umount", str(out.parent)], check=True)


def _all_faults(draw: random.Random) -> list[Fault]:
    """What is taken, drawn anew for each command."""
    sizes = [draw.randrange(1, 40_000) for _ in range(4)]
    memories = [draw.randrange(60, 1500) << 20 for _ in range(6)]
    found = [
        *(Fault(f"files of {n} bytes at most", _bounded(resource.RLIMIT_FSIZE, n)) for n in sizes),
        *(Fault(f"{n >> 20} MB of memory", _bounded(resource.RLIMIT_AS, n)) for n in memories),
        *(Fault(f"stream {n} closed", partial(os.close, n)) for n in range(3)),
        Fault("16 open files", _bounded(resource.RLIMIT_NOFILE, 16)),
        Fault("a file where the folder should be", prepare=lambda out: out.write_text("mine")),
        *(
            Fault(
                "the output deleted while it is made",
                during=lambda out: shutil.rmtree(out, ignore_errors=True),
            )
            for _ in range(4)
        ),
    ]
    if os.geteuid() == 0 and shutil.which("mount"):
        rooms = [draw.randrange(4, 200) for _ in range(4)]
        found += [
            Fault(f"{n} kB of room", prepare=partial(_mount, options=f"size={n}k"), clean=_unmount)
            for n in rooms
        ]
        found.append(Fault("read-only", prepare=partial(_mount, options="ro"), clean=_unmount))
    return found


def faults(command: Command, draw: random.Random, root: Path) -> Counter[str]:
    """Take from a command what it needs, once each; what came of it."""
    command.prepare(root)
    counts: Counter[str] = Counter()
    begun = time.monotonic()
    whole_run = root / "fault-none" / "out"  # as deep as the others: pages link their recording
    whole_run.parent.mkdir()
    if (ended := run(command.arguments(whole_run, False), root)).code != command.code:
        sys.exit(f"{command.name} does not run: {ended.said}")
    length, expected = time.monotonic() - begun, contents(whole_run)
    for number, fault in enumerate(_all_faults(draw)):
        out = root / f"fault-{number}" / "out"
        out.parent.mkdir()
        if fault.prepare is not None:
            fault.prepare(out)
        moment = threading.Timer(draw.uniform(0, length), fault.during or _nothing, [out])
        moment.start()
        try:
            ended = run(command.arguments(out, False), root, begin=fault.begin)
        finally:
            moment.cancel()
            moment.join()
        whole = contents(out) == expected if out.is_dir() else False
        found = verdict(ended, out, command.code, whole)
        counts[found] += 1
        if found not in FINE:
            print(f"{command.name}, {fault.name}: {ended.code}, {ended.said[-600:]}", file=sys.stderr)
        if fault.clean is not None:
            fault.clean(out)
    return counts


FINE = ("a result", "a sentence", "ended by the system")


def verdict(ended: Ended, out: Path, code: int, whole: bool) -> str:
    """What a command from which something was taken left.

    Args:
        ended: how it ended.
        out: folder of its output.
        code: with which it ends when nothing is taken.
        whole: the output is what it is then.
    """
    if out.is_dir() and list(out.rglob("*.part")):
        return "LEFTOVERS"
    if "Traceback" in ended.said:
        return "TRACEBACK"
    if ended.code < 0:
        return "ended by the system"
    if ended.code == code and not whole and not ended.said.strip():
        return "LESS THAN A RESULT, IN SILENCE"
    return "a result" if whole else "a sentence"


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
    bad = ("OTHER", "did not", "LEFTOVERS", "TRACEBACK", "LESS")
    sys.exit(any(kind.startswith(bad) for row in found.values() for kind in row))


if __name__ == "__main__":
    main()
