"""Labelled Evidence: conversations as numbers with their gold labels, in the splits of a corpus."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from heartsay.conversation import Conversation, speaker_indices
from heartsay.errors import InputError
from heartsay.evidence.evidence import MODALITIES, BoolArray, Evidence, FloatArray, IntArray
from heartsay.evidence.labels import gold_emotions
from heartsay.evidence.reading import UNLABELLED, Numbers, PairTable, Reading
from heartsay.evidence.views import FULL
from heartsay.labels import EMOTIONS, LabelSpace

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, eq=False)
class LabelledConversation:
    """The Evidence of one conversation of T utterances, which a model sees, and the gold, which it does not.

    Args:
        id: names the conversation within its corpus.
        evidence: with utterance ids that are unique within the corpus.
        emotion: class index of each utterance, (T,); `UNLABELLED` where there is no label.
        pair: whether utterance j (second axis) caused the emotion of utterance i (first axis), (T, T); None
            where that is not annotated.

    Raises:
        InputError: labels of another shape.
    """

    id: str
    evidence: Evidence
    emotion: IntArray
    pair: BoolArray | None = None

    def __post_init__(self) -> None:
        where, length = f"conversation {self.id}", len(self.evidence)
        if self.emotion.shape != (length,):
            raise InputError(
                expected=f"{length} emotions, one per utterance",
                found=f"the shape {self.emotion.shape}",
                where=where,
                do="check that labels and features belong together",
            )
        if self.pair is not None and self.pair.shape != (length, length):
            raise InputError(
                expected=f"pairs as {length} by {length} cells",
                found=f"the shape {self.pair.shape}",
                where=where,
                do="check that pairs and utterances belong together",
            )

    def __len__(self) -> int:
        return len(self.evidence)

    @classmethod
    def of(
        cls,
        conversation: Conversation,
        features: Mapping[str, FloatArray],
        present: Mapping[str, BoolArray] | None = None,
        labels: LabelSpace = EMOTIONS,
    ) -> LabelledConversation:
        """A conversation's features beside its own gold labels.

        Args:
            conversation: with emotions out of `labels`, and pairs where it has some.
            features: a vector per utterance, (T, D_m), by modality.
            present: where each modality exists, (T,); everywhere if not given.
            labels: what its emotions are counted by.
        """
        length = len(conversation)
        everywhere = {m: np.ones(length, np.bool_) for m in features}
        pair = None
        if conversation.pairs is not None:
            pair = np.zeros((length, length), np.bool_)
            for emotion, cause in conversation.pairs:
                pair[emotion, cause] = True
        return cls(
            conversation.id,
            Evidence(
                tuple(u.id for u in conversation.utterances),
                np.array(speaker_indices(u.speaker for u in conversation.utterances), np.int64),
                features,
                everywhere if present is None else present,
            ),
            gold_emotions(conversation, labels),
            pair,
        )


@dataclass(frozen=True)
class EvidenceCorpus:
    """Labelled conversations in splits, with the classes that their labels count.

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
    splits: Mapping[str, tuple[LabelledConversation, ...]]
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
        widths, known = self.widths, set[str]()
        for conversation in self.conversations():
            where = f"{self.name}, conversation {conversation.id}"
            sizes = {m: x.shape[1] for m, x in conversation.evidence.features.items()}
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
            again = known.intersection(conversation.evidence.utterances)
            if again:
                raise InputError(
                    expected="every utterance once",
                    found=f"{sorted(again)[0]} twice",
                    where=where,
                    do="remove the repetition: it could be in training and in test",
                )
            known.update(conversation.evidence.utterances)

    def conversations(self) -> list[LabelledConversation]:
        """Every conversation, split after split."""
        return [conversation for split in SPLITS for conversation in self.splits[split]]

    @property
    def widths(self) -> dict[str, int]:
        """Size of a feature vector, by modality, in the order of `MODALITIES` and then by name."""
        first = next(iter(self.conversations()), None)
        if first is None:
            raise InputError(expected="conversations", found="none", where=self.name, do="give some")
        features = first.evidence.features
        known = [m for m in MODALITIES if m in features]
        return {m: features[m].shape[1] for m in (*known, *sorted(set(features) - set(known)))}

    @property
    def speakers(self) -> int:
        """The largest number of speakers in one conversation."""
        return max(int(c.evidence.speaker.max()) + 1 for c in self.conversations())


