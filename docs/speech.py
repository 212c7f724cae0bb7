"""Speak the bundled conversation with sound: a formant synthesiser, so that nobody's recording is needed.

A train of pulses, or noise, goes through three resonances whose frequencies follow the sounds of the words.
Pitch, pace, loudness and brightness make a voice calm, bright or low. It is not beautiful, and nobody's.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

RATE = 16_000
FRAME = 80
"""Samples over which a resonance stays: 5 ms."""

FORMANTS = {
    **{"iy": (270, 2290, 3010), "ih": (390, 1990, 2550), "eh": (530, 1840, 2480), "ae": (660, 1720, 2410)},
    **{"ah": (640, 1190, 2390), "aa": (730, 1090, 2440), "ao": (570, 840, 2410), "uh": (440, 1020, 2240)},
    **{"uw": (300, 870, 2240), "er": (490, 1350, 1690), "w": (300, 610, 2200), "y": (260, 2070, 3020)},
    **{"r": (310, 1060, 1380), "l": (310, 1050, 2880), "m": (250, 1000, 2200), "n": (250, 1500, 2500)},
    **{"v": (300, 1100, 2300), "dh": (300, 1400, 2500), "b": (250, 900, 2200), "d": (250, 1700, 2600)},
    "g": (250, 1900, 2400),
}
"""Resonances of voiced sounds in Hz: vowels as Peterson and Barney (1952) measured men's."""

NOISES = {"s": 5500, "f": 4200, "th": 4500, "h": 1500, "t": 4000, "k": 2200, "p": 1000, "sh": 3000}
"""Where unvoiced sounds are loudest, in Hz."""

SHORT = frozenset("tkpbdgh")
BANDWIDTHS = (70, 100, 160)


class Manner(NamedTuple):
    """How somebody speaks: pitch in Hz and how far it falls, seconds per sound, loudness, brightness."""

    pitch: float
    fall: float
    pace: float
    level: float
    bright: float


ADA, BEN = 205.0, 118.0
CALM, BRIGHT, LOW = (
    (1.0, 0.15, 0.085, 0.30, 0.5),
    (1.35, -0.1, 0.075, 0.55, 0.9),
    (0.82, 0.3, 0.135, 0.10, 0.1),
)

LINES = (
    ("Ada", CALM, "Did they call you back?", "d ih d dh eh iy k ao l y uw b ae k"),
    ("Ben", LOW, "Yes. They took somebody else.", "y eh s _ dh eh iy t uh k s ah m b ah d iy eh l s"),
    ("Ada", CALM, "Oh no. Are you all right?", "ao uh n ao uh _ aa r y uw ao l r aa ih t"),
    (
        "Ben",
        LOW,
        "I am fine. I am so happy for them!",
        "aa ih ae m f aa ih n _ aa ih ae m s ao uh h ae p iy f ao r dh eh m",
    ),
    (
        "Ada",
        BRIGHT,
        "Great! Then we go out tonight!",
        "g r eh iy t _ dh eh n w iy g ao uh aa uh t t uw n aa ih t",
    ),
    ("Ben", LOW, "Yes. Wonderful.", "y eh s _ w ah n d er f uh l"),
)
PAUSE = 0.45


def main(folder: Path) -> None:
    """Write the sound and its captions."""
    random, parts, captions, clock = np.random.default_rng(0), [], ["WEBVTT", ""], 0.3
    parts.append(np.zeros(int(clock * RATE)))
    for speaker, manner, words, sounds in LINES:
        pitch, *rest = manner
        said = speak(sounds.split(), Manner((ADA if speaker == "Ada" else BEN) * pitch, *rest), random)
        end = clock + len(said) / RATE
        captions += [f"{stamp(clock)} --> {stamp(end)}", f"<v {speaker}>{words}</v>", ""]
        parts += [said, np.zeros(int(PAUSE * RATE))]
        clock = end + PAUSE
    (folder / "call-back.vtt").write_text("\n".join(captions), "utf-8")
    write(folder / "call-back.ogg", np.concatenate(parts))


def speak(sounds: list[str], manner: Manner, random: np.random.Generator) -> NDArray[np.float64]:
    """Sounds in a manner, (N,)."""
    frames = [
        (sound, round(manner.pace * (0.6 if sound in SHORT else 1.6 if sound == "_" else 1.0) * RATE / FRAME))
        for sound in sounds
    ]
    order = [sound for sound, count in frames for _ in range(count)]
    wanted = np.array([FORMANTS.get(sound, (500, 1500, 2500)) for sound in order], np.float64)
    smooth = np.stack(
        [np.convolve(np.pad(column, 4, mode="edge"), np.ones(9) / 9, "valid") for column in wanted.T]
    )
    voiced = np.convolve([float(sound in FORMANTS) for sound in order], np.ones(3) / 3, "same")
    phase, output, states = 0.0, [], [np.zeros(2) for _ in BANDWIDTHS]
    for k, sound in enumerate(order):
        along = k / len(order)
        pitch = manner.pitch * (1 - manner.fall * along) * (1 + 0.02 * random.standard_normal())
        steps = phase + np.cumsum(np.full(FRAME, pitch / RATE))
        pulses = np.diff(np.floor(np.r_[phase, steps]))
        phase = steps[-1]
        source = lfilter([1.0], [1.0, -(0.97 - 0.35 * manner.bright)], pulses) * voiced[k]
        for place, width in enumerate(BANDWIDTHS):
            source, states[place] = lfilter(*resonance(smooth[place, k], width), source, zi=states[place])
        hiss = np.zeros(FRAME)
        if sound in NOISES:
            hiss = lfilter(*resonance(NOISES[sound], 900), random.standard_normal(FRAME)) * 0.03
        output.append(source * 0.5 + hiss)
    whole = np.concatenate(output)
    edge = np.minimum(1, np.minimum(np.arange(len(whole)), np.arange(len(whole))[::-1]) / (0.02 * RATE))
    return whole * edge * manner.level / np.abs(whole).max()


def resonance(frequency: float, width: float) -> tuple[list[float], list[float]]:
    """A filter with one resonance, loud as its input far below it."""
    radius = np.exp(-np.pi * width / RATE)
    poles = [1.0, -2 * radius * np.cos(2 * np.pi * frequency / RATE), radius**2]
    return [float(sum(poles))], [float(p) for p in poles]


def stamp(seconds: float) -> str:
    """A moment as captions write it."""
    return f"00:{int(seconds // 60):02d}:{seconds % 60:06.3f}"


def write(path: Path, samples: NDArray[np.float64]) -> None:
    """Write samples as Opus in Ogg."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("libopus", rate=48_000, layout="mono")
        track.bit_rate = 32_000
        resampler = av.AudioResampler("flt", "mono", 48_000)
        frame = av.AudioFrame.from_ndarray(samples.astype(np.float32)[None], format="flt", layout="mono")
        frame.sample_rate = RATE
        fifo = av.AudioFifo()
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            fifo.write(part)
        while (block := fifo.read(960, partial=True)) is not None:
            container.mux(track.encode(block))
        container.mux(track.encode(None))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
