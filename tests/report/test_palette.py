from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from heartsay.labels import EMOTIONS
from heartsay.report.palette import GROUND_DARK, GROUND_LIGHT, SPARE, TONES, styles

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
VISION = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_LMS = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_LAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    dark, light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (light + 0.05) / (dark + 0.05)


def oklab(colour: np.ndarray) -> np.ndarray:
    return np.array(TO_LAB) @ np.cbrt(np.array(TO_LMS) @ colour)


@pytest.mark.parametrize("tone", [*TONES.values(), *SPARE])
def test_marks_and_words_stand_out_from_the_ground(tone) -> None:
    assert contrast(tone.fill_light, GROUND_LIGHT) >= 3
    assert contrast(tone.fill_dark, GROUND_DARK) >= 3
    assert contrast(tone.ink_light, GROUND_LIGHT) >= 4.5
    assert contrast(tone.ink_dark, GROUND_DARK) >= 4.5


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("ground", ["light", "dark"])
def test_emotions_differ_for_every_kind_of_colour_vision(vision: str, ground: str) -> None:
    seen = {
        name: oklab(np.clip(np.array(VISION[vision]) @ linear(getattr(tone, f"fill_{ground}")), 0, 1))
        for name, tone in TONES.items()
    }
    nearest = min((float(np.linalg.norm(seen[a] - seen[b])), a, b) for a, b in combinations(seen, 2))
    assert nearest[0] >= 0.09, nearest


def test_every_emotion_has_its_own_code_and_class() -> None:
    made = styles(EMOTIONS)
    assert list(made) == list(EMOTIONS)
    assert len({s.code for s in made.values()}) == len({s.css for s in made.values()}) == 7
    assert all(len(s.code) == 3 for s in made.values())


def test_labels_of_other_corpora_are_told_apart_too() -> None:
    labels = ["excited", "excluded", "exceptional", "exc", "frustration", "恐怖", "<b>", "", "anger"]
    made = styles(labels)
    assert len({s.code for s in made.values()}) == len(labels)
    assert made["anger"].tone is TONES["anger"]
    assert all(s.css.isalnum() and s.code.isalnum() for s in made.values())
