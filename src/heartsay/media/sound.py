"""The sound of a recording as a stream of samples: in memory there is never more than a few seconds of it.

Times are those that a player shows. Where a file's time stamps leave a gap, silence stands in it; where they
overlap, what was heard before stays. Damage is passed over and said in `Sound.warnings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import InputError
from heartsay.limits import limit, raising
from heartsay.media.containers import TITLE, opened, picture_track, stated_share
from heartsay.media.conversion import Conversion
from heartsay.media.spans import cut_spans

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

Samples = NDArray[np.float32]

RATE = 16_000
"""Samples per second that everything in this project reads a voice at."""

BLOCK = 1.0
"""Seconds of a block."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file says of itself.

    Attributes:
        path: the file.
        container: how it is packed, such as `mov,mp4,m4a,3gp,3g2,mj2`.
        codec: of its sound.
        rate: samples per second of its sound.
        channels: of its sound.
        seconds: that its sound claims to last; None where it does not say.
        video: whether it has moving pictures; a cover is none.
        tracks: how many of sound.
    """

    path: Path
    container: str
    codec: str
    rate: int
    channels: int
    seconds: float | None
    video: bool
    tracks: int


def open_recording(path: str | Path) -> Recording:
    """What a recording says of itself, without decoding it.

    Raises:
        InputError: no such file, not media, no sound in it, or none that can be decoded.
        MissingDependencyError: PyAV is not installed.
    """
    with opened(Path(path)) as container:
        return _described(Path(path), container, _sound_track(Path(path), container))


@dataclass
class Sound:
    """The sound of a recording, decoded as it is read; every pass decodes anew.

    Attributes:
        path: the recording.
        rate: samples per second that are handed out.
        apart: whether channels stay apart; otherwise they become their mean.
        warnings: sentences about what was damaged or doubtful, complete after a whole pass.
        seconds: handed out by the last pass so far.
    """

    path: Path
    rate: int = RATE
    apart: bool = False
    warnings: list[str] = field(default_factory=list, init=False)
    seconds: float = field(default=0.0, init=False)

    def blocks(self) -> Iterator[Samples]:
        """All of it from the start, in blocks of about a second, float32 (C, N), C = 1 unless `apart`.

        Raises:
            InputError: as `open_recording`, or there are zero seconds of sound.
            MissingDependencyError: PyAV is not installed.
        """
        self.warnings, self.seconds = [], 0.0
        waiting: list[Samples] = []
        for piece in self._pieces():
            waiting.append(piece)
            if sum(p.shape[1] for p in waiting) >= BLOCK * self.rate:
                yield self._counted(np.concatenate(waiting, 1))
                waiting = []
        if waiting:
            yield self._counted(np.concatenate(waiting, 1))

    def spans(self, spans: Sequence[tuple[float, float]]) -> Iterator[tuple[int, Samples]]:
        """Stretches of it in one pass, as soon as each is complete.

        Args:
            spans: start and end of each in seconds, in any order, overlapping or not.

        Yields:
            Place of a span in `spans`, and its samples (N,), mean over the channels; fewer, or none, where
            the recording ends before it does, and never more than `spans.longest()` seconds.

        Raises:
            InputError: as `blocks`, or a span has no order or is not finite.
        """
        yield from cut_spans((block.mean(0) for block in self.blocks()), spans, self.rate)

    def _counted(self, block: Samples) -> Samples:
        self.seconds += block.shape[1] / self.rate
        return block

    def _pieces(self) -> Iterator[Samples]:
        with opened(self.path) as container:
            stream = _sound_track(self.path, container)
            stated = _described(self.path, container, stream)
            if stated.tracks > 1:
                self.warnings.append(f"the recording has {stated.tracks} sound tracks; the first is read")
            conversion = Conversion(stream, container, self.rate, self.apart, stated.seconds)
            yield from conversion.run()
            if not conversion.decoded:
                damage = f"; none of its {conversion.bad} packets can be decoded" if conversion.bad else ""
                found = f"a sound track of zero seconds{damage}"
                raise InputError(
                    expected=TITLE, found=found, where=str(self.path), do="record or copy it again"
                )
            self.warnings += conversion.doubts()


def _sound_track(path: Path, container: InputContainer) -> AudioStream:
    def refused(found: str, do: str) -> InputError:
        return InputError(expected=TITLE, found=found, where=str(path), do=do)

    tracks = container.streams.audio
    if not tracks:
        found = "pictures without a sound track" if container.streams.video else "no sound track"
        raise refused(found, "give a recording with sound, or its transcript alone")
    stream = tracks[0]
    if stream.codec_context is None:
        raise refused("sound in a form that no decoder here knows", "convert it to WAV or MP4 (AAC)")
    channels, rate = limit("sound_channels"), limit("sound_rate")  # more than that no recorder writes
    if not (0 < stream.channels <= channels and 0 < stream.sample_rate <= rate):
        found = f"{stream.channels} channels at {stream.sample_rate} samples per second"
        do = f"convert it to WAV, {raising('sound_channels' if stream.channels > channels else 'sound_rate')}"
        raise refused(found, do)
    stream.codec_context.thread_count = 1
    return stream


def _described(path: Path, container: InputContainer, stream: AudioStream) -> Recording:
    video = picture_track(container) is not None
    seconds = None
    if stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration is not None and not video:
        seconds = container.duration / 1e6
    if seconds is not None:
        seconds *= stated_share(path)
    return Recording(
        path=path,
        container=container.format.name,
        codec=stream.codec_context.name,
        rate=stream.sample_rate,
        channels=stream.channels,
        seconds=seconds,
        video=video,
        tracks=len(container.streams.audio),
    )
