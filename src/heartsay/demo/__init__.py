"""The bundled conversation, written for this project, as JSON, CSV and WebVTT with the same utterances.

Three friends run a food stall: good news, bad news, and a way out. It is what `heartsay` is
tried on first, and what examples and tests read. `harbour-pitch.ogg` is the same, spoken at the same times by
espeak-ng's voices, which are no people's and have no feelings in them.

In a second one, two friends and a call back, a voice says other things than the words do; `docs/speech.py`
makes both voices.
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
    """The transcript with times of the conversation whose voices and words disagree, and its recording."""
    transcript = Path(__file__).with_name("call-back.vtt")
    return transcript, transcript.with_suffix(".ogg")


def recording_path() -> Path:
    """Where the bundled conversation lies as sound; its transcripts lie beside it."""
    return Path(__file__).with_name("harbour-pitch.ogg")
