"""What the field's feature files share: dictionaries by dialogue, one vector per utterance and modality.

Each of them is one pickled sequence of items; most items are dictionaries by dialogue id, others list the
dialogues of a split. This file turns such items into conversations and refuses what does not fit together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from heartsay.conversation import speaker_indices
from heartsay.errors import InputError
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation
from heartsay.evidence.evidence import BoolArray, Evidence, FloatArray, IntArray

Key = str | int
"""How a file names a dialogue."""

Items = Mapping[str, Any]
"""A file's items by name."""

MULTIMODAL = {"text": "text", "voice": "audio", "face": "visual"}
"""The items of the modalities in a file that has all three."""


def named_items(content: Any, names: Sequence[str], path: Path) -> Items:
    """The items of a file's content under the names of their places.

    Raises:
        InputError: it is no sequence of that many items.
    """
    if not isinstance(content, (list, tuple)) or len(content) != len(names):
        found = f"{len(content)} items" if isinstance(content, (list, tuple)) else type(content).__name__
        refuse(path, f"{len(names)} items: {', '.join(names)}", found)
    return dict(zip(names, content, strict=True))


def dialogue_ids(items: Items, name: str, path: Path) -> list[Key]:
    """The ids that an item lists, in the file's order.

    Raises:
        InputError: it is no list of ids, or an id is there twice.
    """
    listed = items[name]
    if isinstance(listed, np.ndarray):
        listed = listed.tolist()
    if not isinstance(listed, (list, tuple, set, frozenset, dict)) or not all(
        isinstance(key, (str, int)) for key in listed
    ):
        refuse(f"{path}, {name}", "a list of dialogue ids", repr(listed)[:60])
    ids = sorted(listed) if isinstance(listed, (set, frozenset)) else list(listed)
    if len(set(ids)) != len(ids):
        refuse(f"{path}, {name}", "every dialogue once", f"{len(ids) - len(set(ids))} repetitions")
    return ids


def feature_corpus(
    *,
    path: Path,
    name: str,
    classes: tuple[str, ...],
    splits: Mapping[str, Sequence[Key]],
    conversation: Callable[[Key], LabelledConversation],
    facts: Mapping[str, str],
) -> EvidenceCorpus:
    """A corpus from a file's dialogues; every message says which file.

    Args:
        path: the file.
        name: names the corpus.
        classes: names of the emotions by class index.
        splits: dialogue ids by split.
        conversation: makes a dialogue's conversation.
        facts: what a card should tell.

    Raises:
        InputError: a dialogue in two splits, values that are not finite, widths that differ, a modality that
            no utterance has, or what `conversation` refuses.
    """
    known: dict[Key, str] = {}
    for split, ids in splits.items():
        for key in ids:
            if key in known:
                refuse(path, "every dialogue in one split", f"{key} in {known[key]} and in {split}")
            known[key] = split
    try:
        corpus = EvidenceCorpus(
            name, classes, {s: tuple(map(conversation, ids)) for s, ids in splits.items()}, facts=dict(facts)
        )
        widths = corpus.widths
    except InputError as error:
        if error.where.startswith(str(path)):
            raise
        refuse(f"{path}, {error.where}", error.expected, error.found, error.do)
    for modality in widths:
        if not any(c.evidence.present[modality].any() for c in corpus.conversations()):
            refuse(path, f"{modality} features", "none, or nothing but zeros, in the whole corpus")
    return corpus


def rows(items: Items, name: str, key: Key, path: Path) -> Any:
    """One dialogue's entry of an item.

    Raises:
        InputError: the item is no dictionary by dialogue, or does not have this one.
    """
    item = items[name]
    if not isinstance(item, Mapping) or not item:
        refuse(
            f"{path}, {name}", "a dictionary by dialogue", "an empty one" if item == {} else repr(item)[:60]
        )
    if key not in item:
        refuse(f"{path}, {name}", f"an entry for the dialogue {key!r}, which a split lists", "none")
    return item[key]


def vectors(items: Items, name: str, key: Key, path: Path) -> tuple[FloatArray, BoolArray]:
    """One dialogue's features, float32 (T, D), and where they are present, (T,).

    Extraction leaves zeros where a signal was missing, so a vector of zeros counts as not present.

    Raises:
        InputError: no matrix of numbers.
    """
    raw = rows(items, name, key, path)
    try:
        values = np.array(np.stack([np.asarray(row, np.float64) for row in raw]), np.float64)
    except (TypeError, ValueError) as error:
        refuse(f"{path}, {name}, dialogue {key}", "one vector of numbers per utterance", str(error)[:80])
    if values.ndim != 2 or values.shape[1] == 0:
        refuse(f"{path}, {name}, dialogue {key}", "one vector per utterance", f"the shape {values.shape}")
    # What does not fit into float32 becomes infinity, which is then refused with its place.
    with np.errstate(over="ignore"):
        return values.astype(np.float32), np.asarray((values != 0).any(axis=1))


