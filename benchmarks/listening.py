"""How fast a recording becomes a report, with its transcript and without, and what memory hours of it need.

Needs CREMA-D (HEARTSAY_DATA names the folder that holds it), the extras `speech` and `faces`, and scikit-
image. Recordings are composed of CREMA-D's clips (`compose.py`), real voices in a made-up talk: a 720p film
of two faces, and sound. Without experts of voice and face, which `--experts` names where none come along,
voices are not read and faces not looked for. Times real time are of processor time, which a busy machine
moves less than the clock. An analysis of an hour is killed three times and goes on; it has to write what a
whole one writes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from common import HEARTSAY, ROOT, arguments, measure, report, scratch

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
COMPOSE = Path(__file__).with_name("compose.py")
PAUSE = "pause=20"
"""Seconds between clips of the hour that is killed, so that recognising it does not take one."""


def compose(folder: Path, minutes: float, suffix: str, *what: str) -> Path:
    """A composed talk, with its transcript beside it if `what` holds `words`."""
    command = [sys.executable, str(COMPOSE), str(folder), str(minutes), suffix, *what]
    subprocess.run(command, env=ENVIRONMENT, check=True)
    return folder / f"talk{suffix}"


def resumed(talk: Path, folder: Path, options: list[str]) -> tuple[int, list[str]]:
    """How often one of two runs was killed, each time once it had recognised more, and what both wrote."""
    documents, kills = [], 0
    for name in ("whole", "killed"):
        out = folder / name
        command = [*map(str, HEARTSAY), "analyze", str(talk), "--out", str(out), "--quiet", *options]
        limit = 3 if name == "killed" else 0
        while True:
            process = subprocess.Popen(command, env=ENVIRONMENT)
            before = heard(out)
            while process.poll() is None and not (kills < limit and heard(out) > before + 200):
                time.sleep(0.2)
            if process.poll() is not None:
                break
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            command = [*command, "--resume"] if kills == 1 else command
        if process.returncode:
            sys.exit(f"{' '.join(command)} failed")
        documents.append((out / "talk.json").read_text("utf-8"))
    return kills, documents


def heard(out: Path) -> int:
    """Bytes of what has been recognised so far."""
    return sum(path.stat().st_size for path in out.glob(".heartsay-heard-*"))


def main() -> None:
    parser = arguments(__doc__, runs=1)
    parser.add_argument("--minutes", type=float, default=10, help="of the recording that is timed")
    parser.add_argument("--hours", type=float, default=3, help="of the long one; 0 for none")
    parser.add_argument("--killed", type=float, default=60, help="minutes of the one that is killed; or 0")
    parser.add_argument("--experts", type=Path, help="folder that holds experts as voice and face")
    options = parser.parse_args()
    experts = [f"--{m}-expert={options.experts / m}" for m in ("voice", "face") if options.experts]
    rows: list[tuple[str, float, float | None]] = []
    peaks: dict[str, float] = {}
    cases: list[tuple[str, float, str, tuple[str, ...], float]] = [
        ("film_with_transcript", options.minutes, ".mp4", ("film", "words"), 3.0),
        ("film_recognised", options.minutes, ".mp4", ("film",), 1.2),
    ]
    if options.hours:
        cases.append(("sound_with_transcript", options.minutes, ".m4a", ("words",), 3.0))
        cases.append(("hours_with_transcript", 60 * options.hours, ".m4a", ("words",), 3.0))
    for name, minutes, suffix, what, target in cases:
        with scratch() as folder:
            talk = compose(folder, minutes, suffix, *what)
            run = measure([*HEARTSAY, "analyze", talk, "--out", folder / "out", *experts])
            rows.append((f"{name}_times_real_time", round(60 * minutes / run.processor_seconds, 2), target))
            rows.append((f"{name}_megabytes", round(run.peak_megabytes), 1000))
            peaks[name] = run.peak_megabytes
    if options.hours:
        ratio = peaks["hours_with_transcript"] / peaks["sound_with_transcript"]
        rows.append(("memory_of_hours_against_minutes", round(ratio, 3), 1.1))
    if options.killed:
        with scratch() as folder:
            talk = compose(folder, options.killed, ".m4a", PAUSE)
            killed, documents = resumed(talk, folder, experts)
            rows.append(("kills", killed, None))
            rows.append(("killed_equals_whole", float(len(set(documents)) == 1), 1.0))
    report("listening", rows, options.json)


if __name__ == "__main__":
    main()
