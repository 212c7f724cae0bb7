"""The arms of the study, what each of them may look at, and its runs.

Every arm writes a sentence for each clip of the development and of the test part; its settings were chosen on
the development part, or on training rows where it fits nothing, before the test part was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from heartsay.experiments.study import Run

CORPUS = "ecem"

HEADLINE = "embedded"
"""The arm that ships: it fits nothing and needs no download."""

RIVAL = "typical"
"""What the headline is compared with: the best that says nothing of the clip."""

METRIC = "cider"
PART = "prefix stripped"
"""What they are compared by."""

SHARES = ("words", "claims")


@dataclass(frozen=True)
class Arm:
    """One way to explain.

    Attributes:
        title: in tables.
        kind: a floor says nothing of the clip; a template fits nothing; retrieval and language models look at
            training rows.
        cites: whether its sentences say what they rest on; the others are held against all they could see.
        seeds: of its runs.
        settings: of a language model: `tuned`, and `faces`, whether the facial emotion is in the prompt.
    """

    title: str
    kind: Literal["floor", "template", "retrieval", "language model", "rewriter"]
    cites: bool = False
    seeds: tuple[int, ...] = (1,)
    settings: Mapping[str, bool] | None = None


FLOORS: Mapping[str, Arm] = {
    "constant": Arm("one sentence for all", "floor"),
    "prefix": Arm("the opening alone", "floor"),
    RIVAL: Arm("most typical training sentence", "floor"),
}

ARMS: Mapping[str, Arm] = {
    **FLOORS,
    HEADLINE: Arm("embedded generator", "template", cites=True),
    "retrieval": Arm("nearest training clip", "retrieval"),
    "embedded-retrieval": Arm("nearest training clip, else embedded", "retrieval"),
}


def runs() -> list[Run]:
    """Every run, seed after seed."""
    seeds = sorted({seed for arm in ARMS.values() for seed in arm.seeds})
    return [
        Run(CORPUS, arm.kind, name, seed) for seed in seeds for name, arm in ARMS.items() if seed in arm.seeds
    ]
