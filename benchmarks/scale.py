"""`heartsay analyze --engine ray` on this machine: speed by workers, cost of the engine, memory of a worker.

MELD's test talk, repeated, as one Parquet table (HEARTSAY_DATA names the folder that holds the corpus). In
turns, so that what else runs meets all alike:

- one process of one thread without Ray, and one of as many threads as there are cores;
- Ray with one worker, and with two.

Speeds are utterances per second between the first partition's end and the last one's, so that starting
counts for itself; without Ray, of the whole process, its start of a second or two included. Memory is the
largest that a worker and the one who shares out have held, in a short and in a long run; `--memory` measures
that alone. On a machine that others use too, processor seconds per thousand utterances say more than speeds;
both are printed, and the load.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from common import HEARTSAY, ROOT, arguments, median, report, scratch, shipped_models

PREPARE = """
import sys
import pyarrow as pa
from pyarrow import parquet
from heartsay import corpora, formats
folder, wanted = sys.argv[1], int(sys.argv[2])
rows, lines, copy = [], [], 0
talk = corpora.load("meld", "test")
while len(rows) < wanted:
    for c in talk:
        if len(rows) >= wanted:
            break
        rows += [
            {"conversation": f"{copy}-{c.id}", "utterance": u.id, "speaker": u.speaker, "text": u.text}
            for u in c.utterances
        ]
    copy += 1
table = pa.Table.from_pylist(rows)
parquet.write_table(table, folder + "/calls.parquet")
import csv
with open(folder + "/calls.csv", "w", encoding="utf-8", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(("conversation", "id", "speaker", "text"))
    writer.writerows((r["conversation"], r["utterance"], r["speaker"], r["text"]) for r in rows)
print(len(rows))
"""


class Measured(NamedTuple):
    """One run.

    Attributes:
        seconds: in all.
        first: seconds until the first result.
        speed: utterances a second once running.
        processor: seconds of it, of the process or of all workers.
        megabytes: of memory, of the process or of the largest worker.
        sharing: megabytes of the one who shares out.
    """

    seconds: float
    first: float
    speed: float
    processor: float
    megabytes: float
    sharing: float = 0.0


def environment(threads: int) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": str(threads)}


def prepare(folder: Path, utterances: int) -> int:
    folder.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-c", PREPARE, folder, str(utterances)],
        env=environment(1),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit("MELD could not be read; see above")
    return int(done.stdout)


def without_ray(folder: Path, out: Path, threads: int, model: str, utterances: int) -> Measured:
    """One process; its speed is that of the whole, the second or two of starting included."""
    command = [*HEARTSAY, "analyze", folder / "calls.csv", "--out", out, "--model", model]
    command += ["--evidence", "never", "--format", "parquet", "--quiet"]
    begun = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), env=environment(threads), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status):
        sys.exit("the analysis without Ray failed")
    processor = usage.ru_utime + usage.ru_stime
    return Measured(seconds, 0.0, utterances / seconds, processor, usage.ru_maxrss / 2**10)


def with_ray(folder: Path, out: Path, workers: int, model: str) -> Measured:
    """A run of Ray; when partitions were finished is when their files were written."""
    command = [*HEARTSAY, "analyze", folder / "calls.parquet", "--out", out, "--model", model]
    command += ["--evidence", "never", "--engine", "ray", "--workers", str(workers), "--quiet"]
    begun, since = time.perf_counter(), time.time()
    with out.with_suffix(".log").open("w") as log:
        process = subprocess.Popen(list(map(str, command)), env=environment(1), stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status):
        sys.exit(out.with_suffix(".log").read_text())
    parts = json.loads((out / "manifest.json").read_text("utf-8"))["partitions"]
    measured = json.loads((out / "measured.json").read_text("utf-8"))
    ended = {
        part["number"]: (out / f"partitions/part-{part['number']:06d}.parquet").stat().st_mtime - since
        for part in parts
        if part["utterances"]
    }
    first, last = min(ended.values()), max(ended.values())
    later = sum(part["utterances"] for part in parts if ended.get(part["number"], 0) > first)
    speed = later / (last - first) if last > first else 0.0
    processor = sum(row["processor_seconds"] for row in measured.values())
    most = max(row["megabytes"] for row in measured.values())
    return Measured(seconds, first, speed, processor, most, usage.ru_maxrss / 2**10)


def main() -> None:
    parser = arguments(__doc__.partition("\n")[0], runs=1)
    parser.add_argument("--utterances", type=int, default=200_000, help="of the runs that are compared")
    parser.add_argument("--few", type=int, default=10_000, help="of the run that memory is compared with")
    parser.add_argument("--memory", action="store_true", help="compare memory alone, with one worker")
    options = parser.parse_args()
    model = options.model or shipped_models()[0]
    found: dict[str, list[Measured]] = {}
    loads = []
    with scratch() as folder:
        count = prepare(folder / "many", options.utterances)
        few = prepare(folder / "few", options.few)
        for run in range(options.runs):
            for name, workers in (
                ("one thread", 0),
                ("ray 1", 1),
                ("ray 2", 2),
                ("two threads", 0),
                ("few", 1),
            ):
                if options.memory and name not in ("few", "ray 1"):
                    continue
                source, out = folder / ("few" if name == "few" else "many"), folder / f"{name}-{run}"
                if workers:
                    row = with_ray(source, out, workers, model)
                else:
                    row = without_ray(source, out, 2 if name == "two threads" else 1, model, count)
                found.setdefault(name, []).append(row)
                loads.append(os.getloadavg()[0])
                print(f"{name}: {found[name][-1]}, load {loads[-1]:.1f}", file=sys.stderr, flush=True)

    def of(name: str, field: str) -> float:
        return median(getattr(each, field) for each in found[name])

    def compared() -> list[tuple[str, float, float | None]]:
        return [
            ("two_workers_by_twice_one", round(of("ray 2", "speed") / (2 * of("ray 1", "speed")), 3), 0.95),
            ("two_workers_by_two_threads", round(of("ray 2", "speed") / of("two threads", "speed"), 3), None),
            ("overhead", round(of("one thread", "speed") / of("ray 1", "speed") - 1, 3), 0.05),
            (
                "overhead_in_processor_time",
                round(of("ray 1", "processor") / of("one thread", "processor") - 1, 3),
                0.05,
            ),
        ]

    report(
        "scale",
        [
            *((f"{name.replace(' ', '_')}_per_second", of(name, "speed"), None) for name in found),
            *([] if options.memory else compared()),
            *(
                (
                    f"{name.replace(' ', '_')}_processor_seconds_per_thousand",
                    round(of(name, "processor") * 1000 / (few if name == "few" else count), 3),
                    None,
                )
                for name in found
            ),
            ("first_result_seconds", of("ray 1", "first"), 8.0),
            ("worker_megabytes_few", of("few", "megabytes"), None),
            ("worker_megabytes_many", of("ray 1", "megabytes"), None),
            ("memory_ratio", round(of("ray 1", "megabytes") / of("few", "megabytes"), 3), 1.1),
            ("sharing_megabytes_few", of("few", "sharing"), None),
            ("sharing_megabytes_many", of("ray 1", "sharing"), None),
            ("sharing_memory_ratio", round(of("ray 1", "sharing") / of("few", "sharing"), 3), 1.1),
            ("mean_load", median(loads), None),
        ],
        options.json,
        utterances=count,
        few=few,
        runs=options.runs,
        model=model,
    )


if __name__ == "__main__":
    main()
