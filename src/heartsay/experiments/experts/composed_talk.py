"""Talk put together from CREMA-D's clips: real voices, made-up conversations, so that who speaks is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartsay.corpora.crema_d import Clip
from heartsay.media import CONDITIONS, read_audio
from heartsay.media.extent import voice_extent
from heartsay.media.voice_functionals import SAMPLE_RATE
from heartsay.metrics.diarisation import Turn

PART, LASTING = 320, 3
"""Samples of which one level is taken, 20 ms, and how many of these have to be loud in a row to be voice."""

GAPS = (0.1, 1.0)
"""Shortest and longest silence between two turns in seconds; a third of them follow at once, without any."""

ROOM = 0.001
"""Level of the noise under all of it."""


@dataclass(frozen=True)
class ComposedTalk:
    """A conversation and the truth about it.

    Attributes:
        samples: one channel at 16 kHz, (N,).
        turns: from when to when who speaks.
        speakers: how many there are.
    """

    samples: NDArray[np.float32]
    turns: tuple[Turn, ...]
    speakers: int


def compose(
    clips: Sequence[Clip], speakers: int, turns: int, seed: int, condition: str = "clean"
) -> ComposedTalk:
    """A conversation among so many actors.

    Args:
        clips: of as many actors at least.
        speakers: how many speak; each of them does.
        turns: how many clips.
        seed: of everything that is drawn.
        condition: a name of `media.CONDITIONS`, under which the whole is recorded.

    Raises:
        ValueError: fewer actors than speakers, or fewer turns.
        InputError: a clip cannot be decoded.
    """
    random = np.random.default_rng(seed)
    actors = sorted({clip.actor for clip in clips})
    if len(actors) < speakers or turns < speakers:
        raise ValueError(f"{speakers} speakers of {len(actors)} actors in {turns} turns")
    chosen = random.choice(actors, speakers, replace=False).tolist()
    order = [*chosen, *random.choice(chosen, turns - speakers).tolist()]
    random.shuffle(order)
    parts: list[NDArray[np.float32]] = []
    found: list[Turn] = []
    at = 0
    for actor in order:
        own = [clip for clip in clips if clip.actor == actor]
        samples, _ = read_audio(own[int(random.integers(len(own)))].path)
        voice = _voice(samples)
        found.append((at / SAMPLE_RATE, (at + len(voice)) / SAMPLE_RATE, actor))
        gap = 0.0 if random.random() < 1 / 3 else float(random.uniform(*GAPS))
        parts += [voice, np.zeros(round(gap * SAMPLE_RATE), np.float32)]
        at += len(parts[-2]) + len(parts[-1])
    noise = ROOM * random.standard_normal(at)
    whole = (np.concatenate(parts) + noise).astype(np.float32)
    return ComposedTalk(CONDITIONS[condition](whole, SAMPLE_RATE, random), tuple(found), speakers)


def _voice(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """A clip without the silence around it, at a peak of one half."""
    parts = samples[: len(samples) // PART * PART].reshape(-1, PART).astype(np.float64)
    extent = voice_extent(10 * np.log10((parts**2).mean(1) + 1e-10), LASTING)
    kept = samples[extent.start * PART : extent.stop * PART]
    return np.asarray(kept * np.float32(0.5 / max(float(np.abs(kept).max()), 1e-6)))
