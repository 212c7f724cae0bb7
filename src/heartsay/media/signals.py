"""What was recorded of each utterance of a conversation: its sound, and the faces of who speaks.

`Signals` is the seam between whatever decodes a recording and whatever reads voices and faces: one entry per
utterance, empty where there is none. `voices_of` cuts the voices out of a recording by the utterances' times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation, Utterance
from heartsay.media.sound import Sound
from heartsay.media.spans import LONGEST
from heartsay.media.spooled import SpooledSamples

END_SLACK = 0.5
"""Seconds that an utterance may end after its recording without a warning."""


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
        self._samples, self._rate = SpooledSamples(count), rate

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


@dataclass(frozen=True, eq=False)
class Signals:
    """What was recorded of the T utterances of a conversation.

    Attributes:
        voices: of each utterance, None where there is none; empty where there is no sound at all.
        faces: of who speaks in each utterance, any number; empty where there is no picture at all.
        warnings: what is doubtful about them, as sentences without a full stop.
    """

    voices: Sequence[Voice | None] = ()
    faces: Sequence[Sequence[Face]] = ()
    warnings: tuple[str, ...] = ()


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
    spans = {t: span for t, u in enumerate(conversation.utterances) if (span := _span(u)) is not None}
    voices, lengths = SpooledVoices(len(conversation), sound.rate), dict[int, int]()
    places = list(spans)
    for k, samples in sound.spans(list(spans.values())):
        voices.put(places[k], samples)
        lengths[places[k]] = len(samples)
    warnings = list(sound.warnings)
    if untimed := len(voices) - len(spans):
        among = f"{untimed} of {len(voices)} utterances"
        warnings.append(f"{among} have no start and end, so their voices were not heard")
    # All of it was decoded only where an utterance reaches past its end.
    past = sum(
        lengths[t] < (min(end, start + LONGEST) - start - END_SLACK) * sound.rate
        for t, (start, end) in spans.items()
    )
    if past:
        warnings.append(
            f"{past} of {len(voices)} utterances end after the recording, which lasts {sound.seconds:.1f} s:"
            " it may be that of another conversation"
        )
    return Signals(voices, warnings=tuple(warnings))


def _span(utterance: Utterance) -> tuple[float, float] | None:
    start, end = utterance.start, utterance.end
    return None if start is None or end is None or not end > start else (start, end)
