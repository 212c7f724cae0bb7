"""What the field's feature files share: dictionaries by dialogue, one vector per utterance and modality.

Each of them is one pickled sequence of items; most items are dictionaries by dialogue id, others list the
dialogues of a split. This file turns such items into conversations and refuses what does not fit together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np

from heartsay.conversation import speaker_indices
from heartsay.corpora.refusal import refuse
from heartsay.errors import DAMAGE, InputError
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation
from heartsay.evidence.evidence import BoolArray, Evidence, FloatArray, IntArray

Key = str | int
"""How a file names a dialogue."""

MULTIMODAL = {"text": "text", "voice": "audio", "face": "visual"}
"""The items of the modalities in a file that has all three."""

MULTIMODAL_NAMES = (
    "utterance ids",
    "speakers",
    "labels",
    *MULTIMODAL.values(),
    "sentences",
    "training ids",
    "test ids",
)
"""The items of such a file, in order."""

Features = Mapping[str, tuple[FloatArray, BoolArray]]
"""One dialogue's vectors, (T, D_m), and where they are present, (T,), by modality."""


Read = TypeVar("Read", bound=Callable[..., EvidenceCorpus])


def as_published(read: Read) -> Read:
    """A reader of what a file holds, which refuses what has another structure anywhere within.

    Args:
        read: takes what was unpickled and the path of the file first.
    """

    @wraps(read)
    def careful(content: Any, path: Path, *others: Any, **named: Any) -> EvidenceCorpus:
        try:
            return read(content, path, *others, **named)
        except DAMAGE as error:
            refuse(path, "the structure of the file as published", f"{type(error).__name__}: {error}"[:120])

    return careful  # type: ignore[return-value]


class FeatureFile:
    """The items of a file's content by name; whatever does not fit is refused with its place in the file.

    Args:
        content: what was unpickled.
        names: of the items, in order.
        path: the file, for messages.

    Raises:
        InputError: the content is no sequence of that many items; and so do all methods where an item is not
            what it should be.
    """

    def __init__(self, content: Any, names: Sequence[str], path: Path) -> None:
        self.path = path
        if not isinstance(content, (list, tuple)) or len(content) != len(names):
            found = f"{len(content)} items" if isinstance(content, (list, tuple)) else type(content).__name__
            refuse(path, f"{len(names)} items: {', '.join(names)}", found)
        self.items: Mapping[str, Any] = dict(zip(names, content, strict=True))

    def refuse(self, place: str, expected: str, found: str) -> NoReturn:
        """Say what an item should have been."""
        refuse(f"{self.path}, {place}", expected, found)

    def dialogues(self, name: str) -> list[Key]:
        """The dialogue ids that an item lists, each once, in the file's order."""
        listed = self.items[name]
        if isinstance(listed, np.ndarray):
            listed = listed.tolist()
        if not isinstance(listed, (list, tuple, set, frozenset, dict)) or not all(
            isinstance(key, (str, int)) for key in listed
        ):
            self.refuse(name, "a list of dialogue ids", repr(listed)[:60])
        ids = sorted(listed) if isinstance(listed, (set, frozenset)) else list(listed)
        if len(set(ids)) != len(ids):
            self.refuse(name, "every dialogue once", f"{len(ids) - len(set(ids))} repetitions")
        return ids

    def rows(self, name: str, key: Key) -> Any:
        """One dialogue's entry of an item that is a dictionary by dialogue."""
        item = self.items[name]
        if not isinstance(item, Mapping) or not item:
            self.refuse(name, "a dictionary by dialogue", "an empty one" if item == {} else repr(item)[:60])
        if key not in item:
            self.refuse(name, f"an entry for the dialogue {key!r}, which a split lists", "none")
        return item[key]

    def vectors(self, name: str, key: Key) -> tuple[FloatArray, BoolArray]:
        """One dialogue's features, float32 (T, D), and where they are present, (T,).

        Extraction leaves zeros where a signal was missing, so a vector of zeros counts as not present.
        """
        place = f"{name}, dialogue {key}"
        try:
            stacked = np.stack([np.asarray(row, np.float64) for row in self.rows(name, key)])
        except (TypeError, ValueError) as error:
            self.refuse(place, "one vector of numbers per utterance", str(error)[:80])
        if stacked.ndim != 2 or stacked.shape[1] == 0:
            self.refuse(place, "one vector per utterance", f"the shape {stacked.shape}")
        # What does not fit into float32 becomes infinity, which is then refused with its place.
        with np.errstate(over="ignore"):
            return stacked.astype(np.float32), np.asarray((stacked != 0).any(axis=1))

    def multimodal(self, key: Key) -> Features:
        """One dialogue's text, voice and face."""
        return {modality: self.vectors(item, key) for modality, item in MULTIMODAL.items()}

    def labels(self, key: Key, classes: int) -> IntArray:
        """One dialogue's class indices, (T,), out of so many classes."""
        found = np.asarray(self.rows("labels", key))
        whole = found.ndim == 1 and found.dtype.kind in "iuf" and bool((found == np.floor(found)).all())
        if not whole or ((found < 0) | (found >= classes)).any():
            expected = f"labels from 0 to {classes - 1}, one per utterance"
            self.refuse(f"labels, dialogue {key}", expected, repr(found.tolist())[:60])
        return found.astype(np.int64)

    def speakers(self, key: Key) -> IntArray:
        """One dialogue's speakers, names or one-hot vectors, counted by first appearance, (T,)."""
        tags = []
        for entry in self.rows("speakers", key):
            if isinstance(entry, (str, int)):
                tags.append(str(entry))
                continue
            hot = np.asarray(entry)
            if hot.ndim != 1 or hot.dtype.kind not in "iufb" or np.count_nonzero(hot) != 1:
                self.refuse(f"speakers, dialogue {key}", "a name or a one-hot vector", repr(entry)[:60])
            tags.append(str(int(hot.argmax())))
        return np.array(speaker_indices(tags), np.int64)

    def utterance_ids(self, key: Key) -> list[str]:
        """One dialogue's utterance ids as the file gives them, as text."""
        raw = self.rows("utterance ids", key)
        entries = raw.tolist() if isinstance(raw, np.ndarray) else list(raw)
        if not all(isinstance(entry, (str, int)) for entry in entries):
            self.refuse(f"utterance ids, dialogue {key}", "utterance ids", repr(entries)[:60])
        return [str(entry) for entry in entries]

    def conversation(
        self, key: Key, id_: str, utterances: Sequence[str], classes: int, features: Features
    ) -> LabelledConversation:
        """One dialogue with its speakers and labels, under ids of its own."""
        evidence = Evidence(
            tuple(utterances),
            self.speakers(key),
            {m: values for m, (values, _) in features.items()},
            {m: present for m, (_, present) in features.items()},
        )
        return LabelledConversation(id_, evidence, self.labels(key, classes))

    def corpus(
        self,
        name: str,
        classes: tuple[str, ...],
        splits: Mapping[str, Sequence[Key]],
        conversation: Callable[[Key], LabelledConversation],
        **facts: str,
    ) -> EvidenceCorpus:
        """The corpus of the file's dialogues; every message says which file.

        Args:
            name: names the corpus.
            classes: names of the emotions by class index.
            splits: dialogue ids by split.
            conversation: makes a dialogue's conversation.
            facts: what a card should tell beside the file's name and how many dialogues are in no split.

        Raises:
            InputError: a dialogue in two splits, values that are not finite, widths that differ, a modality
                that no utterance has, or what `conversation` refuses.
        """
        known: dict[Key, str] = {}
        for split, ids in splits.items():
            for key in ids:
                if key in known:
                    refuse(self.path, "every dialogue in one split", f"{key} in {known[key]} and in {split}")
                known[key] = split
        try:
            read = {split: tuple(map(conversation, ids)) for split, ids in splits.items()}
            unlisted = str(len(set(self.items["labels"]) - set(known)))
            facts = {"file": self.path.name, **facts, "dialogues in no split": unlisted}
            corpus = EvidenceCorpus(name, classes, read, facts=facts)
        except InputError as error:
            if error.where.startswith(str(self.path)):
                raise
            refuse(f"{self.path}, {error.where}", error.expected, error.found, error.do)
        for modality in corpus.widths:
            if not any(c.evidence.present[modality].any() for c in corpus.conversations()):
                refuse(self.path, f"{modality} features", "none, or nothing but zeros, in the whole corpus")
        return corpus

    def sentences(self, utterances: Callable[[Key], Sequence[str]]) -> dict[str, str]:
        """Words by utterance id, for text features of one's own; blank ones are left out.

        Args:
            utterances: gives the ids of a dialogue's utterances.
        """
        return {
            id_: str(text)
            for name in ("training ids", "test ids")
            for key in self.dialogues(name)
            for id_, text in zip(utterances(key), self.rows("sentences", key), strict=False)
            if str(text).strip()
        }