def standardised(corpus: EvidenceCorpus) -> EvidenceCorpus:
    """Shift and scale every feature to mean 0 and deviation 1 over the training split's present cells.

    A cell that is not present becomes 0, which then is the corpus mean. Features that do not vary in
    training are only shifted.
    """
    scales: dict[str, tuple[FloatArray, FloatArray]] = {}
    training = [c.evidence for c in corpus.splits["train"]]
    for modality, width in corpus.widths.items():
        cells = [e.features[modality][e.present[modality]] for e in training]
        known = np.concatenate([*cells, np.zeros((0, width), np.float32)]).astype(np.float64)
        mean = known.mean(0) if len(known) else np.zeros(width)
        deviation = known.std(0) if len(known) else np.ones(width)
        # Rounding leaves a constant feature a tiny deviation; dividing by it would blow noise up.
        flat = deviation <= 1e-6 * np.maximum(1.0, np.abs(mean))
        scales[modality] = (mean.astype(np.float32), np.where(flat, 1.0, deviation).astype(np.float32))

    def scaled(conversation: LabelledConversation) -> LabelledConversation:
        evidence, features = conversation.evidence, {}
        for modality, values in evidence.features.items():
            mean, deviation = scales[modality]
            present = evidence.present[modality][:, None]
            features[modality] = np.where(present, (values - mean) / deviation, 0.0).astype(np.float32)
        return replace(conversation, evidence=replace(evidence, features=features))

    return replace(corpus, splits={name: tuple(map(scaled, split)) for name, split in corpus.splits.items()})


def describe(corpus: EvidenceCorpus) -> dict[str, Any]:
    """What a run writes down of its corpus: name, classes, whether composed, facts, and a fingerprint."""
    return {
        "name": corpus.name,
        "classes": list(corpus.classes),
        "composed": corpus.composed,
        "facts": dict(corpus.facts),
        "fingerprint": fingerprint(corpus),
    }


def fingerprint(corpus: EvidenceCorpus) -> str:
    """A hash of everything that training and reading see: what is computed from a corpus is kept under it."""
    digest = hashlib.sha256()
    for split in SPLITS:
        for conversation in corpus.splits[split]:
            evidence = conversation.evidence
            digest.update("\n".join((split, conversation.id, *evidence.utterances)).encode())
            digest.update(conversation.emotion.tobytes())
            digest.update(evidence.speaker.tobytes())
            if conversation.pair is not None:
                digest.update(conversation.pair.tobytes())
            for modality in sorted(evidence.features):
                present = evidence.present[modality]
                digest.update(f"{modality} {present.tolist()}".encode())
                digest.update(evidence.features[modality][present].tobytes())  # others mean nothing
    return digest.hexdigest()[:16]


def reading_of(
    splits: Mapping[str, Sequence[LabelledConversation]],
    classes: tuple[str, ...],
    logits: Mapping[str, Numbers],
    **further: Any,
) -> Reading:
    """What a model says of every utterance, labelled or not, beside the gold labels.

    Args:
        splits: the conversations that were read, by split.
        classes: names of the emotions, in the order of the logits.
        logits: (N, C) by the name of the view, utterance after utterance.
        further: other fields of `Reading`.
    """
    conversations = [c for split in splits.values() for c in split]
    lengths = [len(c) for c in conversations]
    return Reading(
        conversations=tuple(c.id for c in conversations),
        classes=classes,
        conversation=np.repeat(np.arange(len(lengths)), lengths),
        position=np.concatenate([np.arange(length) for length in lengths]),
        logits=logits,
        gold=np.concatenate([c.emotion for c in conversations]),
        utterance=np.array([u for c in conversations for u in c.evidence.utterances], np.str_),
        speaker=np.concatenate([c.evidence.speaker for c in conversations]),
        split=np.repeat(np.array(list(splits), np.str_), [sum(map(len, split)) for split in splits.values()]),
        **further,
    )


def all_pairs(conversations: Sequence[LabelledConversation], log_odds: Numbers) -> PairTable:
    """A table of every ordered pair of every conversation, row after row of each conversation's (T, T) cells.

    Args:
        conversations: with annotated pairs.
        log_odds: of the full evidence, (P,), in that order.
    """
    lengths = [len(c) for c in conversations]
    cells = [np.indices((length, length)).reshape(2, -1) for length in lengths]
    emotion, cause = np.concatenate(cells, axis=1)
    gold = np.concatenate([np.asarray(c.pair, np.bool_).ravel() for c in conversations])
    of = np.repeat(np.arange(len(lengths)), np.square(lengths))
    return PairTable(of, emotion, cause, {FULL.name: log_odds}, gold, int(gold.sum()))
