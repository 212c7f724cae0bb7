"""When voice and face say different things: who is right, and how the wrong side goes wrong.

The rule follows the subsets of CA-MER (arXiv 2508.01181, of which the wording of the rule is not public).
With y what a clip shows as a whole, and what its voice and its face show by themselves, a clip is consistent
where all three agree, face-aligned where only the face has y, voice-aligned where only the voice has y, and
neither where none of the two has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from heartsay.corpora.refusal import refuse
from heartsay.labels import LabelSpace

Subset = Literal["consistent", "face_aligned", "voice_aligned", "neither", "undecided"]
Kind = Literal["masking", "opposed", "other"]

SUBSETS: tuple[Subset, ...] = ("consistent", "face_aligned", "voice_aligned", "neither", "undecided")
CONFLICTS: tuple[Subset, ...] = ("face_aligned", "voice_aligned")
KINDS: tuple[Kind, ...] = ("masking", "opposed", "other")

POLARITY: Mapping[str, int] = {
    "neutral": 0,
    **dict.fromkeys(("joy", "happy", "joyful", "excited", "positive"), 1),
    **dict.fromkeys(("anger", "angry", "disgust", "fear", "sadness", "sad", "contempt", "worried"), -1),
    **dict.fromkeys(("frustrated", "mad", "scared", "negative"), -1),
}
"""Which side an emotion is on. Surprise is on neither for certain, and is not here."""


@dataclass(frozen=True, slots=True)
class ConflictItem:
    """One clip, what it shows as a whole, and what its voice and its face show by themselves.

    Attributes:
        id: of the clip.
        speaker: who must not be in two splits; the clip's own id where nobody is named.
        label: what the clip shows as a whole; None where that is undecided or nobody said.
        voice: what its voice shows by itself.
        face: what its face shows by itself.
        text: what its words show by themselves; kept beside, it moves no clip between the subsets.
        strength: how strong people rated it, 0 to 1, if they did.
        agreement: share of people who chose the leading label, by `both`, `voice` and `face`.
        votes: how many chose each label, by channel.
        recording: file of the clip under the folder that was given, if it is there.
    """

    id: str
    speaker: str
    label: str | None
    voice: str | None
    face: str | None
    text: str | None = None
    strength: float | None = None
    agreement: Mapping[str, float] = field(default_factory=dict, hash=False)
    votes: Mapping[str, tuple[int, ...]] = field(default_factory=dict, hash=False)
    recording: str | None = None

    @property
    def subset(self) -> Subset:
        """Which subset it belongs to; undecided where any of the three labels is."""
        return subset_of(self.label, self.voice, self.face)

    @property
    def kind(self) -> Kind | None:
        """How the side that is wrong goes wrong; None where the clip is in no subset of conflicts."""
        return kind_of(self.label, self.voice, self.face)

    @property
    def text_agrees(self) -> bool | None:
        """Whether the words alone give the answer away; None where that is not known."""
        return None if None in (self.text, self.label) else self.text == self.label


def subset_of(label: str | None, voice: str | None, face: str | None) -> Subset:
    """The subset of a clip."""
    if label is None or voice is None or face is None:
        return "undecided"
    if voice == face == label:
        return "consistent"
    if face == label:
        return "face_aligned"
    return "voice_aligned" if voice == label else "neither"


def kind_of(label: str | None, voice: str | None, face: str | None) -> Kind | None:
    """Masking where the wrong side is neutral, opposed where it is of the other polarity, other else."""
    subset = subset_of(label, voice, face)
    if subset not in CONFLICTS:
        return None
    wrong = voice if subset == "face_aligned" else face
    if wrong == "neutral":
        return "masking"
    sides = POLARITY.get(wrong or "", 0) * POLARITY.get(label or "", 0)
    return "opposed" if sides < 0 else "other"


def leading(votes: Sequence[int], names: Sequence[str], above: float = 0.0) -> str | None:
    """What more people chose than anything else; None where two are level, or nobody voted.

    Args:
        votes: for each name.
        names: of the labels.
        above: None too unless more than this share of all votes are for it; a half asks for an absolute
            majority.
    """
    most = max(votes)
    if list(votes).count(most) > 1 or most <= above * sum(votes):
        return None
    return names[list(votes).index(most)]


@dataclass(frozen=True)
class ConflictBenchmark:
    """Clips with labels as a whole and per modality.

    Attributes:
        name: of the benchmark.
        labels: what every label is one of.
        items: the clips, each id once.
        silver: whether labels of the modalities are a model's and not people's.
        facts: how it was made, for the card.

    Raises:
        InputError: two clips of one id, or a label outside the space.
    """

    name: str
    labels: LabelSpace
    items: tuple[ConflictItem, ...]
    silver: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for item in self.items:
            if item.id in seen:
                refuse(self.name, "each clip once", f"{item.id} twice", "remove one of the two rows")
            seen.add(item.id)
            for label in (item.label, item.voice, item.face, item.text):
                if label is not None and label not in self.labels.names:
                    expected = f"labels out of {', '.join(self.labels)}, or none"
                    refuse(f"{self.name}, clip {item.id}", expected, repr(label), "correct the label")

    def of(self, subset: Subset) -> tuple[ConflictItem, ...]:
        """The clips of a subset."""
        return tuple(item for item in self.items if item.subset == subset)

    def where(self, speakers: Mapping[str, str], split: str) -> ConflictBenchmark:
        """The clips of the speakers of a split.

        Raises:
            InputError: a speaker is in no split.
        """
        unknown = sorted({item.speaker for item in self.items} - set(speakers))
        if unknown:
            refuse(self.name, "a split for every speaker", f"none for {unknown[0]}", "deal them out again")
        items = tuple(item for item in self.items if speakers[item.speaker] == split)
        return ConflictBenchmark(self.name, self.labels, items, self.silver, self.facts)

    def counts(self) -> dict[str, int]:
        """How many clips there are, of each subset, and of each kind of conflict within the two of them."""
        found = {"clips": len(self.items)}
        found |= {subset: len(self.of(subset)) for subset in SUBSETS}
        for subset in CONFLICTS:
            kinds = [item.kind for item in self.of(subset)]
            found |= {f"{subset}, {kind}": kinds.count(kind) for kind in KINDS}
        known = [item.text_agrees for item in self.items if item.text_agrees is not None]
        if known:
            found["text agrees"] = sum(known)
        return found
