"""Colour, code and word for each emotion: told apart by hue, by lightness, and without any colour.

The seven colours keep an OKLab distance of at least 0.09 from one another for full colour vision
and for simulated protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes 2009),
and a contrast of at least 3:1 to the ground they are drawn on; `ink` is for text (4.5:1 and more).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

GROUND_LIGHT = "#ffffff"
GROUND_DARK = "#1a1c20"


class Tone(NamedTuple):
    """Colours of one emotion on the light and on the dark ground."""

    fill_light: str
    ink_light: str
    fill_dark: str
    ink_dark: str


TONES: dict[str, Tone] = {
    "neutral": Tone("#878b92", "#5c6067", "#7e848e", "#b4b9c2"),
    "surprise": Tone("#0a9bdd", "#0a6696", "#8be3f7", "#8be3f7"),
    "fear": Tone("#9636c0", "#8430a8", "#db8df0", "#e3a6f4"),
    "sadness": Tone("#2c3d7c", "#2c3d7c", "#4576f5", "#94b3ff"),
    "joy": Tone("#be8700", "#7d5900", "#f5cc2e", "#f5cc2e"),
    "disgust": Tone("#087554", "#07684b", "#48be88", "#63cd9b"),
    "anger": Tone("#cf1f1b", "#b41512", "#e85c22", "#ff8f62"),
}
SPARE = (
    Tone("#7a5c45", "#6b4f3a", "#c79a78", "#d3ab8c"),
    Tone("#00808a", "#006a73", "#4fb8c0", "#62c6ce"),
    Tone("#a3487c", "#913d6d", "#e58bbd", "#ee9fcb"),
    Tone("#5b6b1e", "#4f5d19", "#b3c25e", "#bfcd70"),
)
"""For labels of other corpora, in turn."""


class Style(NamedTuple):
    """How one label is drawn: CSS class, three-letter code, and colours."""

    css: str
    code: str
    tone: Tone


def styles(labels: Iterable[str]) -> dict[str, Style]:
    """A style for every label: classes `e0`, `e1`, ... in the order given, codes that differ."""
    result: dict[str, Style] = {}
    used: set[str] = set()
    spare = 0
    for number, label in enumerate(dict.fromkeys(labels)):
        tone = TONES.get(label)
        if tone is None:
            tone = SPARE[spare % len(SPARE)]
            spare += 1
        code = _code(label, used)
        used.add(code)
        result[label] = Style(f"e{number}", code, tone)
    return result


def _code(label: str, used: set[str]) -> str:
    letters = [letter for letter in label.lower() if letter.isalnum()] or ["x"]
    plain = "".join(letters[:3])
    if plain not in used:
        return plain
    # "excited" beside "excluded": keep two letters and look for a third that tells them apart.
    for last in "".join(letters[3:]) + "23456789":
        if plain[:2] + last not in used:
            return plain[:2] + last
    return f"{plain}{len(used)}"
