"""The bundled conversation, written for this project, as JSON, CSV and WebVTT with the same utterances.

Three friends run a food stall: good news, bad news, and a way out. It is what `heartsay` is
tried on first, and what examples and tests read.
"""

from __future__ import annotations

from pathlib import Path

SUFFIXES = (".json", ".csv", ".vtt")


def conversation_path(suffix: str = ".json") -> Path:
    """Where the bundled conversation lies, in the format of `suffix`, one of `SUFFIXES`."""
    if suffix not in SUFFIXES:
        raise ValueError(f"the bundled conversation comes as {', '.join(SUFFIXES)}, not as {suffix!r}")
    return Path(__file__).with_name(f"harbour-pitch{suffix}")
