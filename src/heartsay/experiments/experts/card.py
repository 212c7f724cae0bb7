"""The cards of the experts, from what was measured of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from heartsay import metrics
from heartsay.card import Card, Floor, TrainingData
from heartsay.corpora import crema_d
from heartsay.corpora.conflict.crema_d import BENCHMARK
from heartsay.experiments.experts.release import Judged
from heartsay.pipeline.diagrams import reliability, risk_coverage
from heartsay.runtime.experts import SHORTEST, SILENCE, SMALLEST_FACE, Expert

CORPUS = {"voice": crema_d.FOLDER, "face": "ferplus"}

DESCRIPTIONS = {
    "voice": "A convolutional network that reads one voice by itself: what listeners hear in it, and what was"
    " acted.",
    "face": "A convolutional network that reads one grey face of 48x48 pixels by itself: what people see in"
    " it.",
}

TRAINED_ON = {
    "voice": [
        TrainingData(
            name="CREMA-D, training actors",
            licence=BENCHMARK.licence,
            use="recordings, listeners' votes from the voice alone, and acted emotions; no actor is in two"
            " splits",
        )
    ],
    "face": [
        TrainingData(
            name="FER+, training split",
            licence="MIT for the votes; the images are photographs from the web, for research",
            use="images and votes, without photographs that are also in the development or test split",
        )
    ],
}

LIMITS = {
    "voice": [
        "It learnt from professional actors, 63 of CREMA-D's 91, who said twelve English sentences on"
        " request in one room; nobody felt what they acted.",
        "It has not been measured on voices of any other corpus. Spontaneous talk, other languages, children,"
        " old people and other microphones may be misread, and the stated confidence may then not hold.",
        "It knows anger, disgust, fear, joy, neutral and sadness; it can never hear surprise.",
        "Over a telephone and in noise it errs more: accuracy_by_condition says how much, ece_by_condition"
        " how far its confidence holds, which was calibrated on clean recordings alone.",
        "What a narrow line cut off is filled in before the network reads, by a map fitted on training"
        " actors over one kind of line (300 to 3,400 Hz, mu law). Other codecs were not measured. A hum or a"
        " whistle in a silent room is taken for such a line, a call with noise from after the line is not.",
        f"Less than {SHORTEST:g} seconds of sound, and sound whose loudest part is under {SILENCE:g} dB of"
        " full scale, get no reading.",
        "What it hears is what listeners heard without the words and the face, and they often heard nothing:"
        " more than half of the clips were called neutral by most of them.",
    ],
    "face": [
        "It learnt from photographs of the web, mostly frontal and posed; frames of moving, speaking faces"
        " differ, and it has not been measured on any.",
        "Who is in the photographs, of what age and origin, is not known, so neither is whom it fails.",
        "Contempt, disgust and fear are rare in what it learnt from, and it finds them badly.",
        f"A face under {SMALLEST_FACE} pixels, or of one grey, gets no reading. It says something of any"
        " other picture, also of one without a face.",
    ],
}


def make_card(
    expert: Expert, found: Mapping[str, Mapping[str, Any]], judged: Judged, seed: int, protocol: str
) -> Card:
    """Put together the card of an expert.

    Args:
        expert: which.
        found: what `evaluate_expert` gave, by split.
        judged: what its graph says of the test split.
        seed: of its run.
        protocol: one sentence on what was chosen, calibrated and tested on what.
    """
    corpus, head = CORPUS[expert.modality], list(expert.calibration)[-1]
    probabilities = expert.calibration[head].apply(judged.logits[head])
    confidence, correct = metrics.top_label(probabilities, judged.votes[head].argmax(1))
    test = f"{corpus}/test"
    gold = np.bincount(judged.votes[head].argmax(1), minlength=len(expert.labels))
    floors = [
        Floor(
            split=test,
            metric="accuracy",
            name=f"always {expert.labels.names[int(gold.argmax())]}",
            value=100 * float(gold.max() / gold.sum()),
        )
    ]
    if "single_rater_accuracy" in found["test"]:
        person = float(found["test"]["single_rater_accuracy"])
        floors.append(Floor(split=test, metric="accuracy", name="one listener", value=person))
    return Card(
        name=expert.name,
        version=expert.version,
        description=DESCRIPTIONS[expert.modality],
        training_data=TRAINED_ON[expert.modality],
        metrics={f"{corpus}/{split}": flat(values) for split, values in found.items()},
        floors=floors,
        emotion_reliability=reliability(confidence, correct, test),
        risk_coverage=risk_coverage(confidence, correct, test),
        limits=LIMITS[expert.modality],
        seeds=[seed],
        protocol=protocol,
    )


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Numbers in numbers as one row: `accuracy` of `heard` becomes `heard_accuracy`, an interval its ends.

    What is undefined is left out.
    """
    found: dict[str, float] = {}
    for name, value in values.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{key}, " if name.endswith("by_condition") else f"{key}_")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            found |= {f"{key}_{end}": float(v) for end, v in zip(("low", "high"), value, strict=True)}
        elif isinstance(value, int | float) and math.isfinite(value):
            found[key] = float(value)
    return found
