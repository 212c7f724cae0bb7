"""Kill -9 of workers and of the driver of `heartsay analyze --engine ray` at random moments, ten of each.

MELD's test talk, repeated, is analysed three times: left alone; with a random worker killed ten times; and
with the whole run killed ten times, each time gone on with `--resume`. The partitions must come out the same
to the byte, and a finished one must never be written again. Needs the corpus (HEARTSAY_DATA) and the extra
`scale`. The model is the tests' tiny one unless another is named: it is the engine that is tried here.

    python campaign/scale_kills.py --seed 0
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKER = "ray::Worker"
STEP = 0.5
"""Seconds between two looks at a run."""


def write_corpus(path: Path, repeat: int) -> int:
    """MELD's test talk as a Parquet table, several times over; returns the utterances."""
    sys.path.insert(0, str(ROOT / "src"))
    import pyarrow as pa
    from pyarrow import parquet

    from heartsay import corpora

    rows = [
        {"conversation": f"{copy}-{c.id}", "utterance": u.id, "speaker": u.speaker, "text": u.text}
        for copy in range(repeat)
        for c in corpora.load("meld", "test")
        for u in c.utterances
    ]
    parquet.write_table(pa.Table.from_pylist(rows), path)
    return len(rows)


def tiny_model() -> str:
    """The folder of the tests' model, for as long as this process lasts."""
    sys.path.insert(0, str(ROOT))
    model_folder = import_module("tests.dummies.model").model_folder

    return str(model_folder())


def begin(table: Path, out: Path, model: str, *more: str) -> subprocess.Popen[bytes]:
    """Start an analysis."""
    command = [sys.executable, "-m", "heartsay.cli", "analyze", str(table), "--engine", "ray"]
    command += ["--workers", "2", "--evidence", "never", "--model", model]
    command += ["--out", str(out), "--quiet", *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    with out.with_suffix(".log").open("ab") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)


def below(pid: int) -> dict[int, str]:
    """The command lines of all processes that a process started, and of those that they did."""
    parents, titles = dict[int, int](), dict[int, str]()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text().rpartition(")")[2].split()
                titles[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ").strip()
            except OSError:
                continue
            parents[int(entry.name)] = int(status[1])
    found, new = set[int](), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return {child: titles[child] for child in found}


def finished(out: Path) -> dict[str, int]:
    """The finished partitions and when they were written."""
    noted = {path.stem for path in (out / "notes").glob("*.json")}
    return {
        path.name: path.stat().st_mtime_ns
        for path in (out / "partitions").glob("*.parquet")
        if path.stem.removeprefix("part-") in noted
    }


def digests(out: Path) -> dict[str, str]:
    """The partitions of a whole run, and its manifest."""
    content = json.loads((out / "manifest.json").read_text("utf-8"))
    if not content["complete"] or content["failures"]:
        sys.exit(f"{out} is not complete: {content['missing']}, {content['failures']} failures")
    paths = sorted((out / "partitions").glob("*.parquet"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def kill_workers(table: Path, out: Path, model: str, kills: int, draw: random.Random) -> list[float]:
    """One run in which a random worker is killed again and again; returns the moments."""
    run, begun, moments = begin(table, out, model), time.monotonic(), list[float]()
    due = draw.uniform(0, 8)
    while run.poll() is None:
        time.sleep(STEP)
        workers = [pid for pid, title in below(run.pid).items() if title.startswith(WORKER)]
        due -= STEP if workers else 0
        if workers and due <= 0 and len(moments) < kills:
            os.kill(draw.choice(sorted(workers)), signal.SIGKILL)
            moments.append(round(time.monotonic() - begun, 1))
            due = draw.uniform(0, 8)
    if run.returncode:
        sys.exit(f"the run with killed workers ended with {run.returncode}; see {out.with_suffix('.log')}")
    return moments


def kill_drivers(
    table: Path, out: Path, model: str, kills: int, longest: float, draw: random.Random
) -> list[float]:
    """Runs that are killed after a while, and one that is not; returns how long each lasted."""
    lasted, before = list[float](), dict[str, int]()
    for number in range(kills + 1):
        run, begun = begin(table, out, model, *(["--resume"] if number else [])), time.monotonic()
        due = draw.uniform(0, longest) if number < kills else float("inf")
        while run.poll() is None and due > 0:
            time.sleep(STEP)
            due -= STEP if any((out / "tries").glob("*/begun-*")) else 0
        if run.poll() is None:
            started = below(run.pid)
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
            lasted.append(round(time.monotonic() - begun, 1))
            time.sleep(2)  # what belongs to the run ends with it
            left = [title for pid, title in started.items() if Path(f"/proc/{pid}/stat").exists()]
            print(
                f"  killed after {lasted[-1]} s, {len(finished(out))} finished, {len(left)} processes left",
                flush=True,
            )
        elif run.returncode:
            sys.exit(f"a resumed run ended with {run.returncode}; see {out.with_suffix('.log')}")
        now = finished(out) if (out / "notes").is_dir() else {p: before[p] for p in before}
        for name, stamp in before.items():
            if (out / "partitions" / name).stat().st_mtime_ns != stamp:
                sys.exit(f"{name} was finished and is written again")
        before = now
        if run.returncode == 0:
            break
    return lasted


def main() -> None:
    """Do all three runs and compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", help="a shipped one, or a folder")
    parser.add_argument("--repeat", type=int, default=10, help="how often MELD's test talk is repeated")
    parser.add_argument("--drivers", action="store_true", help="kill drivers alone")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument(
        "--longest", type=float, default=20.0, help="seconds of analysing after which a driver dies, at most"
    )
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="heartsay-kills-") as name:
        folder = Path(name)
        model = options.model or tiny_model()
        utterances = write_corpus(folder / "meld.parquet", options.repeat)
        whole = begin(folder / "meld.parquet", folder / "whole", model)
        if whole.wait():
            sys.exit((folder / "whole.log").read_text())
        expected = digests(folder / "whole")
        print(f"{utterances:,} utterances in {len(expected)} partitions", flush=True)
        same = True
        if not options.drivers:
            moments = kill_workers(folder / "meld.parquet", folder / "workers", model, options.kills, draw)
            same = digests(folder / "workers") == expected
            told = "the same" if same else "OTHER"
            print(f"workers killed {len(moments)} times, at {moments} s: {told}", flush=True)
        lasted = kill_drivers(
            folder / "meld.parquet", folder / "drivers", model, options.kills, options.longest, draw
        )
        alike = digests(folder / "drivers") == expected
        print(f"drivers killed {len(lasted)} times, after {lasted} s: {'the same' if alike else 'OTHER'}")
        if not (same and alike):
            sys.exit(1)


if __name__ == "__main__":
    main()
