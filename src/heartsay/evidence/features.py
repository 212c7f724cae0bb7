"""Conversations as one feature vector per utterance and modality: the common currency of all backbones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import InputError
from heartsay.evidence.evidence import MODALITIES
from heartsay.evidence.reading import UNLABELLED

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class FeatureConversation:
    """One conversation of T utterances, as numbers.

    Args:
        id: names the conversation within its corpus.
        utterances: T ids, each unique within the corpus.
        speaker: conversation-local speaker index of each utterance, from 0, (T,).
        emotion: class index of each utterance, (T,); `UNLABELLED` where there is no label.
        features: one vector per utterance for each modality, (T, D_m), float32; the value of a cell that is
            not present means nothing, but must be finite.
        present: whether the modality exists for the utterance, (T,).
        pair: whether utterance j (second axis) caused the emotion of utterance i (first axis), (T, T); None
            where that is not annotated.

    Raises:
        InputError: no utterances, sizes that do not match, values that are not finite.
    """

    id: str
    utterances: tuple[str, ...]
    speaker: Integers
    emotion: Integers
    features: Mapping[str, Floats]
    present: Mapping[str, Booleans]
    pair: Booleans | None = None

    def __post_init__(self) -> None:
        where, length = f"conversation {self.id}", len(self.utterances)
        if length == 0:
            raise InputError(expected="one utterance or more", found="none", where=where, do="leave it out")
        if set(self.features) != set(self.present):
            raise InputError(
                expected=f"presence for {sorted(self.features)}",
                found=f"presence for {sorted(self.present)}",
                where=where,
                do="say for each modality where it exists",
            )
        rows = {"speaker": len(self.speaker), "emotion": len(self.emotion)}
        rows |= {f"features of {m}": len(x) for m, x in self.features.items()}
        rows |= {f"presence of {m}": len(x) for m, x in self.present.items()}
        for name, found in rows.items():
            if found != length:
                raise InputError(
                    expected=f"{length} rows, one per utterance",
                    found=str(found),
                    where=f"{where}, {name}",
                    do="check that ids and features belong together",
                )
        if self.pair is not None and self.pair.shape != (length, length):
            raise InputError(
                expected=f"pairs as {length} by {length} cells",
                found=str(self.pair.shape),
                where=where,
                do="check that pairs and utterances belong together",
            )
        for modality, values in self.features.items():
            broken = ~np.isfinite(values).all(axis=1)
            if broken.any():
                raise InputError(
                    expected="finite numbers",
                    found="NaN or infinity",
                    where=f"{where}, utterance {self.utterances[int(broken.argmax())]}, {modality}",
                    do="extract the features again, or mark the cell as not present and set it to 0",
                )

    def __len__(self) -> int:
        return len(self.utterances)


@dataclass(frozen=True)
class FeatureCorpus:
    """Conversations in splits, with the classes that their labels count.

    Args:
        name: names the corpus in results.
        classes: names of the emotions, in the order of the class indices.
        splits: conversations by split: train, dev and test.
        composed: whether signals of different origin were put together by rule; said beside every number.
        facts: what a card should tell: origin, licence, recipe, seed.

    Raises:
        InputError: a split or a modality is missing, widths differ, labels are out of range, or an
            utterance's id is there twice.
    """

    name: str
    classes: tuple[str, ...]
    splits: Mapping[str, tuple[FeatureConversation, ...]]
    composed: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if set(self.splits) != set(SPLITS):
            raise InputError(
                expected=f"the splits {', '.join(SPLITS)}",
                found=", ".join(sorted(self.splits)) or "none",
                where=self.name,
                do="give every split, an empty one as ()",
            )
        widths, seen = self.widths, set[str]()
        for conversation in self.conversations():
            where = f"{self.name}, conversation {conversation.id}"
            sizes = {m: x.shape[1] for m, x in conversation.features.items()}
            if sizes != widths:
                raise InputError(
                    expected=f"features of the sizes {widths}",
                    found=str(sizes),
                    where=where,
                    do="extract all conversations with the same settings",
                )
            labelled = conversation.emotion[conversation.emotion != UNLABELLED]
            if labelled.size and not (labelled.min() >= 0 and labelled.max() < len(self.classes)):
                raise InputError(
                    expected=f"labels from 0 to {len(self.classes) - 1}",
                    found=f"{labelled.min()} to {labelled.max()}",
                    where=where,
                    do="check that the labels belong to this corpus",
                )
            again = seen.intersection(conversation.utterances)
            if again:
                raise InputError(
                    expected="every utterance once",
                    found=f"{sorted(again)[0]} twice",
                    where=where,
                    do="remove the repetition: it could be in training and in test",
                )
            seen.update(conversation.utterances)

    def conversations(self) -> list[FeatureConversation]:
        """Every conversation, split after split."""
        return [conversation for split in SPLITS for conversation in self.splits[split]]

    @property
    def widths(self) -> dict[str, int]:
        """Size of a feature vector, by modality, in the order of `MODALITIES` and then by name."""
        first = next(iter(self.conversations()), None)
        if first is None:
            raise InputError(expected="conversations", found="none", where=self.name, do="give some")
        known = [m for m in MODALITIES if m in first.features]
        names = known + sorted(set(first.features) - set(known))
        return {m: first.features[m].shape[1] for m in names}

    @property
    def speakers(self) -> int:
        """The largest number of speakers in one conversation."""
        return max(int(c.speaker.max()) + 1 for c in self.conversations())


def standardised(corpus: FeatureCorpus) -> FeatureCorpus:
    """Shift and scale every feature to mean 0 and deviation 1 over the training split's present cells.

    A cell that is not present becomes 0, which then is the corpus mean. Features that do not vary in
    training are only shifted.
    """
    scales: dict[str, tuple[Floats, Floats]] = {}
    for modality, width in corpus.widths.items():
        cells = [c.features[modality][c.present[modality]] for c in corpus.splits["train"]]
        known = np.concatenate([*cells, np.zeros((0, width), np.float32)]).astype(np.float64)
        mean = known.mean(0) if len(known) else np.zeros(width)
        deviation = known.std(0) if len(known) else np.ones(width)
        # Rounding leaves a constant feature a tiny deviation; dividing by it would blow noise up.
        flat = deviation <= 1e-6 * np.maximum(1.0, np.abs(mean))
        scales[modality] = (mean.astype(np.float32), np.where(flat, 1.0, deviation).astype(np.float32))

    def scaled(conversation: FeatureConversation) -> FeatureConversation:
        features = {}
        for modality, values in conversation.features.items():
            mean, deviation = scales[modality]
            here = conversation.present[modality][:, None]
            features[modality] = np.where(here, (values - mean) / deviation, 0.0).astype(np.float32)
        return replace(conversation, features=features)

    return replace(corpus, splits={name: tuple(map(scaled, split)) for name, split in corpus.splits.items()})


def speaker_indices(names: Sequence[str]) -> Integers:
    """Conversation-local speaker indices in order of first appearance, (T,)."""
    first: dict[str, int] = {}
    return np.array([first.setdefault(name, len(first)) for name in names], np.int64)
