"""What goes in: conversations, their utterances and, where a corpus has them, gold labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

UNKNOWN_SPEAKER = "Unknown"
"""The one speaker of a conversation whose file names none."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that was recognised in a recording.

    Attributes:
        text: with the punctuation that belongs to it, never blank.
        start: seconds from the start of the recording.
        end: seconds from the start of the recording.
        probability: that the recogniser gave it.
    """

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """One turn of talk.

    Attributes:
        id: unique within its conversation.
        speaker: name or tag of who speaks.
        text: what was said, never blank; None where only a recording is there to tell.
        start: seconds from the start of the recording, or None.
        end: seconds from the start of the recording, or None.
        emotion: gold emotion, a name of the label space of its corpus, or None.
        votes: how many annotators chose each name, or their shares; None where only `emotion` is known.
        words: of which `text` is made, where they were recognised in a recording; else None.
        speaker_confidence: probability that the speaker is the right one of the conversation's, where the
            voice told; else None.
    """

    id: str
    speaker: str
    text: str | None
    start: float | None = None
    end: float | None = None
    emotion: str | None = None
    votes: Mapping[str, float] | None = field(default=None, hash=False)
    words: tuple[Word, ...] | None = None
    speaker_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What a transcript notes between or within utterances and nobody says: a sound, music, a file sent.

    Attributes:
        text: as the transcript writes it, `[door slams]`.
        before: how many utterances begin before it: it stands before, or at, the one of that index.
        start: seconds from the start of the recording, or None.
        end: seconds from the start of the recording, or None.
        speaker: who makes it, or None.
    """

    text: str
    before: int
    start: float | None = None
    end: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A sequence of utterances in the order they were spoken.

    Attributes:
        id: unique within what was read together.
        utterances: at least one.
        pairs: gold emotion-cause pairs as 0-based indices (emotion utterance, cause utterance),
            or None where the source has no such annotation.
        source: where it was read from, for messages and outputs.
        warnings: sentences about anything that was repaired or doubtful while reading.
        recording: the audio or video file that the times are of, or None.
        events: sounds and the like that the source notes, in order; no part of what is read for emotions.
    """

    id: str
    utterances: tuple[Utterance, ...]
    pairs: frozenset[tuple[int, int]] | None = None
    source: str | None = None
    warnings: tuple[str, ...] = field(default=(), compare=False)
    recording: Path | None = None
    events: tuple[Event, ...] = ()

    def __len__(self) -> int:
        return len(self.utterances)


def speaker_indices(speakers: Iterable[str]) -> list[int]:
    """Number speakers by first appearance: conversation-local indices, one per utterance."""
    index: dict[str, int] = {}
    return [index.setdefault(name, len(index)) for name in speakers]
