"""A conversation written for these tests, ways to read bytes as a file, and hypothesis strategies."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from heartsay.analysis import (
    Analysis,
    Cause,
    Emotion,
    Explanation,
    FalseDiscoveryControl,
    ModelStamp,
    MovedBy,
    UtteranceAnalysis,
)
from heartsay.conversation import Conversation, Utterance
from heartsay.formats import FORMATS
from heartsay.formats.cleaning import clean_text
from heartsay.formats.source import Source
from heartsay.labels import EMOTIONS

modest = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

KITCHEN = Conversation(
    id="kitchen",
    utterances=(
        Utterance("1", "Ana", "Who finished the coffee?", 0.5, 1.75, "anger"),
        Utterance("2", "Ben Óg", "Don’t look at me – I drink tea & milk <cold>.", 2.0, 4.125, "neutral"),
        Utterance("3", "Ana", "Listen: somebody did, at 10:30 …", 4.5, 6.0, "anger"),
        Utterance("4", "Ben Óg", 'Fine. "It was me", ok?', 6.25, 8.0, "sadness"),
    ),
    pairs=frozenset({(0, 0), (2, 1), (3, 2)}),
)
WITHOUT_GOLD = tuple(replace(item, emotion=None) for item in KITCHEN.utterances)

ANN, BEN = ("Ann", "It broke."), ("Ben", "Again?")
THREE = [ANN, BEN, ("Ann", "Yes.")]
TIMES = [(0.5, 2.4), (2.6, 3.1)]
"""Start and end of what Ann says, and Ben."""


def read_bytes(data: bytes, name: str) -> list[Conversation]:
    """Read bytes as if they stood in a file of that name."""
    from heartsay.formats import read_all

    stream = io.BytesIO(data)
    stream.name = name
    return list(read_all(stream))


def read_text(text: str, name: str) -> list[Conversation]:
    return read_bytes(text.encode(), name)


def read_as(form: str, data: bytes) -> Iterator[Conversation]:
    """Read bytes with the reader of one format, whatever they look like."""
    return FORMATS[form].read(Source(io.BytesIO(data), name="given"))


def texts(conversation: Conversation) -> list[tuple[str, str]]:
    return [(item.speaker, item.text) for item in conversation.utterances]


def analysis(name: str, utterances: Sequence[tuple[str, str]]) -> Analysis:
    """An invented analysis of (id, text) utterances."""
    parts = []
    for number, (identifier, text) in enumerate(utterances):
        label = EMOTIONS.names[number % 7]
        parts.append(
            UtteranceAnalysis(
                id=identifier,
                speaker="Ana",
                text=text,
                start=None if number else 0.25,
                end=None,
                emotion=Emotion(
                    label=label,
                    confidence=0.7,
                    distribution={emotion: 0.7 if emotion == label else 0.05 for emotion in EMOTIONS},
                    set=[label, EMOTIONS.names[(number + 1) % 7]],
                    abstain=number == 1,
                    abstain_reason="the set holds more than one emotion" if number == 1 else None,
                ),
                moved_by=MovedBy(own_context=-0.125, other_context=None),
                causes=[
                    Cause(utterance=utterances[0][0], confidence=0.834, direction="past"),
                    Cause(utterance=identifier, confidence=0.4, direction="self"),
                ],
                explanation=Explanation(text=f"It rests on {identifier}.", cites=[identifier]),
            )
        )
    return Analysis(
        conversation=name,
        model=ModelStamp(name="none", version="0", sha256="0" * 64),
        coverage=0.9,
        utterances=parts,
    )


def controlled(plain: Analysis, rate: float = 0.2) -> Analysis:
    """The same, its causes selected under a false discovery rate."""
    control = FalseDiscoveryControl(rate=rate, score_threshold=0.7, calibration_conversations=84)
    return plain.model_copy(update={"false_discovery_control": control})


def _clean(text: str) -> bool:
    return bool(text) and clean_text(text) == text


words = st.text(min_size=1, max_size=30).map(clean_text).filter(_clean)
"""Any text that is not blank, as it stands after cleaning."""

_milliseconds = st.integers(0, 40_000_000).map(lambda value: value / 1000)


@st.composite
def conversations(draw: st.DrawFn, *, timed: bool = False, numbered: bool = False) -> Conversation:
    """Any conversation; with `timed` all have times, with `numbered` ids are "1", "2", ..."""
    count = draw(st.integers(1, 6))
    ids = (
        [str(number) for number in range(1, count + 1)]
        if numbered
        else draw(st.lists(words, min_size=count, max_size=count, unique=True))
    )
    items = []
    for identifier in ids:
        start, end = draw(_milliseconds), draw(_milliseconds)
        if not timed:
            start, end = draw(st.sampled_from([(start, end), (start, None), (None, end), (None, None)]))
        emotion = draw(st.sampled_from([None, *EMOTIONS]))
        items.append(Utterance(identifier, draw(words), draw(words), start, end, emotion))
    index = st.integers(0, count - 1)
    pairs = draw(st.none() | st.frozensets(st.tuples(index, index), max_size=4))
    return Conversation("any", tuple(items), pairs)
