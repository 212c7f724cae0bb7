"""Media files opened safely: only known containers, only the file itself, and refusals in words.

A file is handed to the demuxer as an opened stream, never as a name, so that no name is taken for an address
or an option. Containers that name other files (playlists, session descriptions, manifests) are not among
those that are tried, and no protocol is allowed, so that nothing a file says makes anything else be opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from heartsay.errors import InputError, MissingDependencyError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

CONTAINERS = (
    "wav,w64,aiff,au,caf,flac,ogg,mp3,aac,ac3,eac3,amr,wv,tta,ape,mov,mp4,m4a,matroska,webm,avi,asf,flv,mpegts,"
    "mpeg,dv"
)
"""Demuxers that are tried; each reads one file and nothing beside it."""

SOUND_SUFFIXES = (".mp3", ".wav", ".m4a", ".ogg", ".oga", ".opus", ".flac", ".aac", ".aif", ".wma", ".amr")
FILM_SUFFIXES = (
    ".mp4",
    ".m4v",
    ".mov",
    ".mkv",
    ".webm",
    ".avi",
    ".mpg",
    ".mpeg",
    ".ts",
    ".wmv",
    ".flv",
    ".3gp",
)
SUFFIXES = (*SOUND_SUFFIXES, *FILM_SUFFIXES)
"""Names of recordings end like this, in small letters."""

TITLE = "a recording (mp3, wav, m4a, ogg, flac, mp4, mov, mkv, webm)"

_PLAYLISTS: tuple[tuple[bytes, str], ...] = (
    (b"#EXTM3U", "a playlist"),
    (b"ffconcat", "a list of files to join"),
    (b"[playlist]", "a playlist"),
    (b"v=0", "a description of a stream"),
    (b"<MPD", "a manifest of a stream"),
    (b"<smil", "a playlist"),
    (b"<asx", "a playlist"),
)
_BUFFER = 1 << 18


def is_recording(path: str | Path) -> bool:
    """Whether a file is named like a recording."""
    return Path(path).suffix.lower() in SUFFIXES


def stated_share(path: Path) -> float:
    """How many times as long as it is a RIFF file (WAV, AVI) says that it is; 1 for anything else.

    The demuxer takes the length of such a file from its size, so that it says nothing of a cut.
    """
    with path.open("rb") as file:
        head = file.read(12)
    stated, size = int.from_bytes(head[4:8], "little") + 8, path.stat().st_size
    streamed = head[4:8] in (b"\xff\xff\xff\xff", bytes(4))
    return stated / size if head[:4] == b"RIFF" and not streamed and stated > size else 1.0


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """A media file, opened for as long as the block runs.

    Raises:
        InputError: no such file, not media, cut off before anything can be read, or one that names others.
        MissingDependencyError: PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise MissingDependencyError("reading recordings", "media") from error
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise InputError(expected=TITLE, found=found, where=str(path), do="check the path of the recording")
    try:
        file = path.open("rb")
    except OSError as error:
        raise _refused(path, f"one that cannot be opened ({error.strerror})", "check its rights") from error
    with file:
        head = file.read(1024)
        file.seek(0)
        _check_head(path, head)
        options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
        try:
            container = av.open(file, "r", container_options=options, buffer_size=_BUFFER)
        except (av.FFmpegError, ValueError, OSError) as error:
            raise _not_decodable(path, head) from error
        with container:
            yield container


def picture_track(container: InputContainer) -> VideoStream | None:
    """The first track of moving pictures that can be decoded; None where there is at most a cover."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def _check_head(path: Path, head: bytes) -> None:
    if not head:
        raise _refused(path, "an empty file", "record or copy it again")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for mark, name in _PLAYLISTS:
        if start.lower().startswith(mark.lower()) or (start.startswith(b"<?xml") and mark in head):
            what = f"{name}, which names other files, and those are never followed"
            raise _refused(path, what, "name the recording itself")


def _not_decodable(path: Path, head: bytes) -> InputError:
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        found = "an MP4 or QuickTime file without its index, which lies at the end: it is cut off or damaged"
        return _refused(path, found, "copy or record it again, or repair it with a video tool")
    return _refused(path, "something that cannot be decoded", "convert it to WAV or MP4, or get it again")


def _refused(path: Path, found: str, do: str) -> InputError:
    return InputError(expected=TITLE, found=found, where=str(path), do=do)
