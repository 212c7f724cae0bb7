"""The recording in a report: where the page finds it, linked by a relative path or carried along."""

from __future__ import annotations

import base64
import json
import mimetypes
import os
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote

from heartsay.analysis import Analysis
from heartsay.limits import limit

MediaMode = Literal["link", "embed", "none"]
"""Whether a page names its recording by a relative path, holds it, or has none."""

FILMS = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".3gp")


class Player(NamedTuple):
    """What the page plays.

    Attributes:
        source: a relative address or a data address; empty where there was no file.
        file: name of the recording.
        film: whether it may have pictures.
        note: a sentence for the reader where it is not as was asked for, or None.
        times: start and end of each utterance in seconds, null where there are none, as JSON.
    """

    source: str
    file: str
    film: bool
    note: str | None
    times: str


def player_of(analysis: Analysis, folder: Path, mode: MediaMode = "link") -> Player | None:
    """The player of a report; None where there is no recording, or none is wanted.

    Args:
        analysis: whose `recording` it is.
        folder: where the page will lie.
        mode: how the page comes by the recording.
    """
    if analysis.recording is None or mode == "none":
        return None
    path = Path(analysis.recording)
    times = json.dumps([[u.start, u.end] for u in analysis.utterances])
    film = path.suffix.lower() in FILMS
    if not path.is_file():
        gone = f"The recording was not at {path} when this page was made."
        return Player("", path.name, film, gone, times)
    note: str | None = None
    if mode == "embed":
        largest = limit("page_bytes")  # browsers refuse more than the default
        if path.stat().st_size <= largest:
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            content = base64.b64encode(path.read_bytes()).decode()
            return Player(f"data:{kind};base64,{content}", path.name, film, None, times)
        note = (
            f"The recording is too large to be held by a page (over {largest / 1e6:,.0f} MB): it is linked."
        )
    try:
        way = os.path.relpath(path.resolve(), folder.resolve())
    except ValueError:  # on another drive
        way = str(path.resolve())
    return Player(quote(way.replace(os.sep, "/")), path.name, film, note, times)
