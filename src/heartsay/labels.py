"""Label spaces: the emotions that a corpus or a model names, and how one space maps onto another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heartsay.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COUNTERPARTS: Mapping[str, Mapping[str, float]] = {
    "happy": {"joy": 1.0},
    "joyful": {"joy": 1.0},
    "excited": {"joy": 1.0},  # as the four-class protocol of IEMOCAP merges it with happiness
    "sad": {"sadness": 1.0},
    "angry": {"anger": 1.0},
    "mad": {"anger": 1.0},
    "scared": {"fear": 1.0},
}
"""Names outside MELD's seven as shares of the seven, where that is certain. It would be a guess for
frustrated, contempt, peaceful and powerful, which therefore have no counterpart."""


@dataclass(frozen=True, slots=True)
class LabelSpace:
    """The emotions of a corpus or a model, in the order of class indices.

    Args:
        names: C of them, each once.
        neutral: index of the one that is no emotion, or None.

    Raises:
        InputError: no or repeated names, or an index that is none of them.
    """

    names: tuple[str, ...]
    neutral: int | None = None

    def __post_init__(self) -> None:
        if not self.names or len(set(self.names)) < len(self.names):
            raise InputError(
                expected="names of emotions, each once",
                found=", ".join(self.names) or "none",
                where="labels",
                do="list every emotion once",
            )
        if self.neutral is not None and self.neutral not in range(len(self.names)):
            raise InputError(
                expected=f"an index from 0 to {len(self.names) - 1}",
                found=str(self.neutral),
                where="the index of neutral",
                do="give the place of the neutral label, or none",
            )

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def index(self, name: str) -> int:
        """Class index of a name.

        Raises:
            InputError: it is not one of the names.
        """
        if name not in self.names:
            raise InputError(
                expected=f"an emotion out of {', '.join(self.names)}",
                found=repr(name),
                where="labels",
                do="use one of these names, or map the labels first",
            )
        return self.names.index(name)

    def to(
        self, other: LabelSpace, counterparts: Mapping[str, Mapping[str, float]] = COUNTERPARTS
    ) -> NDArray[np.float64]:
        """How each label spreads over another space, (C, C'), rows summing to 1.

        A name that both have is itself. Any other goes by its counterparts; where the other space has one of
        these under another name, and under one only, that is taken.

        Raises:
            InputError: a label has no certain counterpart.
        """
        import numpy as np  # reading a transcript must not cost its import

        found = self.shares_in(other, counterparts)
        if lacking := [name for name in self if name not in found]:
            raise InputError(
                expected=f"labels that have a counterpart among {', '.join(other)}",
                found=f"none for {', '.join(lacking)}",
                where="labels",
                do="leave out what carries these labels, or state their counterparts",
            )
        weights = np.zeros((len(self), len(other)))
        for row, name in enumerate(self):
            for target, share in found[name].items():
                weights[row, other.index(target)] = share
        return weights

    def shares_in(
        self, other: LabelSpace, counterparts: Mapping[str, Mapping[str, float]] = COUNTERPARTS
    ) -> dict[str, dict[str, float]]:
        """Each label as shares of another space, summing to 1, by name; one without a counterpart is absent.

        The rules are those of `to`, which refuses what this leaves out.
        """
        single = {name: next(iter(shares)) for name, shares in counterparts.items() if len(shares) == 1}
        targets = [single.get(name, name) for name in other]
        known = {t: n for t, n in zip(targets, other, strict=True) if targets.count(t) == 1}
        known |= {name: name for name in other}
        found: dict[str, dict[str, float]] = {}
        for name in self:
            shares = {name: 1.0} if name in known else counterparts.get(name, {})
            if shares and all(target in known for target in shares):
                found[name] = {}
                for target, share in shares.items():
                    own = found[name].get(known[target], 0.0)
                    found[name][known[target]] = own + share / sum(shares.values())
        return found

    def names_in(self, other: LabelSpace) -> dict[str, str]:
        """What another space calls each label; one that is nothing there, or shares of several, is absent."""
        return {name: next(iter(s)) for name, s in self.shares_in(other).items() if len(s) == 1}


EMOTIONS = LabelSpace(("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"), neutral=0)
"""MELD's seven classes in the order its published feature files use: those of the model that ships."""

EMORYNLP = LabelSpace(("neutral", "joyful", "peaceful", "powerful", "mad", "sad", "scared"), neutral=0)
"""The seven of EmoryNLP (Zahiri and Choi 2018)."""

CREMA_D = LabelSpace(("anger", "disgust", "fear", "joy", "neutral", "sadness"), neutral=4)
"""The six of CREMA-D (Cao et al. 2014), happy under the name of joy."""

FER_PLUS = LabelSpace(
    ("neutral", "joy", "surprise", "sadness", "anger", "disgust", "fear", "contempt"), neutral=0
)
"""The eight of FER+ (Barsoum et al. 2016), happiness under the name of joy."""

IEMOCAP = LabelSpace(("happy", "sad", "neutral", "angry", "excited", "frustrated"), neutral=2)
"""The six that published feature files of IEMOCAP (Busso et al. 2008) count."""
