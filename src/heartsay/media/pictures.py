"""The pictures of a film as a stream of grey values: in memory there is never more than a few of them.

Times are those that a player shows, and pictures stand upright as a player shows them. What is looked at are
a few pictures a second of the stretches that are asked for; pictures that no other rests on are not decoded,
and long stretches that nobody asks for are leapt over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay.limits import limit
from heartsay.media.containers import opened, picture_track

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

Grey = NDArray[np.uint8]
"""Grey values, (H, W)."""

PER_SECOND = 8.0
"""Pictures a second that are looked at; syllables come at four or five."""

LEAP = 20.0
"""Seconds that nobody asks for from which they are leapt over."""


class Picture(NamedTuple):
    """One picture and when it is shown, in seconds."""

    seconds: float
    grey: Grey


@dataclass
class Pictures:
    """The pictures of a film, decoded as they are read.

    Attributes:
        path: the film.
        warnings: sentences about what was damaged, complete after a whole pass.
    """

    path: Path
    warnings: list[str] = field(default_factory=list, init=False)

    def of(self, spans: Sequence[tuple[float, float]]) -> Iterator[Picture]:
        """`PER_SECOND` pictures of each second of some stretches, in order; none where there are none.

        Args:
            spans: start and end of each in seconds, in any order, overlapping or not.

        Raises:
            InputError: no such file, or not media.
            MissingDependencyError: PyAV is not installed.
        """
        self.warnings = []
        with opened(self.path) as container:
            stream = picture_track(container)
            if stream is None:
                return
            stream.thread_type = "AUTO"
            stream.codec_context.skip_frame = "NONREF"
            wide = pixel_shape(stream)
            due = 0.0
            for seconds, frame in self._wanted(container, stream, merged(spans)):
                if seconds >= due:
                    due = max(due + 1 / PER_SECOND, seconds + 0.5 / PER_SECOND)
                    yield Picture(seconds, as_shown(frame, wide, "gray", limit("picture_pixels")))

    def _wanted(
        self, container: InputContainer, stream: VideoStream, spans: Sequence[tuple[float, float]]
    ) -> Iterator[tuple[float, VideoFrame]]:
        """Decoded frames within stretches that are in order and apart."""
        origin = (container.start_time or 0) / 1e6
        at, leapt = 0, -1
        for frame in self._frames(container, stream):
            if frame.time is None:
                continue
            seconds = frame.time - origin
            while at < len(spans) and spans[at][1] < seconds:
                at += 1
            if at == len(spans):
                return
            if seconds >= spans[at][0]:
                yield seconds, frame
            elif spans[at][0] - seconds > LEAP and at > leapt and stream.time_base is not None:
                leapt = at  # once for each stretch: some containers land where they stood
                container.seek(int((spans[at][0] + origin) / stream.time_base), stream=stream)

    def _frames(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        import av

        bad = 0
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError):
                packet = None  # what the sound says of a broken tail holds for the pictures too
            try:
                yield from stream.decode(packet)
            except av.EOFError:
                break
            except (av.FFmpegError, ValueError):
                bad += 1
            if packet is None:
                break
        if bad:
            self.warnings.append(f"{bad} damaged packet{'s' if bad > 1 else ''} of pictures passed over")


def merged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same stretches in order, those that touch as one."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def pixel_shape(stream: VideoStream) -> float:
    """Width of a track's pixels by their height; 1 where it says nothing."""
    return float(stream.sample_aspect_ratio or 1)


def as_shown(frame: VideoFrame, wide: float, colours: str, most: float = math.inf) -> NDArray[np.uint8]:
    """A frame as a player shows it: its pixels square, upright, (H, W) or (H, W, 3), 8 bits.

    Args:
        frame: as it was decoded.
        wide: width of a pixel by its height.
        colours: what is wanted of a pixel, as FFmpeg names it: `gray` or `rgb24`.
        most: pixels of the longer side; larger pictures are made smaller.
    """
    width, height = frame.width * wide, float(frame.height)
    scale = min(1.0, most / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = frame.reformat(*size, format=colours).to_ndarray()
    return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90)), np.uint8)
