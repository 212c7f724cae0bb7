"""From the frames of a sound track to samples at a wanted rate, each at its place in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer

Samples = NDArray[np.float32]

GAP = 0.1
"""Seconds by which a time stamp may be off before the sound is moved to it."""

RESTART = 1.0
"""Seconds by which a time stamp lies behind what was heard already where time begins anew: recordings that
were joined, or a stream that was recorded in pieces."""

LONGEST_GAP = 3600.0
"""Seconds; a time stamp that leaps further is a mistake and not a pause."""

TOGETHER = 0.25
"""Seconds that are resampled at once: a frame can be as short as 2 ms, and each step has its price."""


class Conversion:
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
        self._restarts = 0
        self._earlier: float | None = None  # the origin before time began anew with the last frame
        self._broken: str | None = None
        self._native = 0
        self._channels = 0
        self._resamplers: list[AudioResampler] = []
        self._waiting: list[Samples] = []  # at the native rate, until there is enough to resample

    def run(self) -> Iterator[Samples]:
        """All samples, float32 (C, N) at a time."""
        for frame in self._frames():
            values = frame_samples(frame)  # (C, N)
            if values.shape[1] == 0:
                continue
            if not self._apart and len(values) > 1:
                values = values.mean(0, keepdims=True)
            self._channels = self._channels or len(values)
            if len(values) != self._channels:
                values = np.repeat(values.mean(0, keepdims=True), self._channels, 0)
            if frame.sample_rate != self._native:
                yield from self._flushed()
                self._native = frame.sample_rate
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
        if self._restarts:
            times = "once" if self._restarts == 1 else f"{self._restarts} times"
            found.append(
                f"the time of the sound begins anew {times}, as where recordings were joined; its parts are"
                " read one after the other"
            )
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
        if frame.time is not None:
            ahead = self._ahead(frame.time)
        first = self.decoded == 0
        if ahead > min(LONGEST_GAP, LONGEST_GAP if self._claimed is None else self._claimed):
            self._leaps += 1
        elif ahead > (0 if first else GAP):
            self._silence += ahead
            left = round(ahead * self._native)
            while left > 0:
                step = min(left, self._native)
                yield from self._gathered(np.zeros((len(values), step), np.float32))
                left -= step
        elif ahead < (0 if first else -GAP):
            values = values[:, round(-ahead * self._native) :]
        yield from self._gathered(values)

    def _ahead(self, stamp: float) -> float:
        """Seconds from the end of what was heard to a time stamp, which may begin time anew."""
        earlier, self._earlier = self._earlier, None
        if earlier is not None and abs(stamp - earlier - self.decoded) <= GAP:  # it was one stamp alone
            self._origin = earlier
            self._restarts -= 1
            self._leaps += 1
        ahead = stamp - self._origin - self.decoded
        if ahead >= -RESTART:
            return ahead
        self._earlier, self._origin = self._origin, stamp - self.decoded
        self._restarts += 1
        return 0.0

    def _gathered(self, values: Samples) -> Iterator[Samples]:
        if values.shape[1] == 0:
            return
        self.decoded += values.shape[1] / self._native
        self._waiting.append(values)
        if sum(part.shape[1] for part in self._waiting) >= TOGETHER * self._native:
            yield from self._resampled()

    def _resampled(self) -> Iterator[Samples]:
        import av

        if not self._waiting:
            return
        values, self._waiting = np.concatenate(self._waiting, 1), []
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
        yield from self._resampled()
        rows = [[f.to_ndarray()[0] for f in resampler.resample(None)] for resampler in self._resamplers]
        self._resamplers = []
        yield from _stacked(rows)


def _stacked(rows: list[list[NDArray[np.float32]]]) -> Iterator[Samples]:
    if rows and rows[0]:
        yield np.stack([np.concatenate(row) for row in rows])


def frame_samples(frame: AudioFrame) -> Samples:
    """A frame's samples from -1 to 1, (C, N)."""
    raw = frame.to_ndarray()
    channels = frame.layout.nb_channels
    values: NDArray[np.generic] = raw if frame.format.is_planar else raw.reshape(-1, channels).T
    if values.dtype == np.uint8:
        return np.asarray(values, np.float32) / np.float32(128) - np.float32(1)
    if values.dtype.kind == "i":
        return np.asarray(values, np.float32) / np.float32(2 ** (8 * values.dtype.itemsize - 1))
    # A float file can hold anything; what is no number is silence.
    finite: Samples = np.nan_to_num(np.asarray(values, np.float32), nan=0.0, posinf=1.0, neginf=-1.0)
    return finite
