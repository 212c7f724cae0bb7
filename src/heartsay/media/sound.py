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
from heartsay.media.containers import TITLE, opened, stated_share
from heartsay.media.spans import cut_spans

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer

Samples = NDArray[np.float32]

RATE = 16_000
"""Samples per second that everything in this project reads a voice at."""

GAP = 0.1
"""Seconds by which a time stamp may be off before the sound is moved to it."""

LONGEST_GAP = 3600.0
"""Seconds; a time stamp that leaps further is a mistake and not a pause."""

BLOCK = 1.0
"""Seconds of a block."""

CHANNELS, HIGHEST_RATE = 64, 768_000
"""More than that no recorder writes."""


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
        video: whether it has pictures.
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
            the recording ends before it does, and never more than `spans.LONGEST` seconds.

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
            conversion = _Conversion(stream, container, self.rate, self.apart, stated.seconds)
            yield from conversion.run()
            if not conversion.decoded:
                damage = f"; none of its {conversion.bad} packets can be decoded" if conversion.bad else ""
                found = f"a sound track of zero seconds{damage}"
                raise InputError(
                    expected=TITLE, found=found, where=str(self.path), do="record or copy it again"
                )
            self.warnings += conversion.doubts()


class _Conversion:
    """Frames of one track to samples at the wanted rate, at their places in time."""

    def __init__(
        self, stream: AudioStream, container: InputContainer, rate: int, apart: bool, claimed: float | None
    ) -> None:
        self.bad = 0
        self.decoded = 0.0  # seconds
        self._stream, self._container, self._claimed = stream, container, claimed
        self._rate, self._apart = rate, apart
        self._origin = (container.start_time or 0) / 1e6
        self._silence = 0.0
        self._leaps = 0
        self._broken: str | None = None
        self._native = 0
        self._channels = 0
        self._resamplers: list[AudioResampler] = []

    def run(self) -> Iterator[Samples]:
        for frame in self._frames():
            values = _values(frame)  # (C, N)
            if values.shape[1] == 0:
                continue
            if not self._apart:
                values = values.mean(0, keepdims=True)
            if (frame.sample_rate, len(values)) != (self._native, self._channels):
                yield from self._flushed()
                if self._channels and len(values) != self._channels:
                    values = np.repeat(values.mean(0, keepdims=True), self._channels, 0)
                self._native, self._channels = frame.sample_rate, len(values)
            yield from self._placed(frame, values)
        yield from self._flushed()

    def doubts(self) -> list[str]:
        """What a person should know about the sound, once all of it was read."""
        found = []
        if self._broken or self._ended_early():
            of = f" of the {self._claimed:.1f} s that it claims" if self._claimed else ""
            found.append(f"the recording breaks off after {self.decoded:.1f} s{of}; what was decoded is used")
        if self.bad:
            packets = "1 damaged packet" if self.bad == 1 else f"{self.bad} damaged packets"
            found.append(f"{packets} of sound passed over")
        if self._silence >= 1:
            found.append(f"no sound was recorded for {self._silence:.1f} s; silence stands there")
        if self._leaps:
            found.append(f"{self._leaps} time stamps of the sound leap and were not followed")
        return found

    def _ended_early(self) -> bool:
        return self._claimed is not None and self.decoded < self._claimed - max(0.5, 0.01 * self._claimed)

    def _frames(self) -> Iterator[AudioFrame]:
        import av

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError) as error:
                self._broken = str(error)
                packet = None
            try:
                yield from self._stream.decode(packet)
            except av.EOFError:
                return
            except (av.FFmpegError, ValueError):
                self.bad += 1
            if packet is None:
                return

    def _placed(self, frame: AudioFrame, values: Samples) -> Iterator[Samples]:
        """A frame's samples where its time stamp says, with silence before them where there is a gap."""
        ahead = 0.0
        if frame.pts is not None and frame.time_base is not None:
            ahead = float(frame.pts * frame.time_base) - self._origin - self.decoded
        first = self.decoded == 0
        if ahead > min(LONGEST_GAP, LONGEST_GAP if self._claimed is None else self._claimed):
            self._leaps += 1
        elif ahead > (0 if first else GAP):
            self._silence += ahead
            left = round(ahead * self._native)
            while left > 0:
                step = min(left, self._native)
                yield from self._resampled(np.zeros((len(values), step), np.float32))
                left -= step
        elif ahead < (0 if first else -GAP):
            values = values[:, round(-ahead * self._native) :]
        yield from self._resampled(values)

    def _resampled(self, values: Samples) -> Iterator[Samples]:
        import av

        if values.shape[1] == 0:
            return
        self.decoded += values.shape[1] / self._native
        if self._native == self._rate:
            yield values
            return
        if not self._resamplers:
            self._resamplers = [
                av.AudioResampler(format="flt", layout="mono", rate=self._rate) for _ in range(len(values))
            ]
        rows = []
        for row, resampler in zip(values, self._resamplers, strict=True):
            given = av.AudioFrame.from_ndarray(np.ascontiguousarray(row)[None], format="flt", layout="mono")
            given.sample_rate = self._native
            rows.append([f.to_ndarray()[0] for f in resampler.resample(given)])
        yield from _stacked(rows)

    def _flushed(self) -> Iterator[Samples]:
        rows = [[f.to_ndarray()[0] for f in resampler.resample(None)] for resampler in self._resamplers]
        self._resamplers = []
        yield from _stacked(rows)


def _stacked(rows: list[list[NDArray[np.float32]]]) -> Iterator[Samples]:
    if rows and rows[0]:
        yield np.stack([np.concatenate(row) for row in rows])


def _values(frame: AudioFrame) -> Samples:
    """A frame's samples from -1 to 1, (C, N)."""
    raw = frame.to_ndarray()
    channels = len(frame.layout.channels)
    values = raw if frame.format.is_planar else raw.reshape(-1, channels).T
    if values.dtype == np.uint8:
        return (values.astype(np.float32) - 128) / 128
    if values.dtype.kind == "i":
        return values.astype(np.float32) / np.float32(2 ** (8 * values.dtype.itemsize - 1))
    # A float file can hold anything; what is no number is silence.
    finite = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.asarray(finite, np.float32)


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
    if not (0 < stream.channels <= CHANNELS and 0 < stream.sample_rate <= HIGHEST_RATE):
        found = f"{stream.channels} channels at {stream.sample_rate} samples per second"
        raise refused(found, "convert it to WAV, or get it again")
    stream.codec_context.thread_count = 1
    return stream


def _described(path: Path, container: InputContainer, stream: AudioStream) -> Recording:
    video = any(s.codec_context is not None for s in container.streams.video)
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
