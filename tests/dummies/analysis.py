"""Hand-made analyses and a hand-made card: no model spoke here, every number is invented."""

from __future__ import annotations

import json
from collections.abc import Sequence

from heartsay.analysis import (
    Analysis,
    Cause,
    Emotion,
    ModelStamp,
    MovedBy,
    UtteranceAnalysis,
)
from heartsay.card import Card, Floor, Reliability, ReliabilityBin, RiskCoverage, RiskPoint, TrainingData
from heartsay.demo import conversation_path
from heartsay.explanation import CitedUtterance, ReadUtterance, explain
from heartsay.labels import EMOTIONS

STAMP = ModelStamp(name="heartsay-dummy", version="0.0.0", sha256="0f" * 32)

# utterance -> (label, confidence, own, other, ((cause, confidence), ...)); "?" opens a reading.
READINGS: dict[int, tuple[str, float, float | None, float | None, tuple[tuple[int, float], ...]]] = {
    1: ("neutral", 0.86, None, -0.02, ()),
    2: ("neutral", 0.90, None, -0.04, ()),
    3: ("joy", 0.74, None, 0.01, ((3, 0.71),)),
    4: ("surprise", 0.81, -0.01, -0.22, ((3, 0.84),)),
    5: ("joy", 0.93, -0.03, -0.05, ((3, 0.66), (5, 0.52))),
    6: ("joy", 0.95, -0.02, -0.08, ((5, 0.58), (3, 0.49))),
    7: ("?neutral", 0.36, 0.02, -0.11, ()),
    8: ("neutral", 0.88, -0.01, 0.03, ()),
    9: ("?neutral", 0.47, -0.06, -0.02, ()),
    10: ("surprise", 0.88, -0.02, -0.31, ((9, 0.87),)),
    11: ("neutral", 0.79, 0.04, -0.05, ()),
    12: ("anger", 0.91, -0.04, -0.17, ((9, 0.78), (12, 0.55))),
    13: ("surprise", 0.62, 0.01, -0.34, ((11, 0.83),)),
    14: ("?sadness", 0.41, -0.09, -0.12, ((14, 0.51),)),
    15: ("sadness", 0.67, 0.05, -0.28, ((14, 0.80),)),
    16: ("sadness", 0.89, -0.07, -0.09, ((14, 0.47), (16, 0.61))),
    17: ("anger", 0.64, -0.21, -0.10, ((16, 0.63), (9, 0.44))),
    18: ("fear", 0.52, -0.03, -0.08, ((18, 0.64),)),
    19: ("fear", 0.77, 0.03, -0.26, ((18, 0.86),)),
    20: ("?disgust", 0.39, 0.01, 0.04, ((20, 0.46),)),
    21: ("disgust", 0.92, -0.01, -0.12, ((20, 0.88),)),
    22: ("sadness", 0.55, -0.18, 0.02, ((22, 0.48),)),
    23: ("neutral", 0.61, 0.06, -0.04, ()),
    24: ("neutral", 0.72, 0.01, -0.03, ()),
    25: ("joy", 0.76, -0.05, -0.02, ((25, 0.69),)),
    26: ("joy", 0.96, -0.02, -0.07, ((25, 0.79),)),
    27: ("neutral", 0.58, -0.04, -0.09, ()),
    28: ("anger", 0.71, -0.23, 0.02, ((9, 0.37), (28, 0.53))),
}
RIVAL = {
    "neutral": "joy", "surprise": "anger", "fear": "sadness", "sadness": "neutral",
    "joy": "surprise", "disgust": "fear", "anger": "disgust",
}  # fmt: skip


def distribution(label: str, confidence: float) -> dict[str, float]:
    """The rest of the probability: 60% of it to one rival, no more than the label has."""
    rest = 1.0 - confidence
    second = min(0.6 * rest, confidence - 0.01)
    others = [name for name in EMOTIONS if name not in (label, RIVAL[label])]
    spread = {name: (rest - second) / len(others) for name in others}
    return {
        name: {label: confidence, RIVAL[label]: second}.get(name, spread.get(name, 0.0)) for name in EMOTIONS
    }


def prediction_set(probabilities: dict[str, float], coverage: float = 0.9) -> list[str]:
    names, mass = [], 0.0
    for name in sorted(probabilities, key=lambda n: -probabilities[n]):
        names.append(name)
        mass += probabilities[name]
        if mass >= coverage:
            break
    return names


