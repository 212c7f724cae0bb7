"""How fast a recording becomes a report, with its transcript and without, and what memory hours of it need.

Needs CREMA-D (HEARTSAY_DATA names the folder that holds it), the extras `speech` and `faces`, and scikit-
image. Recordings are composed of CREMA-D's clips (`compose.py`), real voices in a made-up talk: a 720p film
of two faces, and sound. Without experts of voice and face, which `--experts` names where none come along,
voices are not read and faces not looked for. Times real time are of processor time, which a busy machine
moves less than the clock. An analysis is killed three times while words are recognised and goes on; it has
to write what a whole one writes. `--minutes 10 --hours 3 --killed 60` takes about an hour.
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
"""Seconds between clips of the recording that is killed, so that recognising it does not take as long."""


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
    parser.add_argument("--minutes", type=float, default=3, help="of the recordings that are timed")
    parser.add_argument("--hours", type=float, default=0.5, help="of the long one; 0 for none")
    parser.add_argument("--killed", type=float, default=10, help="minutes of the one that is killed; or 0")
    parser.add_argument("--experts", type=Path, help="folder that holds experts as voice and face")
    options = parser.parse_args()
    experts = [f"--{m}-expert={options.experts / m}" for m in ("voice", "face") if options.experts]
    rows: list[tuple[str, float, float | None]] = []
    peaks: dict[str, float] = {}

    def analysed(name: str, talk: Path, minutes: float, target: float) -> None:
        run = measure([*HEARTSAY, "analyze", talk, "--out", talk.parent / name, *experts])
        rows.append((f"{name}_times_real_time", round(60 * minutes / run.processor_seconds, 2), target))
        rows.append((f"{name}_megabytes", round(run.peak_megabytes), 1000))
        peaks[name] = run.peak_megabytes

    with scratch() as folder:
        film = compose(folder, options.minutes, ".mp4", "film", "words")
        analysed("film_with_transcript", film, options.minutes, 3.0)
        film.with_suffix(".vtt").unlink()
        analysed("film_recognised", film, options.minutes, 1.2)
    sounds = [("sound_with_transcript", options.minutes), ("hours_with_transcript", 60 * options.hours)]
    for name, minutes in sounds if options.hours else ():
        with scratch() as folder:
            analysed(name, compose(folder, minutes, ".m4a", "words"), minutes, 3.0)
    if options.hours:
        ratio = peaks["hours_with_transcript"] / peaks["sound_with_transcript"]
        rows.append(("memory_of_hours_against_minutes", round(ratio, 3), 1.1))
    if options.killed:
        with scratch() as folder:
            talk = compose(folder, options.killed, ".m4a", PAUSE)
            killed, documents = resumed(talk, folder, experts)
            rows.append(("kills", killed, None))
            rows.append(("killed_equals_whole", float(len(set(documents)) == 1), 1.0))
    sizes = {name: getattr(options, name) for name in ("minutes", "hours", "killed")}
    report("listening", rows, options.json, **sizes)


if __name__ == "__main__":
    main()