def labels(items: Items, name: str, key: Key, classes: int, path: Path) -> IntArray:
    """One dialogue's class indices, (T,).

    Raises:
        InputError: one is no whole number, or out of range.
    """
    raw = rows(items, name, key, path)
    found = np.asarray(raw)
    whole = found.ndim == 1 and found.dtype.kind in "iuf" and bool((found == np.floor(found)).all())
    if not whole or ((found < 0) | (found >= classes)).any():
        refuse(
            f"{path}, {name}, dialogue {key}",
            f"labels from 0 to {classes - 1}, one per utterance",
            repr(found.tolist())[:60],
        )
    return found.astype(np.int64)


def speakers(items: Items, name: str, key: Key, path: Path) -> IntArray:
    """One dialogue's speakers, counted by first appearance, (T,).

    Args:
        items: the file's items.
        name: of the item: a name or a one-hot vector per utterance.
        key: the dialogue.
        path: the file.

    Raises:
        InputError: an entry is neither a name nor a one-hot vector.
    """
    tags = []
    for entry in rows(items, name, key, path):
        if isinstance(entry, (str, int)):
            tags.append(str(entry))
            continue
        hot = np.asarray(entry)
        if hot.ndim != 1 or hot.dtype.kind not in "iufb" or np.count_nonzero(hot) != 1:
            refuse(f"{path}, {name}, dialogue {key}", "a name or a one-hot vector", repr(entry)[:60])
        tags.append(str(int(hot.argmax())))
    return np.array(speaker_indices(tags), np.int64)


def utterance_ids(items: Items, name: str, key: Key, path: Path) -> list[str]:
    """One dialogue's utterance ids as the file gives them, as text.

    Raises:
        InputError: an id is neither text nor a number.
    """
    raw = rows(items, name, key, path)
    entries = raw.tolist() if isinstance(raw, np.ndarray) else list(raw)
    if not all(isinstance(entry, (str, int)) for entry in entries):
        refuse(f"{path}, {name}, dialogue {key}", "utterance ids", repr(entries)[:60])
    return [str(entry) for entry in entries]


def labelled_conversation(
    items: Items,
    key: Key,
    path: Path,
    *,
    id_: str,
    utterances: Sequence[str],
    classes: int,
    features: Mapping[str, tuple[FloatArray, BoolArray]],
) -> LabelledConversation:
    """One dialogue with its speakers and labels.

    Args:
        items: the file's items.
        key: the dialogue.
        path: the file.
        id_: names the conversation.
        utterances: their ids.
        classes: how many classes the labels count.
        features: values and where they are present, by modality, as `vectors` reads them.

    Raises:
        InputError: speakers, labels or features that do not fit the utterances.
    """
    evidence = Evidence(
        tuple(utterances),
        speakers(items, "speakers", key, path),
        {m: values for m, (values, _) in features.items()},
        {m: present for m, (_, present) in features.items()},
    )
    return LabelledConversation(id_, evidence, labels(items, "labels", key, classes, path))


def sentences(
    items: Items, keys: Sequence[Key], path: Path, ids: Callable[[Key], Sequence[str]]
) -> dict[str, str]:
    """Words by utterance id, for text features of one's own; blank ones are left out.

    Args:
        items: the file's items.
        keys: the dialogues.
        path: the file.
        ids: gives the ids of a dialogue's utterances.
    """
    return {
        id_: str(text)
        for key in keys
        for id_, text in zip(ids(key), rows(items, "sentences", key, path), strict=False)
        if str(text).strip()
    }


def unlisted(items: Items, name: str, splits: Mapping[str, Sequence[Key]]) -> str:
    """How many dialogues of an item are in no split, for the card."""
    listed = {key for ids in splits.values() for key in ids}
    item = items[name]
    return str(len(set(item) - listed)) if isinstance(item, Mapping) else "0"


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


def refuse(where: Path | str, expected: str, found: str, do: str | None = None) -> NoReturn:
    """Say that a file is not what it claims to be."""
    raise InputError(
        expected=expected, found=found, where=str(where), do=do or "use the file as its makers published it"
    ) from None
