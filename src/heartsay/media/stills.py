"""A few pictures of a film, spread evenly over it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import InputError
from heartsay.media.containers import opened, picture_track, stated_share
from heartsay.media.pictures import as_shown, pixel_shape

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


CUT = 1.02
"""How many times as long as it is a file must say that it is, before it counts as cut off."""


@dataclass(frozen=True)
class Stills:
    """Pictures of a film.

    Attributes:
        pictures: red, green and blue, 8 bits, (T, H, W, 3).
        warnings: sentences about what could not be decoded.
    """

    pictures: NDArray[np.uint8]
    warnings: tuple[str, ...] = ()


def segment_midpoints(frames: int, wanted: int) -> NDArray[np.int64]:
    """Indices of frames spread evenly over a video, (min(frames, wanted),), each once, ascending.

    The video is cut into segments of equal length and the frame in the middle of each is taken, as
    Video-ChatGPT does (Maaz et al., ACL 2024).

    Args:
        frames: how many the video has.
        wanted: how many are wanted at most.

    Raises:
        InputError: there is no frame.
        ValueError: none is wanted.
    """
    if frames < 1:
        raise InputError(
            expected="a video with frames",
            found="none",
            where="video",
            do="give a video, or leave the visual part out",
        )
    if wanted < 1:
        raise ValueError(f"at least one frame must be wanted, not {wanted}")
    if frames <= wanted:
        return np.arange(frames)
    edges = np.round(np.arange(wanted + 1) * (frames - 1) / wanted).astype(np.int64)
    return (edges[:-1] + edges[1:]) // 2


def stills(path: str | Path, wanted: int) -> Stills:
    """Pictures in the middle of equal segments of a short film, as a player shows them.

    In memory are only these.

    Args:
        path: the film.
        wanted: how many at most; a film of fewer frames gives all.

    Raises:
        InputError: no such file, not media, or no picture of a film in it that can be decoded.
        MissingDependencyError: PyAV is not installed.
    """
    import av

    with opened(Path(path)) as container:
        stated = sum(1 for packet in container.demux(_track(Path(path), container)) if packet.size)
    if not stated:
        raise _refused(Path(path), "a track of pictures without any")
    chosen = set(segment_midpoints(stated, wanted).tolist())
    found: list[NDArray[np.uint8]] = []
    number, damaged = 0, False
    with opened(Path(path)) as container:
        stream = _track(Path(path), container)
        try:
            for number, frame in enumerate(container.decode(stream), 1):
                if number - 1 in chosen:
                    found.append(as_shown(frame, pixel_shape(stream), "rgb24"))
        except av.FFmpegError:
            damaged = True
    if not found:
        raise _refused(Path(path), "none that can be decoded")
    same = [picture for picture in found if picture.shape == found[0].shape]
    warnings = []
    if damaged or number < stated:
        warnings.append(f"{number} of {stated} pictures could be decoded, the others were left out")
    if (share := stated_share(Path(path))) > CUT:
        warnings.append(f"the file is cut off: it says of itself that it is {share:.1f} times as long")
    if len(same) < len(found):
        warnings.append(f"{len(found) - len(same)} pictures of another size were left out")
    return Stills(np.stack(same), tuple(warnings))


def _track(path: Path, container: InputContainer) -> VideoStream:
    """The track of a film.

    Raises:
        InputError: there is none.
    """
    stream = picture_track(container)
    if stream is None:
        raise _refused(path, "none")
    stream.codec_context.thread_count = 1
    return stream


def _refused(path: Path, found: str) -> InputError:
    return InputError(
        expected="a film with pictures",
        found=found,
        where=str(path),
        do="give a film that plays, or leave pictures out",
    )
