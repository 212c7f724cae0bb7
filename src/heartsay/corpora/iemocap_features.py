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

from heartsay.corpora.feature_pickle import MULTIMODAL_NAMES, FeatureFile, Key, as_published
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation
from heartsay.labels import IEMOCAP

CLASSES = IEMOCAP.names
"""Emotions in the order of the files' class indices."""

_SESSION = re.compile(r"Ses\d\d")


@as_published
def read(content: Any, path: Path, seed: int = 0) -> EvidenceCorpus:
    """The corpus of the content of such a file.

    Conversation ids are like `Ses01F_impro01`, utterance ids like `Ses01F_impro01_F000`.

    Args:
        content: what the file holds.
        path: the file, for messages.
        seed: which training session is the development split, counted round the sessions in order.

    Raises:
        InputError: items that do not fit together.
    """
    file = FeatureFile(content, MULTIMODAL_NAMES, path)
    training, development, session = split_training(file, seed)

    def conversation(key: Key) -> LabelledConversation:
        return file.conversation(key, str(key), file.utterance_ids(key), len(CLASSES), file.multimodal(key))

    return file.corpus(
        "iemocap-features",
        CLASSES,
        {"train": training, "dev": development, "test": file.dialogues("test ids")},
        conversation,
        split=f"development: the training dialogues of session {session}, whose speakers are nowhere else",
        seed=str(seed),
    )


def sentences(content: Any, path: Path) -> dict[str, str]:
    """Words by utterance id, for text features of one's own; blank ones are left out.

    Raises:
        InputError: items that do not fit together.
    """
    file = FeatureFile(content, MULTIMODAL_NAMES, path)
    return file.sentences(file.utterance_ids)


def split_training(file: FeatureFile, seed: int) -> tuple[list[Key], list[Key], str]:
    """Take one session out of the training dialogues; training, development, and the session's name."""
    ids = file.dialogues("training ids")
    sessions: dict[Key, str] = {}
    for key in ids:
        found = _SESSION.match(str(key))
        if found is None:
            file.refuse("training ids", "dialogues named by session, like Ses01F_impro01", repr(key)[:60])
        sessions[key] = found[0]
    known = sorted(set(sessions.values()))
    if len(known) < 2:
        file.refuse("training ids", "dialogues of two sessions or more", f"{len(known)}")
    chosen = known[seed % len(known)]
    training = [key for key in ids if sessions[key] != chosen]
    return training, [key for key in ids if sessions[key] == chosen], chosen
