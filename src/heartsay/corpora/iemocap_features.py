"""`IEMOCAP_features.pkl`: text, audio and visual features of IEMOCAP, as DialogueRNN's loaders read it.

Nine items: utterance ids, speakers ('M', 'F'), labels, text (100), audio (1,582), visual (342), sentences,
the training dialogues (sessions 1 to 4) and the test dialogues (session 5). There is no development split.
Loaders take the first tenth of the training list, whose speakers then are in training too; here one whole
training session becomes the development split, chosen by the seed, so that its speakers are new.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from heartsay.corpora import feature_pickle
from heartsay.corpora.feature_pickle import (
    MULTIMODAL,
    Items,
    Key,
    dialogue_ids,
    feature_corpus,
    labelled_conversation,
    named_items,
    refuse,
    unlisted,
    utterance_ids,
    vectors,
)
from heartsay.corpora.safe_pickle import load_pickle
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation
from heartsay.labels import IEMOCAP

CLASSES = IEMOCAP.names
"""Emotions in the order of the files' class indices."""

NAMES = (
    "utterance ids",
    "speakers",
    "labels",
    "text",
    "audio",
    "visual",
    "sentences",
    "training ids",
    "test ids",
)

_SESSION = re.compile(r"Ses\d\d")


def read(path: Path, seed: int = 0) -> EvidenceCorpus:
    """Read the file.

    Conversation ids are like `Ses01F_impro01`, utterance ids like `Ses01F_impro01_F000`.

    Args:
        path: the file.
        seed: which training session is the development split, counted round the sessions in order.

    Raises:
        InputError: no allowed pickle, or items that do not fit together.
    """
    return from_content(load_pickle(path), path, seed)


def from_content(content: Any, path: Path, seed: int = 0) -> EvidenceCorpus:
    """The corpus that the content of such a file holds; see `read`."""
    items = named_items(content, NAMES, path)
    training, development, session = split_training(items, path, seed)
    splits = {"train": training, "dev": development, "test": dialogue_ids(items, "test ids", path)}

    def conversation(key: Key) -> LabelledConversation:
        return labelled_conversation(
            items,
            key,
            path,
            id_=str(key),
            utterances=utterance_ids(items, "utterance ids", key, path),
            classes=len(CLASSES),
            features={m: vectors(items, item, key, path) for m, item in MULTIMODAL.items()},
        )

    facts = {
        "file": path.name,
        "split": f"development: the training dialogues of session {session}, whose speakers are nowhere else",
        "seed": str(seed),
        "dialogues in no split": unlisted(items, "labels", splits),
    }
    return feature_corpus(
        path=path,
        name="iemocap-features",
        classes=CLASSES,
        splits=splits,
        conversation=conversation,
        facts=facts,
    )


def sentences(path: Path) -> dict[str, str]:
    """Words by utterance id, for text features of one's own; blank ones are left out.

    Raises:
        InputError: no allowed pickle, or items that do not fit together.
    """
    items = named_items(load_pickle(path), NAMES, path)
    keys = [key for name in ("training ids", "test ids") for key in dialogue_ids(items, name, path)]
    return feature_pickle.sentences(
        items, keys, path, lambda key: utterance_ids(items, "utterance ids", key, path)
    )


def split_training(items: Items, path: Path, seed: int) -> tuple[list[Key], list[Key], str]:
    """Take one session out of the training dialogues; training, development, and the session's name."""
    ids = dialogue_ids(items, "training ids", path)
    sessions: dict[Key, str] = {}
    for key in ids:
        found = _SESSION.match(str(key))
        if found is None:
            refuse(f"{path}, training ids", "dialogues named by session, like Ses01F_impro01", repr(key)[:60])
        sessions[key] = found[0]
    known = sorted(set(sessions.values()))
    if len(known) < 2:
        refuse(f"{path}, training ids", "dialogues of two sessions or more", f"{len(known)}")
    chosen = known[seed % len(known)]
    training = [key for key in ids if sessions[key] != chosen]
    return training, [key for key in ids if sessions[key] == chosen], chosen