def utterance(
    position: int,
    spoken: Sequence[dict[str, object]],
    label: str,
    confidence: float,
    own: float | None = None,
    other: float | None = None,
    causes: Sequence[tuple[int, float]] = (),
) -> UtteranceAnalysis:
    """One utterance (1-based) of what was spoken, read as told; a label with "?" before it is left open."""
    said = spoken[position - 1]
    abstain, label = label.startswith("?"), label.lstrip("?")
    probabilities = distribution(label, confidence)
    cited = [
        CitedUtterance(
            id=str(spoken[c - 1]["id"]),
            speaker=str(spoken[c - 1]["speaker"]),
            text=str(spoken[c - 1]["text"]),
            confidence=p,
            direction="self" if c == position else "past",
        )
        for c, p in sorted(causes, key=lambda pair: -pair[1])
    ]
    return UtteranceAnalysis(
        id=str(said["id"]),
        speaker=str(said["speaker"]),
        text=str(said["text"]),
        start=said.get("start"),  # type: ignore[arg-type]
        end=said.get("end"),  # type: ignore[arg-type]
        emotion=Emotion(
            label=label,
            confidence=confidence,
            distribution=probabilities,
            set=prediction_set(probabilities),
            abstain=abstain,
            abstain_reason="Several emotions are about equally likely." if abstain else None,
        ),
        moved_by=MovedBy(own_context=own, other_context=other),
        causes=[Cause(utterance=c.id, confidence=c.confidence, direction=c.direction) for c in cited],
        explanation=explain(
            ReadUtterance(
                id=str(said["id"]),
                speaker=str(said["speaker"]),
                text=str(said["text"]),
                label=label,
                confidence=confidence,
                distribution=probabilities,
                abstain=abstain,
                causes=cited,
            )
        ),
    )


def _analysis(name: str, utterances: Sequence[UtteranceAnalysis], warnings: Sequence[str] = ()) -> Analysis:
    return Analysis(
        conversation=name,
        source=f"{name}.json",
        model=STAMP,
        coverage=0.9,
        warnings=list(warnings),
        utterances=list(utterances),
    )


def small() -> Analysis:
    """The bundled conversation, read by hand."""
    document = json.loads(conversation_path().read_text(encoding="utf-8"))
    spoken = document["utterances"]
    return _analysis(document["id"], [utterance(i, spoken, *reading) for i, reading in READINGS.items()])


def one() -> Analysis:
    """A conversation of one utterance."""
    spoken = [{"id": "1", "speaker": "Ines", "text": "Is anybody there?", "start": 0.0, "end": 1.5}]
    return _analysis("alone", [utterance(1, spoken, "fear", 0.55, causes=((1, 0.6),))])


def long(count: int = 300) -> Analysis:
    """Several hundred utterances by four speakers: the bundled talk over and over."""
    source = json.loads(conversation_path().read_text(encoding="utf-8"))["utterances"]
    spoken: list[dict[str, object]] = []
    at = 0.0
    for i in range(count):
        said = source[i % len(source)]
        lasting = said["end"] - said["start"]
        at += 0.4 + (i * 7 % 5) * 0.3 + (90.0 if i % 97 == 96 else 0.0)
        speaker = "Bartholomew the Younger" if i % 11 == 10 else said["speaker"]
        spoken.append({**said, "id": str(i + 1), "speaker": speaker, "start": at, "end": at + lasting})
        at += lasting
    result = []
    for i in range(count):
        label, confidence, own, other, causes = READINGS[i % len(source) + 1]
        shift = i - i % len(source)
        moved = [(c + shift, p) for c, p in causes]
        result.append(utterance(i + 1, spoken, label, confidence, own, other, moved))
    return _analysis("a long evening", result, ["Utterances 41 and 42 overlap in time; both were kept."])


def untimed() -> Analysis:
    """The bundled conversation without times, its speakers unknown."""
    document = json.loads(conversation_path().read_text(encoding="utf-8"))
    spoken = [{"id": u["id"], "speaker": "Unknown", "text": u["text"]} for u in document["utterances"]]
    readings = [utterance(i, spoken, *reading) for i, reading in READINGS.items()]
    return _analysis(
        "untimed", readings, ["No speaker is named; all utterances were given to one unknown speaker."]
    )


