"""Composes a talk out of CREMA-D's clips, as sound or as a film with a portrait that speaks.

    python compose.py FOLDER MINUTES SUFFIX [film] [words] [pause=SECONDS]

Called by `listening.py`. Needs CREMA-D, PyAV and, for a film, OpenCV and scikit-image, whose portrait it
shows twice, once mirrored, in 720p at 25 pictures a second: two people side by side, of whom the mouth of one
opens as loud as the voice is.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from heartsay.corpora.crema_d import read_clips
from heartsay.media import read_audio

RATE, PER_SECOND = 16_000, 25
ACTORS = ("1001", "1002", "1003")
STEPS = 8
"""How many widths of a mouth are drawn."""


def clips(minutes: float, pause: float) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Actors and their voices, until so much time is filled."""
    chosen = random.Random(0)
    named = {clip.id: clip.path for clip in read_clips() if clip.actor in ACTORS}
    voices = {name: read_audio(named[name])[0] for name in chosen.sample(sorted(named), 60)}
    left = minutes * 60 * RATE
    while left > 0:
        name = chosen.choice(list(voices))
        yield name[:4], voices[name]
        left -= len(voices[name]) + pause * RATE


def faces() -> list[list[NDArray[np.uint8]]]:
    """Two portraits with their mouths shut to open, (400, 356, 3) each."""
    import cv2
    from skimage import data

    portrait = data.astronaut()[20:200, 140:300]  # type: ignore[no-untyped-call]
    drawn = []
    for step in range(STEPS):
        face, drop = portrait.copy(), round(9 * step / (STEPS - 1))
        face[122 + drop : 150, 62:106] = portrait[122 : 150 - drop, 62:106]
        face[122 : 122 + drop, 68:100] = 35
        drawn.append(cv2.resize(face, (356, 400), interpolation=cv2.INTER_CUBIC))
    return [drawn, [face[:, ::-1] for face in drawn]]


def openings(voice: NDArray[np.float32]) -> list[int]:
    """How wide a mouth is in each picture of a voice."""
    step = RATE // PER_SECOND
    parts = voice[: len(voice) // step * step].reshape(-1, step)
    levels = np.sqrt((parts**2).mean(1))
    return [int(value) for value in (levels / max(float(levels.max()), 1e-6) * (STEPS - 1)).round()]


def stamp(seconds: float) -> str:
    return f"{int(seconds // 3600):02d}:{int(seconds // 60) % 60:02d}:{seconds % 60:06.3f}"


def main() -> None:
    folder, minutes, suffix, what = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4:]
    film = "film" in what
    pause = next((float(word.removeprefix("pause=")) for word in what if word.startswith("pause=")), 0.5)
    people = faces() if film else []
    texture = np.random.default_rng(0).integers(70, 130, (720, 1280, 3), np.uint8)
    rows = ["WEBVTT"]
    with av.open(str(folder / f"talk{suffix}"), "w") as container:
        if film:
            picture = container.add_stream("libx264", rate=PER_SECOND, options={"preset": "veryfast"})
            picture.width, picture.height, picture.pix_fmt = 1280, 720, "yuv420p"
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        at = shown = 0
        for actor, voice in clips(minutes, pause):
            part = np.concatenate([voice, np.zeros(round(pause * RATE), np.float32)])
            times = f"{stamp(at / RATE)} --> {stamp((at + len(voice)) / RATE)}"
            rows.append(f"{times}\n<v {actor}>That is exactly what happened.")
            for first in range(0, len(part), RATE):
                block = (part[first : first + RATE].clip(-1, 1) * 32767).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(block[None], format="s16", layout="mono")
                frame.sample_rate, frame.pts = RATE, at + first
                container.mux(sound.encode(frame))
            at += len(part)
            wide = openings(voice) if film else []
            while film and shown < at / RATE * PER_SECOND:
                scene = texture.copy()
                speaks = ACTORS.index(actor) % 2
                for person, drawn in enumerate(people):
                    now = wide.pop(0) if person == speaks and wide else 0
                    x = 120 + 620 * person + round(6 * np.sin(shown / 20 + person))
                    scene[200:600, x : x + 356] = drawn[now]
                container.mux(picture.encode(av.VideoFrame.from_ndarray(scene, format="rgb24")))
                shown += 1
        container.mux(sound.encode(None))
        if film:
            container.mux(picture.encode(None))
    if "words" in what:
        (folder / "talk.vtt").write_text("\n\n".join(rows))


if __name__ == "__main__":
    main()