def with_text(corpus: EvidenceCorpus, text: Mapping[str, FloatArray], origin: str) -> EvidenceCorpus:
    """The corpus with other text features.

    Args:
        corpus: any corpus.
        text: a vector per utterance id, all of one width; an utterance without one has no text.
        origin: where they come from, for the card.

    Raises:
        InputError: no utterance of the corpus has a vector.
    """
    known = [u for c in corpus.conversations() for u in c.evidence.utterances if u in text]
    if not known:
        refuse(corpus.name, "text features of its utterances", "none for any of them")
    width = len(text[known[0]])

    def replaced(conversation: LabelledConversation) -> LabelledConversation:
        evidence = conversation.evidence
        present = np.array([u in text for u in evidence.utterances])
        values = np.zeros((len(evidence), width), np.float32)
        for k in np.flatnonzero(present):
            values[k] = text[evidence.utterances[k]]
        edited = replace(
            evidence,
            features={**evidence.features, "text": values},
            present={**evidence.present, "text": present},
        )
        return replace(conversation, evidence=edited)

    return replace(
        corpus,
        splits={s: tuple(map(replaced, c)) for s, c in corpus.splits.items()},
        facts={**corpus.facts, "text": origin},
    )


def with_text_of(corpus: EvidenceCorpus, other: EvidenceCorpus) -> EvidenceCorpus:
    """The corpus with the text features of another file of the same dialogues, in the same order.

    The splits stay those of the first.

    Raises:
        InputError: a dialogue is missing there, or its length or its labels differ.
    """
    twins = {c.id: c for c in other.conversations()}
    text: dict[str, FloatArray] = {}
    for conversation in corpus.conversations():
        twin = twins.get(conversation.id)
        where = f"{other.name}, conversation {conversation.id}"
        if twin is None or len(twin) != len(conversation):
            found = "none" if twin is None else f"{len(twin)} utterances"
            refuse(where, f"a dialogue of {len(conversation)} utterances", found)
        if (twin.emotion != conversation.emotion).any():
            refuse(where, "the labels that the other file has", "other labels")
        ids, other_text = conversation.evidence.utterances, twin.evidence.features["text"]
        text |= {ids[k]: other_text[k] for k in np.flatnonzero(twin.evidence.present["text"])}
    return with_text(corpus, text, f"{other.name}: {other.facts.get('file', '')}")
