"""How fast a recording becomes a report, with its transcript and without, and what memory hours of it need.

Needs CREMA-D (HEARTSAY_DATA names the folder that holds it) and the extra `speech`. The recording is composed
of its clips, real voices in a made-up talk, as a 720p film where words are given and as the same sound where
they are recognised. Times real time are of processor time, which a busy machine moves less than the clock.
"""

from __future__ import annotations

import os
import subprocess
import sys

from common import HEARTSAY, ROOT, arguments, measure, report, scratch

MAKE = """
import random, sys
from pathlib import Path
import av, numpy as np
from heartsay.corpora.crema_d import read_clips
from heartsay.media import read_audio

folder, minutes = Path(sys.argv[1]), float(sys.argv[2])
chosen = random.Random(0)
clips = [clip for clip in read_clips() if clip.actor in ("1001", "1002", "1003")]
voices = {clip.id: read_audio(clip.path)[0] for clip in chosen.sample(clips, 60)}
film = "film" in sys.argv
with av.open(str(folder / f"talk{sys.argv[3]}"), "w") as container:
    if film:
        picture = container.add_stream("mpeg4", rate=5)
        picture.width, picture.height, picture.pix_fmt = 1280, 720, "yuv420p"
    sound = container.add_stream("aac", rate=16_000, layout="mono")
    at, rows, shown = 0, ["WEBVTT"], 0
    stamp = lambda s: f"{int(s // 3600):02d}:{int(s // 60) % 60:02d}:{s % 60:06.3f}"
    while at < minutes * 60 * 16_000:
        name = chosen.choice(list(voices))
        part = np.concatenate([voices[name], np.zeros(8_000, np.float32)])
        end = at + len(voices[name])
        times = f"{stamp(at / 16_000)} --> {stamp(end / 16_000)}"
        rows.append(f"{times}\\n<v {name[:4]}>That is exactly what happened.")
        for first in range(0, len(part), 16_000):
            block = (part[first : first + 16_000].clip(-1, 1) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(block[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = 16_000, at + first
            container.mux(sound.encode(frame))
        at += len(part)
        while film and shown < at / 16_000 * 5:
            image = np.random.default_rng(shown).integers(0, 255, (45, 80, 3), np.uint8)
            image = image.repeat(16, 0).repeat(16, 1)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            shown += 1
    container.mux(sound.encode(None))
    if film:
        container.mux(picture.encode(None))
if "words" in sys.argv:
    (folder / "talk.vtt").write_text("\\n\\n".join(rows))
"""


def main() -> None:
    parser = arguments(__doc__, runs=1)
    parser.add_argument("--minutes", type=float, default=10, help="of the recording that is timed")
    parser.add_argument(
        "--hours", type=float, default=3, help="of the long one, with its transcript; 0 for none"
    )
    options = parser.parse_args()
    rows: list[tuple[str, float, float | None]] = []
    peaks: dict[str, float] = {}
    cases = [
        ("film_with_transcript", options.minutes, ".mp4", ("film", "words"), 3.0),
        ("sound_recognised", options.minutes, ".m4a", (), 1.2),
    ]
    if options.hours:
        cases.append(("long_with_transcript", 60 * options.hours, ".m4a", ("words",), 3.0))
    for name, minutes, suffix, what, target in cases:
        with scratch() as folder:
            made = [sys.executable, "-c", MAKE, str(folder), str(minutes), suffix, *what]
            subprocess.run(made, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=True)
            run = measure([*HEARTSAY, "analyze", folder / f"talk{suffix}", "--out", folder / "out"])
            rows.append((f"{name}_times_real_time", round(60 * minutes / run.processor_seconds, 2), target))
            rows.append((f"{name}_megabytes", round(run.peak_megabytes), 1000))
            peaks[name] = run.peak_megabytes
    if options.hours:
        ratio = peaks["long_with_transcript"] / peaks["film_with_transcript"]
        rows.append(("memory_of_hours_against_minutes", round(ratio, 3), 1.1))
    report("listening", rows, options.json)


if __name__ == "__main__":
    main()
