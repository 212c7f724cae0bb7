"""Which of the controls of a Label Studio project holds the emotions.

Every choice says in `from_name` which control it was made with; people choose other things than emotions too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heartsay.formats.emotions import SYNONYMS
from heartsay.formats.fields import NAMES, plain
from heartsay.labels import EMOTIONS

_BEGINNINGS = ("emo", "feel")


def control_of(result: Mapping[str, Any]) -> str:
    """The name of the control that a result was made with, "" where it says none."""
    name = result.get("from_name")
    return name if isinstance(name, str) else ""


def emotion_control(choices: Iterable[tuple[str, str]]) -> tuple[str, list[str]]:
    """The control that emotions are chosen with, and the others that choices are made with.

    It is the one that is named after emotions, or else the one with which most emotions were chosen.

    Args:
        choices: control and label of each choice.
    """
    known: dict[str, int] = {}
    for control, label in choices:
        key = label.strip().casefold()
        known[control] = known.get(control, 0) + (key in EMOTIONS.names or key in SYNONYMS)

    def rank(control: str) -> tuple[bool, bool, int]:
        name = plain(control)
        return name in NAMES["emotion"], name.startswith(_BEGINNINGS), known[control]

    best = max(known, key=rank, default="")
    return best, [control for control in known if control != best]