def all_abstaining() -> Analysis:
    """Every reading is left open."""
    document = json.loads(conversation_path().read_text(encoding="utf-8"))
    labels = [f"?{EMOTIONS.names[i % 7]}" for i in range(12)]
    return _analysis(
        "open", [utterance(i + 1, document["utterances"], label, 0.3) for i, label in enumerate(labels)]
    )


HOSTILE = '</script></title></svg><script>alert("x")</script><img src=x onerror=alert(1)>\'"&{{ 7*7 }}'


def hostile() -> Analysis:
    """Markup wherever a user can put text, one endless word, another script's direction, odd ids."""
    texts = [HOSTILE, "w" * 5000, "שלום, מה שלומך היום?", "a\u202eb\x07 c\n\n\nd", " "]
    spoken = [
        {"id": f'u"{i}"><script>{i}</script>', "speaker": HOSTILE if i % 2 else "Ines " * 30, "text": text}
        for i, text in enumerate(texts)
    ]
    readings = [utterance(i, spoken, "anger", 0.7, -1.0, 1.0, ((1, 0.9), (5, 0.4))) for i in range(1, 6)]
    readings[1] = utterance(2, spoken, "?anger", 0.4)
    return _analysis(HOSTILE, readings, [HOSTILE])


def card() -> Card:
    """A card with every field filled, its numbers invented."""
    accuracies = [None, 0.1, 0.16, 0.24, 0.27, 0.36, 0.42, 0.48, 0.55, 0.62, 0.69, 0.73, 0.82, 0.89, 0.96]
    counts = [0, 4, 21, 88, 141, 167, 190, 204, 198, 211, 232, 241, 262, 301, 350]
    pairs = [0.03, 0.09, 0.16, 0.25, 0.28, 0.38, 0.44, 0.47, 0.57, 0.66, 0.68, 0.77, 0.8, 0.9, None]
    pair_counts = [12400, 1900, 810, 520, 402, 366, 305, 284, 251, 240, 206, 150, 92, 31, 0]

    def bins(values: Sequence[float | None], numbers: Sequence[int]) -> list[ReliabilityBin]:
        return [
            ReliabilityBin(
                lower=k / 15,
                upper=(k + 1) / 15,
                count=n,
                confidence=(k + 0.5) / 15 if n else None,
                accuracy=a if n else None,
            )
            for k, (a, n) in enumerate(zip(values, numbers, strict=True))
        ]

    return Card(
        name="heartsay-dummy",
        version="0.0.0",
        description="A card whose numbers are invented, for tests.",
        training_data=[
            TrainingData(name="A corpus", licence="CC BY 4.0", use="emotion labels of 9,989 utterances"),
            TrainingData(name="Another corpus", licence="GPL-3.0", use="9,794 emotion-cause pairs"),
        ],
        metrics={
            "meld/test": {
                "n": 2610, "weighted_f1": 61.8, "ece": 2.1, "coverage": 90.4, "mean_set_size": 2.41,
                "aurc": 21.7,
            },
            "ecf/test": {
                "n": 2566, "pair_f1": 54.6, "pair_precision": 56.0, "pair_recall": 53.3, "pair_auprc": 55.9,
                "pair_ece": 1.2,
            },
        },
        deviation={"meld/test": {"weighted_f1": 0.5, "ece": 0.3}, "ecf/test": {"pair_f1": 0.4}},
        floors=[
            Floor(split="meld/test", metric="weighted_f1", name="always neutral", value=31.3),
            Floor(split="ecf/test", metric="pair_f1", name="every utterance its own cause", value=43.1),
            Floor(split="ecf/test", metric="pair_auprc", name="pairs ranked by chance", value=10.0),
        ],
        emotion_reliability=Reliability(split="meld/test", bins=bins(accuracies, counts)),
        pair_reliability=Reliability(split="ecf/test", bins=bins(pairs, pair_counts)),
        risk_coverage=RiskCoverage(
            split="meld/test",
            points=[RiskPoint(coverage=k / 20, risk=0.05 + 0.31 * (k / 20) ** 1.4) for k in range(1, 21)],
        ),
        limits=["Fear and disgust are rare in its training data and are found least often."],
        seeds=[1, 2, 3],
        protocol="Chosen and calibrated on development conversations, tested once on test conversations.",
    )  # fmt: skip
