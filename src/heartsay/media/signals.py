"""What was recorded of each utterance of a conversation: its sound, and the faces of who speaks.

`Signals` is the seam between whatever decodes a recording and whatever reads voices and faces: one entry per
utterance, empty where there is none. `voices_of` cuts the voices out of a recording by the utterances' times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation, Utterance
from heartsay.media.sound import Sound
from heartsay.media.spans import longest
from heartsay.media.spooled import Spooled

END_SLACK = 0.5
"""Seconds that an utterance may end after its recording without a warning."""

UNTIMED = "the transcript does not say from when to when it is"


@dataclass(frozen=True, eq=False)
class Voice:
    """The sound of one utterance.

    Attributes:
        samples: one channel from -1 to 1, (N,).
        rate: samples per second.
    """

    samples: NDArray[np.float32]
    rate: int


class SpooledVoices(Sequence[Voice | None]):
    """Voices that are read from a temporary file as they are asked for: hours of them need no memory."""

    def __init__(self, count: int, rate: int) -> None:
        self._samples, self._rate = Spooled(count, np.float32), rate

    def put(self, number: int, samples: NDArray[np.float32]) -> None:
        """Keep the voice of an utterance, (N,)."""
        self._samples.put(number, samples)

    def __len__(self) -> int:
        return len(self._samples)

    @overload
    def __getitem__(self, index: int) -> Voice | None: ...

    @overload
    def __getitem__(self, index: slice) -> list[Voice | None]: ...

    def __getitem__(self, index: int | slice) -> Voice | list[Voice | None] | None:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        samples = self._samples.get(range(len(self))[index])
        return None if samples is None else Voice(samples, self._rate)


Face = NDArray[np.uint8]
"""Grey values of a face and little else, (H, W)."""


class SpooledFaces(Sequence[Sequence[Face]]):
    """Faces that are read from a temporary file as they are asked for."""

    def __init__(self, count: int) -> None:
        self._pixels = Spooled(count, np.uint8)
        self._sides: dict[int, int] = {}

    def put(self, number: int, faces: Sequence[Face]) -> None:
        """Keep the faces of an utterance, squares of one side."""
        self._sides[number] = faces[0].shape[0]
        self._pixels.put(number, np.stack(faces).reshape(-1))

    def __len__(self) -> int:
        return len(self._pixels)

    @overload
    def __getitem__(self, index: int) -> Sequence[Face]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Sequence[Face]]: ...

    def __getitem__(self, index: int | slice) -> Sequence[Face] | Sequence[Sequence[Face]]:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        pixels = self._pixels.get(number)
        return () if pixels is None else list(pixels.reshape(-1, self._sides[number], self._sides[number]))


@dataclass(frozen=True, eq=False)
class Signals:
    """What was recorded of the T utterances of a conversation.

    Attributes:
        voices: of each utterance, None where there is none; empty where there is no sound at all.
        faces: of who speaks in each utterance, any number; empty where there is no picture at all.
        warnings: what is doubtful about them, as sentences without a full stop.
        notes: by modality and place of an utterance, why nothing is given, or what is doubtful.
        face_detector: what found the faces; None where they are handed over as they are.
    """

    voices: Sequence[Voice | None] = ()
    faces: Sequence[Sequence[Face]] = ()
    warnings: tuple[str, ...] = ()
    notes: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    face_detector: str | None = None


GetSignals = Callable[[Conversation], Signals]
"""What gives the signals of a conversation when it is its turn, so that one is in memory at a time."""


def voices_of(conversation: Conversation) -> Signals:
    """The voice of each utterance, cut out of the conversation's recording by its times.

    Returns:
        Nothing where there is no recording; else voices, and warnings about utterances without times or past
        the end.

    Raises:
        InputError: the file is absent or no recording with sound.
        MissingDependencyError: PyAV is not installed.
    """
    if conversation.recording is None:
        return Signals()
    sound = Sound(Path(conversation.recording))
    spans = {t: span for t, u in enumerate(conversation.utterances) if (span := span_of(u)) is not None}
    voices, lengths = SpooledVoices(len(conversation), sound.rate), dict[int, int]()
    places = list(spans)
    for k, samples in sound.spans(list(spans.values())):
        voices.put(places[k], samples)
        lengths[places[k]] = len(samples)
    warnings = list(sound.warnings)
    if missing := len(voices) - len(spans):
        among = f"{missing} of {len(voices)} utterances"
        warnings.append(f"{among} have no start and end, so their voices were not heard")
    # All of it was decoded only where an utterance reaches past its end.
    past = sum(
        lengths[t] < (min(end, start + longest()) - start - END_SLACK) * sound.rate
        for t, (start, end) in spans.items()
    )
    if past:
        warnings.append(
            f"{past} of {len(voices)} utterances end after the recording, which lasts {sound.seconds:.1f} s:"
            " it may be that of another conversation"
        )
    untimed = {t: UNTIMED for t in range(len(voices)) if t not in spans}
    return Signals(voices, (), tuple(warnings), {"voice": untimed} if untimed else {})


def span_of(utterance: Utterance) -> tuple[float, float] | None:
    """Start and end of an utterance in seconds; None where it has none, or no length."""
    start, end = utterance.start, utterance.end
    return None if start is None or end is None or not end > start else (start, end)
