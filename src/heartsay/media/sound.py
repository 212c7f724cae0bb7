"""What was recorded of each utterance of a conversation: its sound, and the faces of who speaks.

`Signals` is the seam between whatever decodes a recording and whatever reads voices and faces: one entry per
utterance, empty where there is none. `sounds_of` cuts them out of an audio file by the utterances' times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation, Utterance
from heartsay.media.audio import read_spans


@dataclass(frozen=True, eq=False)
class Sound:
    """The sound of one utterance.

    Attributes:
        samples: one channel from -1 to 1, (N,).
        rate: samples per second.
    """

    samples: NDArray[np.float32]
    rate: int


Face = NDArray[np.uint8]
"""Grey values of a face and little else, (H, W)."""


@dataclass(frozen=True, eq=False)
class Signals:
    """What was recorded of the T utterances of a conversation.

    Attributes:
        sounds: of each utterance, None where there is none; empty where there is no sound at all.
        faces: of who speaks in each utterance, any number; empty where there is no picture at all.
        warnings: what is doubtful about them, as sentences without a full stop.
    """

    sounds: Sequence[Sound | None] = ()
    faces: Sequence[Sequence[Face]] = ()
    warnings: tuple[str, ...] = ()


GetSignals = Callable[[Conversation], Signals]
"""What gives the signals of a conversation when it is its turn, so that one is in memory at a time."""


def sounds_of(conversation: Conversation, recording: Path | None = None) -> Signals:
    """Cut the sound of each utterance out of a recording by its times.

    Args:
        conversation: whose times count from the start of the recording.
        recording: an audio file; that of the conversation if not given.

    Returns:
        The sounds, and warnings about utterances without times or past the end.

    Raises:
        InputError: the file is absent or no audio.
        MissingDependencyError: what decodes audio is not installed.
    """
    path = recording or conversation.recording
    if path is None:
        return Signals()
    spans = [_span(utterance) for utterance in conversation.utterances]
    parts, length = read_spans(path, [span for span in spans if span is not None])
    found = iter(parts)
    sounds = [None if span is None else Sound(*next(found)) for span in spans]
    untimed = sum(span is None for span in spans)
    past = sum(span is not None and span[1] > length + END_SLACK for span in spans)
    warnings = []
    if untimed:
        warnings.append(
            f"{untimed} of {len(spans)} utterances have no start and end, so their voices were not heard"
        )
    if past:
        warnings.append(
            f"the recording {path.name} ends after {length:.1f} s, before {past} of {len(spans)} utterances"
            " end: it may be another one"
        )
    return Signals(sounds, warnings=tuple(warnings))


END_SLACK = 0.5
"""Seconds that an utterance may end after its recording without a warning."""


def _span(utterance: Utterance) -> tuple[float, float] | None:
    start, end = utterance.start, utterance.end
    return None if start is None or end is None or not end > start else (start, end)
