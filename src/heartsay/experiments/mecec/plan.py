"""The arms of the study, what each of them may look at, and its runs.

Every arm writes a sentence for each clip of its parts: of the development and the test part, or, where a
language model takes long, of the test part alone. Its settings were chosen on the development part, or on
training rows where it fits nothing, before the test part was read.
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

PARTS = ("dev", "test")
"""The parts that are written for."""

TUNED = "tuned"
TUNED_SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Arm:
    """One way to explain.

    Attributes:
        title: in tables.
        kind: a floor says nothing of the clip; a template fits nothing; retrieval and language models look at
            training rows.
        cites: whether its sentences say what they rest on; the others are held against all they could see.
        seeds: of its runs.
        needs: the arm of the same seed whose sentences it looks at, if any.
        parts: that it writes for.
    """

    title: str
    kind: Literal["floor", "template", "retrieval", "language model", "rewriter"]
    cites: bool = False
    seeds: tuple[int, ...] = (1,)
    needs: str | None = None
    parts: tuple[str, ...] = PARTS

    @property
    def is_quick(self) -> bool:
        """Whether it takes minutes at most: no language model writes or has written for it."""
        return self.kind not in ("language model", "rewriter")


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
    # The loss on development clips chooses the epoch, so that nothing needs to be written for them.
    TUNED: Arm("SmolLM2, tuned", "language model", seeds=TUNED_SEEDS, parts=("test",)),
    "rewriter": Arm(
        "embedded, reworded by tuned SmolLM2",
        "rewriter",
        cites=True,
        seeds=TUNED_SEEDS,
        needs=TUNED,
        parts=("test",),
    ),
    "zero-shot": Arm("SmolLM2 as it came", "language model", parts=("test",)),
}


def runs() -> list[Run]:
    """Every run, seed after seed."""
    seeds = sorted({seed for arm in ARMS.values() for seed in arm.seeds})
    return [
        Run(CORPUS, arm.kind, name, seed) for seed in seeds for name, arm in ARMS.items() if seed in arm.seeds
    ]
