"""The bundled conversation, written for this project, as JSON, CSV and WebVTT with the same utterances.

Three friends run a food stall: good news, bad news, and a way out. It is what `heartsay` is
tried on first, and what examples and tests read.

A second one has a recording: two friends and a call back, in synthetic voices that `docs/speech.py` makes.
"""

from __future__ import annotations

from pathlib import Path

SUFFIXES = (".json", ".csv", ".vtt")


def conversation_path(suffix: str = ".json") -> Path:
    """Where the bundled conversation lies, in the format of `suffix`, one of `SUFFIXES`."""
    if suffix not in SUFFIXES:
        raise ValueError(f"the bundled conversation comes as {', '.join(SUFFIXES)}, not as {suffix!r}")
    return Path(__file__).with_name(f"harbour-pitch{suffix}")


def spoken_paths() -> tuple[Path, Path]:
    """The transcript with times of the conversation that has a recording, and the recording."""
    transcript = Path(__file__).with_name("call-back.vtt")
    return transcript, transcript.with_suffix(".ogg")
