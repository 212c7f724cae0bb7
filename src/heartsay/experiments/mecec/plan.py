"""The arms of the study, what each of them may look at, and its runs.

Every arm writes a sentence for each clip of its parts: of the development and the test part, or, where a
language model takes long, of the test part alone. Its settings were chosen on the development part, or on
training rows where it fits nothing; scores of earlier versions on the test part had been read by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

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

DDAMFN = "ddamfn"
"""The network that reads faces for the arms that are shown some; it writes nothing."""


@dataclass(frozen=True)
class Told:
    """What a language model is told of a clip, besides its emotion and who speaks.

    Attributes:
        context: utterances before it.
        words: of it and of those before: as they are, as a recogniser might have them, or none of its own.
        label: whether it is told in a word what the face shows.
        features: whether it is shown the features of the face, as a token.
    """

    context: int = 2
    words: Literal["said", "misheard", "none"] = "said"
    label: bool = False
    features: bool = False

    @property
    def has_face(self) -> bool:
        """Whether it is told or shown anything of a face."""
        return self.label or self.features


@dataclass(frozen=True)
class Arm:
    """One way to explain.

    Attributes:
        title: in tables.
        kind: a floor says nothing of the clip; a template fits nothing; retrieval and language models look at
            training rows.
        cites: whether its sentences say what they rest on; the others are held against all they could see.
        seeds: of its runs.
        needs: arms of the same seed whose sentences or weights it looks at.
        parts: that it writes for.
        told: what a language model is told.
        changes: of the settings by which a language model is trained.
        learns_from: one in so many of the training conversations; None for what is not tuned.
        minutes: about how long a run of it takes on one core.
    """

    title: str
    kind: Literal["floor", "template", "retrieval", "language model", "rewriter", "face network"]
    cites: bool = False
    seeds: tuple[int, ...] = (1,)
    needs: tuple[str, ...] = ()
    parts: tuple[str, ...] = PARTS
    told: Told = Told()
    changes: Mapping[str, Any] = field(default_factory=dict)
    learns_from: int | None = None
    minutes: float = 0.3

    @property
    def is_quick(self) -> bool:
        """Whether it takes minutes at most: no language model writes or has written for it."""
        return self.kind not in ("language model", "rewriter", "face network")


FLOORS: Mapping[str, Arm] = {
    "constant": Arm("one sentence for all", "floor"),
    "prefix": Arm("the opening alone", "floor"),
    RIVAL: Arm("most typical training sentence", "floor"),
}

THIRD = 3
"""One in so many conversations, for arms that are compared with one another alone."""

TEST = ("test",)
"""For language models: the loss on development clips chooses the epoch; nothing is written for them."""


def _third(title: str, told: Told = Told(), needs: tuple[str, ...] = (), **changes: Any) -> Arm:
    """An arm that learns from a third of the training conversations, to be compared with others that do."""
    return Arm(
        f"{title}, of a third",
        "language model",
        needs=needs,
        parts=TEST,
        told=told,
        changes=changes,
        learns_from=THIRD,
        minutes=18.0,
    )


ARMS: Mapping[str, Arm] = {
    **FLOORS,
    HEADLINE: Arm("embedded generator", "template", cites=True),
    "embedded-misheard": Arm("embedded generator, words misheard", "template", cites=True),
    "retrieval": Arm("nearest training clip", "retrieval"),
    "embedded-retrieval": Arm("nearest training clip, else embedded", "retrieval"),
    TUNED: Arm(
        "SmolLM2, tuned", "language model", seeds=TUNED_SEEDS, parts=TEST, learns_from=1, minutes=35.0
    ),
    "rewriter": Arm(
        "embedded, reworded by tuned SmolLM2",
        "rewriter",
        cites=True,
        seeds=TUNED_SEEDS,
        needs=(TUNED,),
        parts=TEST,
    ),
    "zero-shot": Arm(
        "SmolLM2 as it came", "language model", parts=TEST, changes={"chat": True}, minutes=15.0
    ),
    "tuned-misheard": Arm(
        "SmolLM2, tuned, words misheard",
        "language model",
        needs=(TUNED,),
        parts=TEST,
        told=Told(words="misheard"),
        minutes=9.0,
    ),
    DDAMFN: Arm("DDAMFN", "face network", parts=(), minutes=100.0),
    "third": _third("SmolLM2, tuned"),
    "third-label": _third("SmolLM2, told what the face shows", Told(label=True), (DDAMFN,)),
    "third-face-frozen": _third(
        "FAME-Net: SmolLM2 as it came, shown the face", Told(label=True, features=True), (DDAMFN,), rank=0
    ),
    "third-no-context": _third("SmolLM2, without context", Told(context=0)),
    "third-face-alone": _third(
        "SmolLM2, the face and no words", Told(0, "none", label=True, features=True), (DDAMFN,)
    ),
    "third-chat": _third("SmolLM2, asked in turns of talk", chat=True),
}


def runs() -> list[Run]:
    """Every run, seed after seed; those of a third of the training part, and of faces, come last."""
    return [
        Run(CORPUS, arm.kind, name, seed)
        for is_third in (False, True)
        for seed in TUNED_SEEDS
        for name, arm in ARMS.items()
        if seed in arm.seeds and (arm.learns_from == THIRD or name == DDAMFN) == is_third
    ]
